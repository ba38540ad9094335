/** docs/reference/models-compared.md, all of it: minutes, so `npm run pages` only. */
import { test } from 'vitest';
import { printedNotices, printedPart } from './compared.ts';
import { hold } from './page.ts';

const page = 'reference/models-compared.md';

test.each(['kernels', 'designs'] as const)('%s', async (part) => {
  const { table, runs } = await printedPart(part);
  hold(page, part, table);
  hold(page, `${part}: runs`, runs);
});

test('notices', async () => {
  hold(page, 'notices', await printedNotices());
});
