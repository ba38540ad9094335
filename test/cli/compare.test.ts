import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { register } from '../../src/cli/compare.ts';
import { exit } from '../../src/cli/exit.ts';
import { run } from '../../src/cli/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'compare-'));
const device = '0000:02:00.0';
const thread = (name: string, entry: string, call: object) => ({ name, entry, times: 1, calls: [call] });
const topology = (bus: string) => {
  const file = join(folder, `${bus}.json`);
  writeFileSync(file, JSON.stringify({
    devices: [{ name: device, bus, group: 8 }], drivers: [{ name: 'e1000e', bus, matches: ['*'] }], options: { test_remove: true },
    threads: [
      thread('bind', 'bind_store', { type: 'bind_store', device, driver: 'e1000e' }),
      thread('unbind', 'unbind_store', { type: 'unbind_store', device, driver: 'e1000e' }), thread('vm1', 'dma_owner', { type: 'claim', group: 8 }),
    ],
  }));
  return file;
};
const pci = topology('pci');

async function shell(...argv: string[]) {
  let [out, err] = ['', ''];
  const code = await run(['compare', ...argv], [register], {
    stdout: { write: (text: string) => (out += text) }, stderr: { write: (text: string) => (err += text) }, env: {},
  });
  return { code, out, err };
}

test('kernels that differ: the run, what only one can do, and each step of a way', async () => {
  const { code, out } = await shell('v6.5', 'v6.6', pci, '--observer', 'user', '--all');
  expect(code).toBe(exit.violation);
  expect(out).toMatch(/^differ: no run that shows it is shorter\.\nAfter these 4\n {4}1 {2}bind: bind_store device=0000:02:00\.0 driver=e1000e\n/);
  expect(out).toContain('and then can be seen\n  only v6.5: -\n  only v6.6: vm1: claim = 0\n  both: ');
  expect(out).toMatch(/v6\.6, \d+ steps to "vm1: claim = 0":\n {2}environment +-> /);
});

test('the document says the same, and the files hold both sides', async () => {
  const { code, out } = await shell('v6.5', 'v6.6', pci, '--observer', 'user', '--aut', join(folder, 'aut'), '--json');
  expect(code).toBe(exit.violation);
  const document = JSON.parse(out) as { schema: string; answer: string; run: string[]; then: string; path: object[]; aut: string[]; sides: { states: number; complete: boolean }[] };
  expect(document).toMatchObject({ schema: 'dma-ownership/compare@1', answer: 'differ', then: 'vm1: claim = 0', models: ['v6.5', 'v6.6'] });
  expect([document.run.length, document.path.length > 20]).toEqual([4, true]);
  const texts = document.aut.map((file) => readFileSync(file, 'utf8'));
  for (const [index, text] of texts.entries()) {
    const [, steps, states] = /^des \(0, (\d+), (\d+)\)\n/.exec(text) ?? [];
    expect([Number(states), text.split('\n').length - 2]).toEqual([document.sides[index]?.states, Number(steps)]);
    expect(text).toMatch(/^\(\d+, "i", \d+\)$/m);
  }
  expect(texts[0]).toContain('"vm1: claim = -EPERM"');
});

test.each([
  [['v6.6', 'v6.12.y', pci], exit.holds, /^same: v6\.6 and v6\.12\.y are branching bisimilar\.\n/],
  [['v6.5', 'v6.6', pci, '--limit', '10'], exit.limit, /^unknown: stopped by --limit\.\n/],
])('%j ends with %i', async (argv, code, text) => {
  const shown = await shell(...argv);
  expect([shown.code, shown.out]).toEqual([code, expect.stringMatching(text)]);
});

test.each([
  [['v6.4', 'v6.6'], exit.wrongUse, 'no-such-model: there is no model v6.4.'],
  [['v6.5'], exit.wrongUse, "missing required argument 'other'"],
  [['v6.5', 'v6.6', '--observer', 'usr'], exit.wrongUse, 'wrong-use: --observer: there is no observer usr.'],
  [['v6.5', 'v6.6', '--observer', 'user,user,user'], exit.wrongUse, 'wrong-use: --observer: 3 observers for two sides.'],
  [['v6.5', 'v6.6', pci, '--aut', pci], exit.wrongUse, `wrong-use: --aut: ${pci} is a file.`],
  [['v6.1.y', 'v6.12.y', topology('cdx')], exit.badInput, 'v6.1.y has no bus cdx'],
  [['v6.12.y', 'v6.1.y', topology('cdx')], exit.badInput, 'v6.1.y has no bus cdx'],
])('%j is refused', async (argv, code, text) => {
  const { code: ended, err } = await shell(...argv);
  expect([ended, err]).toEqual([code, expect.stringContaining(text)]);
});
