import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exit } from '../../src/cli/exit.ts';
import { register } from '../../src/cli/export.ts';
import { run } from '../../src/cli/program.ts';
import { wrongIn } from './here.ts';

const folder = mkdtempSync(join(tmpdir(), 'export-'));
const device = '0000:02:00.0';
const thread = (name: string, entry: string, call: object) => ({ name, entry, times: 1, calls: [call] });

/** On the cdx bus a driver stays bound although its use of the group was refused. */
const cdx = join(folder, 'cdx.json');
writeFileSync(cdx, JSON.stringify({
  devices: [{ name: device, bus: 'cdx', group: 8 }], drivers: [{ name: 'e1000e', bus: 'cdx', matches: ['*'] }],
  threads: [
    thread('bind', 'bind_store', { type: 'bind_store', device, driver: 'e1000e' }),
    thread('unbind', 'unbind_store', { type: 'unbind_store', device, driver: 'e1000e' }), thread('vm1', 'dma_owner', { type: 'claim', group: 8 }),
  ],
}));

async function shell(...argv: string[]) {
  let [out, err] = ['', ''];
  const code = await run(['export', ...argv], [register], {
    stdout: { write: (text: string) => (out += text) }, stderr: { write: (text: string) => (err += text) }, env: {},
  });
  return { code, out, err };
}

test('a file for Spin, its trail, and the way in our words', async () => {
  const model = join(folder, 'model.pml');
  const written = await shell(cdx, '--to', 'promela', '--out', model);
  expect(written.code).toBe(exit.holds);
  expect(written.out.replace(model, 'FILE')).toMatch(/^FILE: \d+ worlds, \d+ steps\n$/);
  expect(written.err).toContain('left out, because it speaks of all futures: canAlways every call can come to its end');
  const spin = (...argv: string[]) => execFileSync('spin', [...argv, 'model.pml'], { cwd: folder, encoding: 'utf8' });
  spin('-o1', '-o2', '-o3', '-a');
  execFileSync('gcc', ['-w', '-DSAFETY', '-DBFS', '-o', 'pan', 'pan.c'], { cwd: folder });
  execFileSync('./pan', ['-m100000', '-w16'], { cwd: folder });
  const steps = join(folder, 'steps.txt');
  writeFileSync(steps, spin('-o1', '-o2', '-o3', '-t', '-p'));

  const told = await shell('--trail', steps);
  expect(told.code).toBe(exit.violation);
  expect(told.out).toMatch(/^v6\.12\.y: \d+ steps\n {2}\S+ +-> /);
  expect(told.out).toMatch(/broken {3}always {5}.*DMA API\n$/);
  const document = JSON.parse((await shell('--trail', steps, '--json')).out) as { schema: string; broken: string[]; steps: number; path: object[] };
  expect(wrongIn(document)).toBeUndefined();
  expect(document.schema).toBe('dma-ownership/trail@1');
  expect(document.broken.length).toBeGreaterThan(0);
  expect(document.path.length).toBeGreaterThanOrEqual(document.steps);
});

test('without --out the text is the output, and nothing else', async () => {
  const { code, out } = await shell(cdx, '--to', 'aut');
  expect(code).toBe(exit.holds);
    const document = JSON.parse((await shell(cdx, '--to', 'aut', '--json')).out) as { text: string; states: number; transitions: number; complete: boolean };
  expect([document.text, document.complete]).toEqual([out, true]);
  expect(out.split('\n')[0]).toBe(`des (0, ${document.transitions}, ${document.states})`);
});

test('tables that are not complete are told, with an exit code of their own', async () => {
  const { code, out, err } = await shell(cdx, '--to', 'promela', '--limit', '5', '--walks', '0');
  expect(code).toBe(exit.limit);
  expect(out).toContain('NOT COMPLETE');
  expect(err).toContain('the tables are not complete');
});

test.each([
  ['no format', [cdx], exit.wrongUse, 'wrong-use: --to: a format is needed.'],
  ['another format', [cdx, '--to', 'promla'], exit.wrongUse, 'did you mean promela?'],
  ['a folder that does not exist', [cdx, '--to', 'promela', '--out', join(folder, 'nowhere', 'm.pml')], exit.badInput, 'unwritable-file'],
  ['a topology that is not there', [join(folder, 'none.json'), '--to', 'aut'], exit.badInput, 'no such file'],
  ['not all worlds', [cdx, '--to', 'aut', '--limit', '5', '--walks', '0'], exit.badInput, 'too-large-to-export'],
  ['a chart without a name', ['--to', 'mermaid'], exit.wrongUse, 'or every chart into a directory'],
  ['a chart that is not there', ['--to', 'dot', '--chart', 'iommu_grup'], exit.wrongUse, 'did you mean iommu_group?'],
  ['a chart of another kernel', ['--to', 'dot', '--chart', 'iommufd_ctx', '--model', 'v6.1.y'], exit.wrongUse, 'there is no chart iommufd_ctx in v6.1.y'],
  ['a chart with a topology', [cdx, '--to', 'scxml', '--chart', 'mutex'], exit.wrongUse, 'has no topology'],
  ['one chart where all are meant', [cdx, '--to', 'promela', '--chart', 'mutex'], exit.wrongUse, 'takes all charts of a model together'],
  ['every chart into a file', ['--to', 'scxml', '--out', cdx], exit.badInput, 'without --chart, --out is a directory'],
  ['a monitor that is not there', ['--to', 'rv', '--monitor', 'group_owners'], exit.wrongUse, 'did you mean group_owner?'],
  ['a monitor of a chart', ['--to', 'rv', '--chart', 'mutex'], exit.wrongUse, '--chart'],
  ['a monitor where a chart is written', ['--to', 'dot', '--chart', 'mutex', '--monitor', 'group_owner'], exit.wrongUse, 'writes no monitor'],
  ['a trail of nothing', ['--trail', cdx], exit.badInput, 'not-a-trail'],
  ['a trail that is a folder', ['--trail', folder], exit.badInput, 'is a directory'],
])('%s: an error, and nothing is written', async (_name, argv, code, text) => {
  const before = readdirSync(folder);
  const ended = await shell(...argv);
  expect([ended.code, ended.out]).toEqual([code, '']);
  expect(ended.err).toContain(text);
  expect(readdirSync(folder)).toEqual(before);
});

test('a file that is there stays when the new one cannot be written', async () => {
  const model = join(folder, 'kept.pml');
  writeFileSync(model, 'kept');
  expect((await shell(cdx, '--to', 'aut', '--limit', '5', '--walks', '0', '--out', model)).code).toBe(exit.badInput);
  expect([existsSync(model), readFileSync(model, 'utf8')]).toEqual([true, 'kept']);
});

test('a chart of a model, as text, in a file, or with all the others', async () => {
  const { code, out } = await shell('--to', 'mermaid', '--chart', 'mutex');
  expect([code, out.split('\n').slice(1, 5)]).toEqual([exit.holds, ['title: "mutex"', '---', 'stateDiagram-v2', '  state "mutex" as mutex {']]);
  expect(JSON.parse((await shell('--to', 'mermaid', '--chart', 'mutex', '--json')).out)).toEqual(
    { schema: 'dma-ownership/export-chart@1', model: 'v6.12.y', to: 'mermaid', charts: ['mutex'], text: out });
  const file = join(folder, 'mutex.mmd');
  expect((await shell('--to', 'mermaid', '--chart', 'mutex', '--out', file)).out).toBe(`${file}: mutex\n`);
  expect(readFileSync(file, 'utf8')).toBe(out);
  const all = join(folder, 'charts', 'dot');
  const { charts, files } = JSON.parse((await shell('--to', 'dot', '--out', all, '--model', 'v6.1.y', '--json')).out) as { charts: string[]; files: string[] };
  expect(readdirSync(all).sort()).toEqual(charts.map((name) => `${name}.dot`).sort());
  expect(files.map((name) => readFileSync(name, 'utf8').split(' ')[0])).toEqual(charts.map(() => 'digraph'));
  expect(charts).toEqual(expect.arrayContaining(['iommu_group', 'bus_dma', 'bind_store']));
});

test('an automaton for the kernel, or all of them', async () => {
  const { code, out } = await shell('--to', 'rv', '--monitor', 'group_owner');
  expect([code, out.split('\n')[0]]).toEqual([exit.holds, 'digraph state_automaton {']);
  const all = join(folder, 'monitors');
  expect((await shell('--to', 'rv', '--out', all)).code).toBe(exit.holds);
  expect(readdirSync(all).sort()).toEqual(['dma_pairing.dot', 'group_owner.dot']);
  expect(readFileSync(join(all, 'group_owner.dot'), 'utf8')).toBe(out);
});
