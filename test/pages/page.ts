/** Pages of the documents whose tables and ways come from code: written by `npm run pages`, compared by tests. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const writing = process.env['PAGES'] === 'write';
const pathOf = (page: string) => fileURLToPath(new URL(`../../docs/${page}`, import.meta.url));

/** What stands in a page between `<!-- printed: name -->` and `<!-- end -->`. */
export function printed(page: string, name: string): string {
  const text = readFileSync(pathOf(page), 'utf8');
  const [begin, end] = [`<!-- printed: ${name} -->\n`, '<!-- end -->'];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`${page} has no place for ${name}`);
  return text.slice(from + begin.length, to);
}

/** Holds a part of a page against what code says; with PAGES=write it is put there. */
export function hold(page: string, name: string, text: string): void {
  const before = printed(page, name);
  if (!writing) {
    expect(before).toBe(`${text}\n`);
    return;
  }
  const path = pathOf(page);
  const begin = `<!-- printed: ${name} -->\n`;
  writeFileSync(path, readFileSync(path, 'utf8').replace(`${begin}${before}`, () => `${begin}${text}\n`));
}

/** A row of a table. */
export const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

/** `a topology, with commas` as the target of a link. */
export const anchor = (...words: readonly string[]): string => words.join(' ').toLowerCase().replaceAll(/[^a-z0-9_]+/g, '-').replaceAll(/^-|-$/g, '');
