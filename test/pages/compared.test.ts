/** docs/reference/models-compared.md as far as it is cheap; `npm run pages:held` compares all of it. */
import { expect, test } from 'vitest';
import { printedNotices, printedRow } from './compared.ts';
import { hold, printed } from './page.ts';

const page = 'reference/models-compared.md';

test.each([
  'the same, without drivers_autoprobe', 'suppliers that may do without', 'matches that defer or fail', 'the type of a group, and a driver', 'a NULL owner',
])('%s', async (name) => {
  const { row, runs } = await printedRow('kernels', name);
  expect(printed(page, 'kernels')).toContain(`${row}\n`);
  expect(printed(page, 'kernels: runs')).toContain(runs);
});

test('notices', async () => {
  hold(page, 'notices', await printedNotices());
});
