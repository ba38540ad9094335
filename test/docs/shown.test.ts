/**
 * Every command and snippet of README, tutorial, how-to and reference does what the page says. Here from the sources, what is cheap;
 * `npm run docs:run` runs all of it with the built program, and type-checks the snippets with the declarations that users get.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { indented, root, textOf, type Block } from './markdown.ts';
import { misquoted } from './quoted.ts';
import { Reader } from './reader.ts';
import { blocks, commandsOf, fateOf, names, printedPages, shownPages } from './shown.ts';
import { runs, typed } from './snippets.ts';

const built = process.env['DOCS'] === 'built';
const all = shownPages.flatMap(blocks);
const place = ({ page, line }: Block) => `${page}:${line}`;

describe('a quotation', () => {
  test.each([
    ['a\nb', 'a\nb\n', true],
    ['a', 'a\nb', false],
    ['a\nb', 'a', false],
    ['a\n...', 'a\nb\nc', true],
    ['...\nc', 'a\nb\nc', true],
    ['...\nb', 'a\nb\nc', false],
    ['a\n...\nc\nd', 'a\nc\nx\nc\nd', true],
    ['took … s', 'took 1.3 s', true],
    ['took … s', 'took 1.3 m', false],
    ['', 'a', false],
  ])('%j of %j: %j', (quoted, printed, right) => {
    expect(misquoted(quoted, printed) === undefined).toBe(right);
  });
});

describe('what nobody runs', () => {
  test('says why', () => {
    expect(all.filter((block) => fateOf(block) === 'nobody').map((block) => `${place(block)}: a block of «${block.language}» needs a mark, see test/docs/markdown.ts`)).toEqual([]);
  });

  test('is not hidden by an indent', () => {
    expect(shownPages.flatMap((page) => indented(textOf(page)).map((line) => `${page}:${line}: fence it`))).toEqual([]);
  });

  test('is run by a test that knows the page, where it says so', () => {
    const others = [...all.flatMap(({ page, marks }) => (marks['run by'] === undefined ? [] : [[page, marks['run by']] as const])), ...printedPages];
    expect(others.filter(([page, file]) => !existsSync(join(root, file)) || !names(file, page))).toEqual([]);
  });

  test('is counted', () => {
    const left = all.filter((block) => fateOf(block) === 'left');
    const fates = all.map(fateOf).filter((fate) => fate !== 'nobody').reduce<Record<string, number>>((sum, fate) => ({ ...sum, [fate]: (sum[fate] ?? 0) + 1 }), {});
    process.stdout.write(`blocks of the documents: ${Object.entries(fates).map(([fate, number]) => `${fate} ${number}`).join(', ')}\n`);
    if (built) process.stdout.write(['not run:', ...left.map((block) => `  ${place(block)}: ${block.marks['not run'] ?? ''}`), ''].join('\n'));
    expect(left.filter(({ marks }) => !/\w+ \w+/.test(marks['not run'] ?? ''))).toEqual([]); // a reason is more than a word
  });
});

/** Does one block; gives what is not as the page says. */
async function done(reader: Reader, block: Block): Promise<string | undefined> {
  for (const line of block.marks.first?.split('\n') ?? []) {
    const { code, out } = await reader.does(line.trim());
    if (code !== 0) return `first: ${line} exits ${code}: ${out}`;
  }
  if (block.marks.file !== undefined) {
    reader.write(block.marks.file, block.text);
    return undefined;
  }
  if (['ts', 'js', 'tsx'].includes(block.language)) return runs(block, { folder: reader.folder, built });
  for (const { line, printed } of commandsOf(block)) {
    const { code, out } = await reader.does(line);
    if ([70, 127].includes(code)) return `$ ${line}\nexits ${code}: ${out}`;
    if (printed === undefined) {
      if (code !== Number(block.marks.exits ?? 0)) return `$ ${line}\nexits ${code}: ${out}`;
      continue;
    }
    const wrong = misquoted(printed, out);
    if (wrong !== undefined) return `$ ${line}\nthe page: ${wrong.quoted}\nprinted:  ${wrong.printed}`;
  }
  return undefined;
}

const fates = built ? ['run', 'dear', 'file'] : ['run', 'file'];

test.each(shownPages.filter((page) => blocks(page).some((block) => fates.includes(fateOf(block)))))('%s', async (page) => {
  const reader = new Reader({ built });
  try {
    for (const block of blocks(page).filter((one) => fates.includes(fateOf(one)))) {
      const wrong = await done(reader, block);
      if (wrong !== undefined) expect.soft(`${place(block)}\n${wrong}`).toBe('');
    }
  } finally {
    reader.close();
  }
}, built ? 1_200_000 : 60_000);

test.runIf(built)('snippets have the types that users get', () => {
  expect(typed(all.filter((block) => ['ts', 'tsx'].includes(block.language) && fateOf(block) !== 'left'))).toEqual([]);
});
