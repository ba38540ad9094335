import { expect, test } from 'vitest';
import { bandsOf } from '../../src/check/kernel/bands.ts';
import { BAND_BITS } from '../../src/check/kernel/header.ts';
import type { Layout } from '../../src/check/layout.ts';

/** Fields by word, first bit and width. */
function layoutOf(fields: readonly (readonly [word: number, shift: number, bits: number])[]): Layout {
  const column = (index: 0 | 1 | 2) => Int32Array.from(fields, (field) => field[index]);
  return { words: 2, bits: [...column(2)], word: column(0), shift: column(1), mask: column(2).map((bits) => 2 ** bits - 1) };
}

test.each([
  ['side by side, upwards', [[0, 0, 3], [0, 3, 6]], [[0, 1, 0, 9]]],
  ['side by side, downwards', [[1, 28, 4], [1, 23, 5]], [[0, 1, 55, 9]]],
  ['across the middle', [[0, 28, 4], [1, 0, 4]], [[0, 1, 28, 8]]],
  ['a bit of another between them', [[0, 0, 3], [0, 4, 3]], [[0, 0, 3], [1, 4, 3]]],
  ['as wide as may be, and no wider', [[0, 0, 6], [0, 6, BAND_BITS - 6], [0, BAND_BITS, 1]], [[0, 1, 0, BAND_BITS], [2, BAND_BITS, 1]]],
  ['alone, wider than a band may be', [[0, 0, BAND_BITS + 3], [0, BAND_BITS + 3, 2]], [[0, 0, BAND_BITS + 3], [1, BAND_BITS + 3, 2]]],
  ['without a bit of its own: with whoever stands before or behind', [[0, 0, 0], [0, 5, 3], [0, 0, 0], [0, 8, 2]], [[0, 1, 2, 3, 5, 5]]],
  ['nobody', [], []],
] as const)('%s', (_name, fields, expected) => {
  const bands = bandsOf(layoutOf(fields), [...fields.keys()]);
  expect(bands.map(({ actors, shift, width }) => [...actors, shift, width])).toEqual(expected);
});
