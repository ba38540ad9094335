/** The glossary speaks of what is there: each word of the kernel is in the chart that is linked, and that chart names the same C file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as kernel from '../../machines/kernel.ts';
import { root, textOf } from './markdown.ts';

const page = textOf('docs/reference/glossary.md');
const rows = [...page.matchAll(/^\| (`.*?`) \| .* \| `([\w/.-]+\.[ch])` \| \[(\w+)\]\(\.\.\/\.\.\/(machines\/[\w./]+)\) \|$/gm)]
  .map(([, words = '', file = '', title = '', chart = '']) => ({ words: words.split(', ').map((word) => word.slice(1, -1)), file, title, chart }));

test('rows of the kernel are read', () => {
  expect(rows.length).toBe((page.match(/\]\(\.\.\/\.\.\/machines\//g) ?? []).length);
  expect(rows.length).toBeGreaterThan(30);
});

test.each(rows)('$words: $file, $chart', ({ words, file, title, chart }) => {
  const text = readFileSync(join(root, chart), 'utf8');
  const missing = [...words, file].filter((word) => !new RegExp(String.raw`(?<![\w])${word.replaceAll('.', String.raw`\.`)}(?!\w)`).test(text));
  expect({ missing, title }).toEqual({ missing: [], title: /(\w+)\.ts$/.exec(chart)?.[1] });
});

test('no word stands twice', () => {
  const words = [...page.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) => cell.split(', ')).filter((word) => !/^(?:Word|Errno|---)$/.test(word));
  expect(words.filter((word, at) => words.indexOf(word) !== at)).toEqual([]);
});

test('errno have the numbers of the charts', () => {
  const numbers = [...page.matchAll(/^\| `(E[A-Z_]+)` \| (\d+) \|/gm)].map(([, name = '', number]) => [name, Number(number)] as const);
  expect(numbers.length).toBeGreaterThan(4);
  expect(numbers.filter(([name, number]) => Object.entries(kernel).find(([word]) => word === name)?.[1] !== number)).toEqual([]);
});
