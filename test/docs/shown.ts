/** Which pages show commands and snippets that a test runs, and what becomes of each block. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf, pages, root, textOf, type Block } from './markdown.ts';

/** Pages that code prints, their blocks with them, and the file that holds them. */
const printed: Readonly<Record<string, string>> = {
  'docs/reference/bugs.md': 'test/cases/bugs/bugs.test.ts',
  'docs/reference/claims.md': 'test/cases/claims/claims.test.ts',
  'docs/reference/models-compared.md': 'test/pages/compared.run.ts',
  'docs/reference/properties-by-model.md': 'test/pages/matrix.run.ts',
  'docs/reference/confirmed.md': 'test/pages/confirmed.run.ts',
};

export const shownPages = pages().filter((page) => /^(?:README\.md$|docs\/(?:tutorial|how-to|reference)\/)/.test(page) && !(page in printed));
export const printedPages = Object.entries(printed);

/** `dear`: only with the built program. `left`: nobody runs it here, and it says why. */
export type Fate = 'run' | 'dear' | 'types' | 'file' | 'elsewhere' | 'left' | 'nobody';

const shells = ['sh', 'console', 'row'];
const code = ['ts', 'js', 'tsx'];

export function fateOf({ language, marks, text }: Block): Fate {
  if (marks['not run'] !== undefined) return 'left';
  if (marks['run by'] !== undefined) return 'elsewhere';
  if (marks['types only'] !== undefined && code.includes(language)) return 'types';
  if (marks.file !== undefined) return 'file';
  if (marks.dear !== undefined && [...shells, ...code].includes(language)) return 'dear';
  if (shells.includes(language) && (language !== 'console' || text.startsWith('$ '))) return 'run';
  return code.includes(language) ? 'run' : 'nobody';
}

export const blocks = (page: string): Block[] => blocksOf(page, textOf(page));

/** Whether a file of the project names the page, or reads all pages. */
export const names = (file: string, page: string): boolean => readFileSync(join(root, file), 'utf8').includes(page.slice(page.lastIndexOf('/') + 1));

/** Commands with what is printed behind each of them; undefined where nothing is said about it. */
export function commandsOf({ language, text }: Block): { readonly line: string; readonly printed: string | undefined }[] {
  if (language !== 'console') return joined(text.split('\n')).filter((line) => line.trim() !== '' && !line.startsWith('#')).map((line) => ({ line: bare(line), printed: undefined }));
  return text.split(/^\$ /m).slice(1).map((part) => {
    const [line = '', ...rest] = joined(part.split('\n'));
    const end = /<<'?(\w+)'?/.exec(line)?.[1];
    const behind = end === undefined ? 0 : rest.indexOf(end) + 1;
    return { line: [bare(line), ...rest.slice(0, behind)].join('\n'), printed: rest.slice(behind).join('\n') };
  });
}

/** Without a comment at its end. */
const bare = (line: string): string => line.replace(/\s+#\s.*$/, '').trim();

/** Lines that end in a backslash go on in the next. */
function joined(lines: readonly string[]): string[] {
  return lines.reduce<string[]>((sum, line) => (sum.at(-1)?.endsWith('\\') === true ? [...sum.slice(0, -1), `${(sum.at(-1) ?? '').slice(0, -1).trimEnd()} ${line.trim()}`] : [...sum, line]), []);
}
