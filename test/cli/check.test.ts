import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { register } from '../../src/cli/check.ts';
import { exit } from '../../src/cli/exit.ts';
import { run } from '../../src/cli/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'check-'));
const device = '0000:02:00.0';
const bind = { name: 'bind', entry: 'bind_store', times: 1, calls: [{ type: 'bind_store', device, driver: 'e1000e' }] };
const unbind = { name: 'unbind', entry: 'unbind_store', times: 1, calls: [{ type: 'unbind_store', device, driver: 'e1000e' }] };
const user = { name: 'vm1', entry: 'dma_owner', times: 1, calls: [{ type: 'claim', group: 8 }] };

function topology(name: string, json: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(json));
  return file;
}

const sound = topology('sound.json', { devices: [{ name: device, group: 8 }], drivers: [{ name: 'e1000e', matches: ['*'] }], threads: [bind, unbind, user] });
/** A driver on the cdx bus is bound although its use of the group was refused. */
const cdx = topology('cdx.json', {
  devices: [{ name: device, bus: 'cdx', group: 8 }], drivers: [{ name: 'e1000e', bus: 'cdx', matches: ['*'] }], threads: [bind, unbind, user],
});

async function shell(...argv: string[]) {
  let [out, err] = ['', ''];
  const code = await run(['check', ...argv], [register], {
    stdout: { write: (text: string) => (out += text) }, stderr: { write: (text: string) => (err += text) }, env: {},
  });
  return { code, out, err };
}

interface Document {
  schema: string;
  states: number;
  complete: boolean;
  stopped?: string;
  properties: { name: string; kind: string; verdict: string; path: { from: string; to: string; event: { type: string } }[] }[];
}

describe('check', () => {
  test('a topology where everything holds', async () => {
    const { code, out, err } = await shell(sound, '--json');
    const { schema, states, complete, properties } = JSON.parse(out) as Document;
    expect({ code, err, schema, states, complete }).toEqual({ code: exit.holds, err: '', schema: 'dma-ownership/check@1', states: 1577, complete: true });
    expect(properties.filter(({ verdict }) => verdict !== 'holds')).toEqual([]);
    expect(properties.every(({ path }) => path.length === 0)).toBe(true);
  });

  test('a bus that does not exist', async () => {
    const { code, out, err } = await shell('--bus', 'plattform');
    expect([code, out, err]).toEqual([exit.wrongUse, '', expect.stringMatching(/^wrong-use: --bus: there is no bus plattform\.\n {2}Possible here: pci, platform, .*\n.*\n {2}What to do: did you mean platform\?/)]);
  });

  test('what a kernel does not have is not asked, and said', async () => {
    const { code, out } = await shell('--model', 'v5.15', '--devices', '1', '--users', '1', '--json');
    const { properties, notApplicable } = JSON.parse(out) as Document & { notApplicable: string[] };
    expect(code).toBe(exit.violation);
    expect(properties.filter(({ verdict }) => verdict !== 'holds').map(({ name }) => name)).toEqual(['no driver that does DMA is in a group that is attached to another domain than the default one']);
    expect(notApplicable).toContain('a group with an owner is counted');
    const refused = await shell('--model', 'v5.15', '--property', 'is counted');
    expect([refused.code, refused.err]).toEqual([exit.badInput, expect.stringContaining('"a group with an owner is counted" says nothing about this topology under v5.15')]);
  }, 60_000);

  test('a broken property comes with a way that the system takes', async () => {
    const { code, out } = await shell(cdx, '--json');
    const broken = (JSON.parse(out) as Document).properties.filter(({ verdict }) => verdict === 'broken');
    expect(code).toBe(exit.violation);
    expect(broken.map(({ name, path }) => [name, path.filter(({ event }) => !event.type.endsWith('.ret')).length])).toEqual([
      ['a group with a driver that uses the DMA API is held for drivers', 15], ['a group that a user owns has no driver that uses the DMA API', 15], ['a group with an owner is counted', 37],
    ]);
    expect(broken[0]?.path[0]).toMatchObject({ from: 'environment', event: { from: 'environment' } });
  });

  test('a limit says unknown, and never holds', async () => {
    const { code, out } = await shell(sound, '--json', '--limit', '20');
    const { complete, properties } = JSON.parse(out) as Document;
    expect({ code, complete }).toEqual({ code: exit.limit, complete: false });
    expect(properties.filter(({ kind, verdict }) => kind !== 'sometimes' && verdict !== 'unknown')).toEqual([]);
  });

  test('memory that runs out on the way is no answer', async () => {
    const { code, out } = await shell('--devices', '2', '--users', '1', '--memory', '100000', '--json');
    const { complete, stopped, properties } = JSON.parse(out) as Document;
    expect({ code, complete, stopped }).toEqual({ code: exit.limit, complete: false, stopped: 'memory' });
    expect(properties.filter(({ kind, verdict }) => kind !== 'sometimes' && verdict !== 'unknown')).toEqual([]);
  });

  test('one property, in words', async () => {
    const { code, out } = await shell(cdx, '--property', 'is counted', '--explain', '--reduce', 'always', '--no-symmetry');
    expect(code).toBe(exit.violation);
    expect(out).toMatch(/^broken {3}always {5}a group with an owner is counted$/m);
    expect(out).toMatch(/iommu_device_unuse_default_domain/);
    expect(out).toMatch(/^symmetry: off \(switched off\)$/m);
  });

  test.each(['compact', 'bitstate'])('--lossy %s says sampled or broken, with a code of its own', async (mode) => {
    const nothing = await shell(sound, '--lossy', mode, '--memory', '32M');
    expect([nothing.code, /^holds/m.test(nothing.out), /left out with a probability of at most \d/.test(nothing.out)]).toEqual([exit.inconclusive, false, true]);
    const found = JSON.parse((await shell(cdx, '--lossy', mode, '--memory', '32M', '--json')).out) as Document & { lossy: unknown };
    expect([found.complete, found.lossy]).toEqual([false, { mode, omission: expect.any(Number) as number }]);
    expect(found.properties.filter(({ verdict }) => verdict === 'broken').map(({ path }) => path.length > 10)).toEqual([true, true, true]);
    expect((await shell(sound, '--lossy', mode, '--limit', '5')).code).toBe(exit.limit);
  });

  test('coverage says what never came, as text and as JSON', async () => {
    const { code, out } = await shell(sound, '--coverage', '--no-partial-order');
    expect(code).toBe(exit.holds);
    expect(out).toMatch(/^\d+ of \d.*\d transitions of the charts were taken; \d+ are dead in this topology, 0 were not met\.$/m);
    expect(out).toMatch(/^ {2}iommu_group\.ownership\.unowned {2}iommu_group_claim_dma_owner, branch 1 \[noOwner\]: the guard noOwner is never true$/m);
    const stopped = JSON.parse((await shell(sound, '--coverage', '--limit', '5', '--json')).out) as { coverage: { dead: unknown[]; notMet: unknown[] } };
    expect([stopped.coverage.dead.length, stopped.coverage.notMet.length > 100]).toEqual([0, true]);
  });

  test('walks find, and never prove', async () => {
    const found = await shell(cdx, '--simulate', '50', '--seed', '3');
    expect([found.code, /^broken {3}a group that a user owns has no driver/m.test(found.out)]).toEqual([exit.violation, true]);
    const nothing = await shell(sound, '--simulate', '50', '--json');
    const { complete, properties } = JSON.parse(nothing.out) as Document;
    expect([nothing.code, complete, new Set(properties.map(({ verdict }) => verdict))]).toEqual([exit.inconclusive, false, new Set(['sampled'])]);
  });

  test('reductions change no verdict', async () => {
    const verdicts = async (...more: string[]) =>
      (JSON.parse((await shell(cdx, '--json', ...more)).out) as Document).properties.map(({ name, verdict, path }) => [name, verdict, path.length]);
    expect(await verdicts()).toEqual(await verdicts('--no-symmetry', '--no-partial-order'));
  });

  test.each([
    [['--model', 'v6.12'], exit.wrongUse, 'no-such-model'],
    [['--limit', 'many'], exit.wrongUse, 'wrong-use'],
    [['--limit', '0'], exit.wrongUse, 'a whole number from 1'],
    [['--lossy', 'much'], exit.wrongUse, 'compact, bitstate'],
    [['--schedule', 'fair'], exit.wrongUse, 'uniform, pct'],
    [['--devices', '1000'], exit.wrongUse, '1 to 64'],
    [['--property', 'nonsense'], exit.badInput, 'no-such-property'],
    [['--memory', '500'], exit.badInput, 'too-little-memory'],
    [['--memory', '1M', '--no-symmetry', '--no-partial-order'], exit.badInput, 'too-little-memory'],
    [['--checkpoint', folder], exit.badInput, 'unwritable-file'],
    [['--resume', topology('no.checkpoint', {})], exit.badInput, 'not-a-checkpoint'],
    [[folder], exit.badInput, 'is a directory'],
    [[join(folder, 'missing.json')], exit.badInput, 'unreadable-file'],
    [[topology('empty.json', {})], exit.badInput, 'bad-topology'],
  ])('%j is refused', async (argv, code, word) => {
    const ended = await shell(...argv);
    expect([ended.code, ended.out]).toEqual([code, '']);
    expect(ended.err).toContain(word);
  });
});
