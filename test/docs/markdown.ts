/**
 * What a page shows: its fenced blocks and the commands in its tables, with the marks that its author gave them.
 *
 * A mark is an HTML comment right above a fence, or in the row of a table:
 *
 *     <!-- not run: why -->          nobody runs it here; it is counted, and listed by `npm run docs:run`
 *     <!-- dear: why -->             only `npm run docs:run` runs it
 *     <!-- run by: test/... -->      that test does, and names the page
 *     <!-- types only: why -->       a snippet that is type-checked, and cannot run alone
 *     <!-- file: NAME -->            not run: it is a file, which later commands of the page use
 *     <!-- first: COMMANDS -->       what a reader has already, as commands
 *     <!-- given: CODE -->           what a snippet takes for granted, as code in front of it
 *     <!-- exits: N -->              the exit code of each of its commands, where it is not 0 and nothing is printed about it
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export const markKinds = ['not run', 'dear', 'run by', 'types only', 'file', 'first', 'given', 'exits'] as const;
export type MarkKind = (typeof markKinds)[number];
export type Marks = Readonly<Partial<Record<MarkKind, string>>>;

export type Block = {
  /** From the root of the project. */
  readonly page: string;
  /** Of the fence, or of the row; from 1. */
  readonly line: number;
  /** As behind the fence; `row` for the commands in a row of a table. */
  readonly language: string;
  readonly text: string;
  readonly marks: Marks;
};

/** Every Markdown page of the project, from its root. */
export function pages(): string[] {
  const below = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name));
  return [...readdirSync(root), ...below].filter((name) => name.endsWith('.md')).sort();
}

export const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** @throws {Error} for a fence that is not closed, or a comment that is no mark and stands above a fence. */
export function blocksOf(page: string, text = textOf(page)): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const fence = /^\s*(`{3,})([\w-]*)/.exec(line);
    if (fence) {
      const end = lines.findIndex((other, index) => index > at && other.trim() === fence[1]);
      if (end < 0) throw new Error(`${page}:${at + 1}: this fence is not closed`);
      const indent = line.length - line.trimStart().length;
      blocks.push({ page, line: at + 1, language: fence[2] ?? '', text: lines.slice(at + 1, end).map((one) => `${one.slice(indent)}\n`).join(''), marks: marksOf(above(lines, at), `${page}:${at + 1}`) });
      at = end;
      continue;
    }
    const asked = [...line.matchAll(/\| `(dma-ownership [^`]*)`/g)].map(([, command]) => command ?? '');
    if (asked.length > 0) blocks.push({ page, line: at + 1, language: 'row', text: `${asked.join('\n')}\n`, marks: marksOf(line, `${page}:${at + 1}`) });
  }
  return blocks;
}

/** Lines that are code because they are indented; they would escape every test. From 1. */
export function indented(text: string): number[] {
  const lines = text.replaceAll(/^\s*```.*?^\s*```$/gms, (block) => block.replaceAll(/[^\n]/g, '')).split('\n');
  return lines.flatMap((line, index) => (/^ {4}\S/.test(line) && lines[index - 1] === '' && !/^\s*(?:[-*]|\d+\.) /.test(lines.slice(0, index).findLast((one) => one !== '') ?? '') ? [index + 1] : []));
}

/** The comments that end right above this line. */
function above(lines: readonly string[], at: number): string {
  let from = at;
  while (from > 0 && lines[from - 1]?.trimEnd().endsWith('-->') === true) {
    do from--;
    while (from > 0 && lines[from]?.trimStart().startsWith('<!--') === false);
  }
  return lines.slice(from, at).join('\n');
}

function marksOf(text: string, place: string): Marks {
  return Object.fromEntries([...text.matchAll(/<!--([^]*?)-->/g)].map(([, comment = '']) => {
    const [, kind = '', said = ''] = /^\s*([a-z ]+):\s*([^]*?)\s*$/.exec(comment) ?? [];
    if (!(markKinds as readonly string[]).includes(kind) || said === '') throw new Error(`${place}: «${comment.trim()}» is no mark; there are ${markKinds.map((one) => `<!-- ${one}: ... -->`).join(', ')}`);
    return [kind, said];
  }));
}
