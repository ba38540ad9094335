import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { register } from '../../src/cli/bugs.ts';
import { exit, type Exit } from '../../src/cli/exit.ts';
import { register as check } from '../../src/cli/check.ts';
import { run } from '../../src/cli/program.ts';

async function shell(line: string | readonly string[]): Promise<{ code: Exit; out: string; err: string }> {
  const ended = { out: '', err: '' };
  const code = await run(typeof line === 'string' ? line.split(' ') : line, [register, check], {
    stdout: { write: (text) => { ended.out += text; } }, stderr: { write: (text) => { ended.err += text; } }, env: {},
  });
  return { code, ...ended };
}

describe('bugs', () => {
  test('a row that is named comes with its path', async () => {
    const { code, out } = await shell('bugs H-d');
    expect(code).toBe(exit.holds);
    expect(out).toMatchInlineSnapshot(`
      "open    H-d  no fix: iommu_device_release_dma_owner() does not ask who has the group: it gives up a group that another way has claimed
                   v7.3, v6.2, v6.5, v6.6, v6.12.y, v6.15: 2 steps (13 worlds)
                   property: a group is given up by its owner only
                     Whoever else gives it up leaves the user with a group that drivers may enter.
                   in the field: a driver that mixes claims by group and by device, or releases once too often; VFIO and iommufd do neither
                   to play it: dma-ownership run test/golden/release-by-stranger.scenario
                   shortest path, v7.3:
                     call vm1                        claim group=8
                     vm1 -> group 8                  iommu_group_claim_dma_owner
                     group 8 -> vm1                  iommu_group_claim_dma_owner.ret 0
                     vm1                             claim.ret 0
                     0000:02:00.0 unbound   group 8 claimed owner_cnt=1 domain=blocking owner=vm1


      1 open
      "
    `);
  });

  test('the document', async () => {
    const { code, out } = await shell('bugs 36 44 --json');
    expect(code).toBe(exit.holds);
    const { schema, bugs: [bug], outside } = JSON.parse(out) as { schema: string; bugs: Record<string, unknown>[]; outside: { id: string }[] };
    expect([schema, outside.map(({ id }) => id)]).toEqual(['dma-ownership/bugs@1', ['44']]);
    expect(bug).toMatchObject({
      id: '36', commit: '6.2, 6.1.4', affected: ['v5.19', 'v5.15'], fixed: ['v6.1.y', 'v6.2', 'v6.12.y'], property: 'a driver is registered, unless its name is taken',
      verdict: 'found', found: true, absentInFixed: true,
    });
    expect((bug?.['path'] as unknown[])[0]).toEqual({ from: 'environment', to: 'thread:insmod', event: expect.objectContaining({ type: 'driver_register' }) as unknown });
  });

  test('a number stands for its parts, and a row that is named twice is looked for once', async () => {
    const { out } = await shell('bugs 5 5a --json');
    expect((JSON.parse(out) as { bugs: { id: string }[] }).bugs.map(({ id }) => id)).toEqual(['5a', '5b']);
  });

  test('check takes its topologies and the names of its models', async () => {
    const { bugs: [bug] } = JSON.parse((await shell('bugs 13 --json')).out) as { bugs: { topology: unknown; property: string; affected: string[]; checks: { steps: number }[] }[] };
    const folder = mkdtempSync(join(tmpdir(), 'bugs-'));
    writeFileSync(join(folder, 't.json'), JSON.stringify(bug?.topology));
    const { code, out } = await shell(['check', join(folder, 't.json'), '--model', bug?.affected[0] ?? '', '--property', bug?.property ?? '', '--json']);
    rmSync(folder, { recursive: true });
    expect(code).toBe(exit.violation);
    expect((JSON.parse(out) as { properties: { path: unknown[] }[] }).properties.map(({ path }) => path.length > 0)).toEqual([true]);
  });

  test('an unknown id is wrong use', async () => {
    const { code, err } = await shell('bugs H-y');
    expect([code, err.split('\n', 1)[0]]).toEqual([exit.wrongUse, 'wrong-use: bugs: there is no bug H-y.']);
  });
});
