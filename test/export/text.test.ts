/** What can be said of exported texts without running another checker. */
import { expect, test } from 'vitest';
import type { Property } from '../../src/check/property.ts';
import { subjectOf } from '../../src/check/subject.ts';
import { aut } from '../../src/export/aut.ts';
import { close } from '../../src/export/close.ts';
import { promela } from '../../src/export/promela.ts';
import { follow, madeOf, modelOf, optionsTaken } from '../../src/export/trail.ts';
import { small, smallTopology } from '../check/subjects.ts';

const given = { sysfs: true, times: 1 } as const;
const closed = (properties: readonly Property[] = [], limit?: number) => close(small(given).subject, properties, { limit, walks: 0 });

test('aut has each world and step once', async () => {
  const all = await closed();
  const [head, ...lines] = aut(all).trimEnd().split('\n');
  expect(head).toBe(`des (0, ${all.transitions}, ${all.states})`);
  expect(lines.length).toBe(all.transitions);
  expect(lines[0]).toBe('(0, "thread:bind_store begins bind_store", 1)');
  const steps = lines.map((line) => /^\((\d+), "[^"]+", (\d+)\)$/.exec(line)?.slice(1).map(Number) ?? []);
  expect(new Set([0, ...steps.map(([, to]) => to)]).size).toBe(all.states);
});

test('aut is all or nothing', async () => {
  expect((await closed([], 10)).complete).toBe(false);
  const few = await closed([], 10);
  expect(() => aut(few)).toThrow(expect.objectContaining({ code: 'too-large-to-export', at: '--to aut' }));
});

test('the text says what it was made of, with its bounds', async () => {
  const { system } = small(given);
  const { text } = promela(await close(subjectOf(system, { together: 1 }), []), []);
  expect(madeOf(text, 'm.pml')).toEqual({ model: 'v6.12.y', together: 1, topology: smallTopology(given) });
  expect(() => madeOf('byte x;', 'm.pml')).toThrow(expect.objectContaining({ code: 'not-a-trail', at: 'm.pml' }));
});

test('the same subject gives the same text', async () => {
  expect(promela(await closed(), []).text).toBe(promela(await closed(), []).text);
});

test('what a property sees of many actors at once is told to be too much', async () => {
  const property: Property = { kind: 'always', name: 'everything', why: '', sees: { thread: ({ value }) => value, device: ({ context }) => context, binding: ({ value, context }) => [value, context], bus_dma: ({ value }) => value }, holds: () => true };
  const all = await close(small({ devices: 2, sysfs: true, times: 1 }).subject, [property]);
  expect(() => promela(all, [property])).toThrow(expect.objectContaining({ code: 'too-large-to-export', at: 'everything' }));
});

test('kinds that speak of all futures are named as left out', async () => {
  const property: Property = { kind: 'canAlways', name: 'it can end', why: '', sees: {}, holds: () => true };
  const { text, left } = promela(await closed([property]), [property]);
  expect(left).toEqual([property]);
  expect(text).toContain('not here: canAlways it can end');
});

const line = (step: number, number: number) => `  ${step}:\tproc  0 (worlds:1) m.pml:${number} (state 1)\t[((x>=1))]`;
const options = '  :: d_step { x >= 1 -> /* option 0 of thread:bind_store */\n  assert(!p1); /* in the initial world */\n  x = 1;';

test.each([
  ['nothing', () => modelOf('spin: trail ends after 3 steps', 'f'), 'f'],
  ['a .trail file', () => modelOf('1:0:12\n2:0:12\n', 'f'), 'f'],
  ['a step at another line', () => optionsTaken(line(1, 3), options, 'f'), 'line 1 of f'],
  ['a step left out', () => optionsTaken(`${line(1, 1)}\n${line(3, 1)}`, options, 'f'), 'line 2 of f'],
  ['a step that is not possible', () => follow(small(given).subject, [], [{ address: 'thread:bind_store', place: 1 }]), 'step 1'],
])('%s is no trail', (_name, ask, at) => {
  expect(ask).toThrow(expect.objectContaining({ code: 'not-a-trail', at }));
});

test('a trail is read by the first line of each step, and assertions about the initial world are no steps', () => {
  expect(modelOf(line(1, 1), 'f')).toBe('m.pml');
  expect(optionsTaken([line(1, 2), line(2, 1), line(2, 3), line(3, 1)].join('\n'), options, 'f')).toEqual([1, 2].map(() => ({ address: 'thread:bind_store', place: 0 })));
});
