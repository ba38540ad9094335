/** What a program can check in the documents: links that lead somewhere, and commands that exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')).map((name) => join(root, name)),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md')).map((name) => join(root, 'docs', name)),
];

test.each(pages.map((page) => [relative(root, page), page]))('%s: links to files lead somewhere', (_name, page) => {
  const text = readFileSync(page, 'utf8').replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, '');
  const targets = [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
  const files = targets.filter((target) => !/^[a-z]+:/.test(target));
  expect(files.filter((target) => !existsSync(join(dirname(page), target)))).toEqual([]);
});

test.each(pages.map((page) => [relative(root, page), page]))('%s: npm scripts that it names exist', (_name, page) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const named = [...readFileSync(page, 'utf8').matchAll(/\bnpm run ([\w:-]+)/g)].map((match) => match[1] ?? '');
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
