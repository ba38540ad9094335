/** Traces in links: the whole of a small one, name and hash of a large one, and nothing of a damaged word. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { packed, unpacked } from '../../src/web/page/packed.ts';
import { fragmentOf, traceFragment } from '../../src/web/page/state.ts';
import { isMeant, isWhole, longest, traceOf, traceWord } from '../../src/web/page/trace/word.ts';

const text = gunzipSync(readFileSync(new URL('../traces/tdr-buggy/tdr/trace.txt.gz', import.meta.url))).toString();
/** Words that nothing packs. */
const noise = (length: number): string => Array.from({ length }, (_, index) => createHash('sha256').update(`noise ${index}`).digest('hex')).join('\n');

test('a recording of a kernel is small: it comes back as it was', async () => {
  const opened = { name: 'tdr/trace.txt', text, recording: { kernel: '6.1.192' } };
  const word = await traceWord(opened);
  expect([isWhole(word), word.length < longest, traceWord(opened) === traceWord(opened)]).toEqual([true, true, true]);
  expect(await traceOf(word)).toEqual({ opened });
});

test('a large one is named by the hash of its text: only that text is meant', async () => {
  const opened = { name: 'some/where/a&b.1.txt', text: noise(5000), by: 'v6.1.y' };
  const word = await traceWord(opened);
  const found = await traceOf(word);
  if (!('meant' in found)) throw new Error('it is whole');
  expect(found.meant).toEqual({ word, name: 'a&b.1.txt', hash: createHash('sha256').update(opened.text).digest('hex'), characters: opened.text.length });
  expect([isWhole(word), await isMeant(opened, found.meant), await isMeant({ ...opened, text: `${opened.text.slice(0, -1)}!` }, found.meant), await isMeant({ ...opened, text }, found.meant)]).toEqual([false, true, false, false]);
  expect(await isMeant({ name: 'x', text: '12' }, { word: '', name: 'x', hash: '', characters: 2 })).toBe(true); // no hash was computed: its length has to do
  const fragment = `view=traces&at=3${traceFragment({ trace: word, line: 7, by: 'v6.1.y' })}`;
  expect(fragmentOf(fragment)).toEqual({ view: 'traces', at: 3, trace: { trace: word, line: 7, by: 'v6.1.y' } });
});

describe('a damaged word', () => {
  test.each([
    ['t1', 'cannot be unpacked'], ['t1.x', 'cannot be unpacked'], ['t9.x', 'in the form "t9"'], ['', 'in the form ""'], ['h1.zz.5.name', 'in the form "h1"'], ['h1..x.name', 'in the form "h1"'],
  ])('%j is refused', async (word, message) => {
    await expect(traceOf(word)).rejects.toMatchObject({ code: 'wrong-use', message: expect.stringContaining(message) as string });
  });
  test('so is one without a trace in it', async () => {
    await expect(traceOf(`t1.${await packed({ name: 'x' })}`)).rejects.toMatchObject({ message: 'the link has no trace' });
  });
  test('and one that would not end', async () => {
    await expect(unpacked(await packed('x'.repeat(100_000)), 1000)).rejects.toThrow('more than 1000 bytes');
  });
});
