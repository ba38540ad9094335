/** docs/explanation/count-or-walk.md, all that is printed in it: `npm run pages` only. */
import { expect, test } from 'vitest';
import { hold } from './page.ts';
import { broken, printedCosts, printedVerdicts, printedWay, settings, ways } from './walk.ts';

const page = 'explanation/count-or-walk.md';

test('verdicts', async () => {
  hold(page, 'verdicts', await printedVerdicts());
});

test('what the walk breaks is a leak, and nothing else', async () => {
  const found: string[] = [];
  for (const setting of Object.keys(settings)) for (const { sentence } of await broken('notifier-walk', setting)) found.push(sentence);
  expect([...new Set(found)]).toEqual(['at rest a group is held for drivers only while a driver uses the DMA API']);
});

test.each(Object.keys(ways) as (keyof typeof ways)[])('%s', async (name) => {
  hold(page, name, await printedWay(name));
});

test('costs', () => {
  hold(page, 'unbind, idle', printedCosts('unbind', 'idle'));
  hold(page, 'unbind, bound', printedCosts('unbind', 'bound'));
  hold(page, 'failed probe, idle', printedCosts('failed probe', 'idle'));
  hold(page, 'bind', printedCosts('bind', 'idle'));
});
