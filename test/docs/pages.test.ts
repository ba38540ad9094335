/** What a program can check in the documents: links that lead somewhere, commands that exist, and pages that are found. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pages, root, textOf } from './markdown.ts';

const prose = (page: string) => textOf(page).replaceAll(/^\s*```.*?^\s*```/gms, '').replaceAll(/<!--.*?-->/gs, '').replaceAll(/`[^`\n]*`/g, 'code');
/** [file, anchor] of each link to a file; the file is from the root of the project. */
const links = (page: string): (readonly [string, string | undefined])[] => [...prose(page).matchAll(/\]\(([^)\s#]*)(?:#([^)\s]*))?\)/g)]
  .filter(([, target = '']) => !/^[a-z]+:/.test(target))
  .map(([, target, anchor]) => [target === '' ? page : posix.join(posix.dirname(page), target ?? ''), anchor]);

describe.each(pages())('%s', (page) => {
  test('links to files lead somewhere', () => {
    expect(links(page).map(([file]) => file).filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  test('npm scripts that it names exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const named = [...textOf(page).matchAll(/\bnpm run ([\w:-]+)/g)].map((match) => match[1] ?? '');
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

/** As GitHub names the anchors of headings; one that stands there already gets a number. */
function anchors(page: string): Set<string> {
  const text = textOf(page);
  const titles = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-'));
  const numbered = titles.map((title, at) => [title, titles.slice(0, at).filter((other) => other === title).length] as const);
  return new Set([...numbered.map(([title, before]) => (before === 0 ? title : `${title}-${before}`)), ...[...text.matchAll(/<a (?:id|name)="([^"]*)"/g)].map(([, id]) => id ?? '')]);
}

test('links into pages lead to headings', () => {
  const into = pages().flatMap((page) => links(page).filter(([file, anchor]) => anchor !== undefined && file.endsWith('.md')).map(([file, anchor]) => [page, file, anchor] as const));
  const known = new Map([...new Set(into.map(([, file]) => file))].map((file) => [file, anchors(file)]));
  expect(into.filter(([, file, anchor]) => known.get(file)?.has(anchor ?? '') !== true).map(([page, file, anchor]) => `${page}: ${file}#${anchor}`)).toEqual([]);
});

test('from the index of the documents every page of docs/ is one link away', () => {
  const index = 'docs/README.md';
  const near = new Set(links(index).map(([file]) => file));
  expect(pages().filter((page) => page.startsWith('docs/') && page !== index && !near.has(page))).toEqual([]);
  expect(links('README.md').map(([file]) => file)).toContain(index);
});

test('a page is named by its first line', () => {
  expect(pages().filter((page) => !/^# \S/.test(textOf(page)))).toEqual([]);
});

test('no page of docs/ is named twice', () => {
  const titles = pages().map((page) => /^# (.*)/.exec(textOf(page))?.[1] ?? '');
  expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([]);
});

test('links have no folder of this machine in them', () => {
  expect(pages().filter((page) => links(page).some(([file]) => dirname(file).startsWith('..')))).toEqual([]);
});
