/**
 * What the recorder wrote in guests with Debian's kernels (`guest.sh` has the commands): it is explained, its spoiled twins are not. `npm run lab:record` made
 * them; nothing in the files was edited.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { findRecording } from '../../src/trace/file.ts';
import { readTrace } from '../../src/trace/read.ts';
import { judgeTrace } from '../../src/trace/report.ts';

const root = fileURLToPath(new URL('recorded/', import.meta.url));
const judged = async (path: string, text: string) => judgeTrace(readTrace(text, { name: path }), { name: path, recording: await findRecording(path) });

describe.each(readdirSync(root))('%s', (kernel) => {
  const path = `${root}${kernel}/trace.txt.gz`;
  const text = gunzipSync(readFileSync(path)).toString('utf8');

  test('conforms, with all that was done in it', async () => {
    const { verdict, groups, refusals, lost, chosenBy } = await judged(path, text);
    expect({ verdict, lost, chosenBy }).toEqual({ verdict: 'conforms', lost: undefined, chosenBy: `kernel ${kernel}, from log.txt` });
    expect(groups.map(({ id, ownership }) => [id, ownership.length])).toEqual([['4', 2], ['8', 6]]);
    expect(refusals).toEqual([expect.objectContaining({ what: expect.stringContaining('claim') as string })]);
  });

  test.each([
    ['a claim that was refused is said to be granted', /^.* claim_ret: .* ret=-1$/m, (line: string) => line.replace('ret=-1', 'ret=0')],
    ['a driver ends without giving up its group', /^.* dma_clean: .*\n/m, () => ''],
    ['the count under the lock is one too high', /^.* cs_use: .*$/m, (line: string) => line.replace(/oc=(\d+)/, (_, count) => `oc=${Number(count) + 1}`)],
    ['devres of a device is not given back', /^.* unbind_cleanup: .*\n/m, () => ''],
  ])('refused: %s', async (_what, pattern, spoil) => {
    const twin = text.replace(pattern, (line) => spoil(line));
    expect(twin).not.toBe(text);
    expect(await judged(path, twin)).toMatchObject({ verdict: 'violates' });
  });
});
