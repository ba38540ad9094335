/** docs/explanation/count-or-walk.md as far as it is cheap; `npm run pages:held` compares all of it. */
import { expect, test } from 'vitest';
import { hold, printed } from './page.ts';
import { broken, cost, designs, printedCosts, printedWay, settings, shown, worst } from './walk.ts';

const page = 'explanation/count-or-walk.md';

/** Which of several shortest ways is told may change with the checker: the whole text is compared by `npm run pages:held`. */
test.each(['two failing probes', 'a prober that never came', 'any owner', 'a bit'] as const)('%s: by a way as short as the page says', async (name) => {
  expect(printed(page, name).split('\n')[0]).toBe((await printedWay(name)).split('\n')[0]);
});

test.each([
  ['walk-only-at-clear', 'two probes that may fail'], ['walk-only-at-clear', 'unbind beside a pinctrl that fails'], ['walk-only-at-clear', 'unbind beside firmware that defers'], ['walk-only-at-clear', 'test_remove, everything may fail'],
  ['bit-only-at-clear', 'unbind beside a pinctrl that fails'], ['bit-only-at-clear', 'test_remove, everything may fail'], ['notify-after-clear', 'unbind beside firmware that defers'],
])('%s: %s', async (model, setting) => {
  const [head = [], , ...rows] = printed(page, 'verdicts').trim().split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const cell = rows.find((row) => row[1] === `\`${model}\``)?.[head.indexOf(setting)];
  expect(cell).toBe(shown(await worst(model, setting)));
});

test.each(['two probes that may fail', 'unbind beside a pinctrl that fails', 'test_remove, everything may fail'])('what the walk breaks is a leak, and nothing else: %s', async (setting) => {
  expect((await broken('notifier-walk', setting)).map(({ sentence }) => sentence)).toEqual(['at rest a group is held for drivers only while a driver uses the DMA API']);
});

test('costs', () => {
  hold(page, 'unbind, idle', printedCosts('unbind', 'idle'));
  expect([cost('notifier-walk', 8, 'unbind', 'bound'), cost('v6.1.y', 8, 'failed probe', 'idle'), cost('walk-at-clear', 2, 'bind', 'idle')])
    .toEqual([{ sections: 1, reads: 2 }, { sections: 2, reads: 0 }, { sections: 1, reads: 0 }]);
});

test('every design of the page is asked in every setting but one', () => {
  const table = printed(page, 'verdicts');
  expect(table.trim().split('\n').length).toBe(designs.length + 2);
  expect(table.match(/\| - /g)?.length).toBe(2);
  expect(table.split('\n')[0]).toBe(`|  | ${Object.keys(settings).join(' | ')} |`);
});
