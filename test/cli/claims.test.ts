import { describe, expect, test } from 'vitest';
import { register } from '../../src/cli/claims.ts';
import { exit } from '../../src/cli/exit.ts';
import { run } from '../../src/cli/program.ts';

async function shell(...argv: string[]) {
  let [out, err] = ['', ''];
  const code = await run(['claims', ...argv], [register], {
    stdout: { write: (text: string) => (out += text) }, stderr: { write: (text: string) => (err += text) }, env: {},
  });
  return { code, out, err };
}

interface Document {
  schema: string;
  claims: { id: number; who: string; claim: string; verdict: string; condition?: string; states: number; note: string; path?: { from: string; to: string; event: { type: string } }[]; checks: { verdict: string; complete: boolean; path?: object[] }[] }[];
}

describe('claims', () => {
  test('one claim: its verdict, its condition, and each check with what was found', async () => {
    const { code, out, err } = await shell('21');
    expect({ code, err }).toEqual({ code: exit.holds, err: '' });
    expect(out).toMatchInlineSnapshot(`
      "21 R  confirmed: In v6 owner_cnt may exceed 1 for a user, who then needs as many releases; VFIO does not need that, and others may get it wrong.
            Two claims and one release leave the group with its user for good in v6; in v7 and as merged the second claim is refused.
            a user's claim of a group is counted once
              a user that claims a group twice, and somebody who releases it once
                + v6-posting               broken, 4 steps; 18 worlds
            one release gives up a user's group
              a user that claims a group twice, and somebody who releases it once
                + v6-posting               broken, 6 steps; 18 worlds
                = v7-posting               holds; 18 worlds
                = v5.19                    holds; 18 worlds
                = v6.12.y                  holds; 18 worlds
            a user's claim of a group is counted once
              a process with a container and both devices of a group, which opens and closes in any order, again and again
                + v6-posting               holds; 312 worlds
            a user's claim of a group is counted once
              two processes, each with a container and one of the two devices of a group
                + v6-posting               holds; 8 529 worlds

      1 confirmed
      "
    `);
  });

  test('with --paths, in the words of the kernel', async () => {
    const { out } = await shell('11', '--paths');
    const lines = out.split('\n').map((line) => line.trim().replaceAll(/\s+/g, ' '));
    expect(lines).toContain('0000:02:00.1 -> group 8 dev->driver.ret 1 driver=e1000e');
    expect(lines).toContain('0000:02:00.0 unbound 0000:02:00.1 unbound group 8 kernel_dma domain=default owner=DMA API');
  });

  test('--json prints one document, in the order asked for, each claim once', async () => {
    const { code, out, err } = await shell('22', '3', '22', '--json');
    const { schema, claims } = JSON.parse(out) as Document;
    expect({ code, err, schema }).toEqual({ code: exit.holds, err: '', schema: 'dma-ownership/claims@1' });
    expect(claims.map(({ id, who, verdict, condition, path, checks }) => [id, who, verdict, condition === undefined, path?.at(-1)?.event.type, checks.filter((check) => check.path !== undefined).length]))
      .toEqual([[22, 'R', 'not-a-state-property', true, undefined, 0], [3, 'J', 'conditional', false, 'dma_configure.ret', 4]]);
    expect(claims.every(({ states, note, claim }) => states > 0 && note !== '' && claim !== '')).toBe(true);
  });

  test.each(['27', '0', 'walk', '07'])('there is no claim %s', async (id) => {
    const { code, out, err } = await shell(id);
    expect([code, out]).toEqual([exit.wrongUse, '']);
    expect(err).toContain(`wrong-use: claims: there is no claim ${id}`);
  });
});
