/** docs/explanation/fidelity.md and docs/reference/confirmed.md: `npm run pages` only, for it judges every recording. */
import { expect, test } from 'vitest';
import { listOf, missingOf, recorded, rowsOf, summaryOf, type Row } from './confirmed.ts';
import { hold } from './page.ts';

test('what recordings confirm', async () => {
  const rows = new Map<string, readonly Row[]>();
  for (const model of Object.keys(recorded)) rows.set(model, await rowsOf(model));
  for (const own of rows.values()) expect(own.filter(({ how }) => how !== undefined).length).toBeGreaterThanOrEqual(0.7 * own.filter(({ reached }) => reached).length);
  hold('explanation/fidelity.md', 'summary', summaryOf(rows));
  hold('explanation/fidelity.md', 'missing', missingOf(rows));
  hold('reference/confirmed.md', 'transitions', listOf(rows));
});
