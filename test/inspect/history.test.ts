/** What a viewer makes of what it is told: every message with what it led to, every actor at any point, and no more than it keeps. */
import { describe, expect, test } from 'vitest';
import { History } from '../../src/inspect/history.ts';
import type { Seen } from '../../src/inspect/seen.ts';

const actor = (id: string, parent: string | null, value: string): Seen => ({ kind: 'actor', id, name: id.toUpperCase(), parent, root: null, definition: null, snapshot: { status: 'active', value } });
const event = (from: string | null, to: string, type: string): Seen => ({ kind: 'event', from, to, event: { type } });
const snapshot = (of: string, type: string, value: string, status = 'active'): Seen => ({ kind: 'snapshot', of, event: { type }, snapshot: { status, value } });
const told = (...seen: readonly Seen[]): History => {
  const history = new History();
  for (const one of seen) history.take(one);
  return history;
};
/** Names and states at a point. */
const at = (history: History, point: number): string => history.at(point).filter(({ life }) => life !== 'unborn').map(({ id, snapshot: { value }, life }) => `${id} ${String(value)}${life === 'stopped' ? ' over' : ''}`).join(', ');

/** `a` is sent GO and sends HI to the child it makes before its own state is told; then a timer of the child ends it. */
const conversation: readonly Seen[] = [
  actor('a', null, 'late'), event(null, 'a', 'xstate.init'), snapshot('a', 'xstate.init', 'idle'),
  event(null, 'a', 'GO'), actor('b', 'a', 'asleep'), event('a', 'b', 'HI'), snapshot('b', 'HI', 'awake'), snapshot('a', 'GO', 'going'),
  event('b', 'b', 'xstate.after.5.b.awake'), event('b', 'a', 'BYE'), snapshot('b', 'xstate.after.5.b.awake', 'gone', 'done'), snapshot('a', 'BYE', 'alone'),
];

test('a state stands behind the message that led to it, whatever was told between', () => {
  const history = told(...conversation);
  expect([0, 1, 2, 3, 4, 5].map((point) => at(history, point))).toEqual(['a idle', 'a idle', 'a going, b asleep', 'a going, b awake', 'a going, b gone over', 'a alone, b gone over']);
  expect(history.facts.map(({ seq, from, to, event: { type }, cause }) => [seq, from, to, type, cause])).toEqual([
    [0, 'environment', 'a', 'xstate.init', null], [1, 'environment', 'a', 'GO', null], [2, 'a', 'b', 'HI', 1], [3, 'b', 'b', 'xstate.after.5.b.awake', null], [4, 'b', 'a', 'BYE', 3],
  ]);
  expect([history.root, history.name('b'), history.name('nobody'), history.actor('nobody', 0)]).toEqual(['a', 'B', 'nobody', undefined]);
});

test('what was told can be told again', () => {
  const history = told(...conversation);
  const again = told(...JSON.parse(JSON.stringify([...history.told()])) as Seen[]);
  for (let point = 0; point <= history.end; point++) expect(again.at(point)).toEqual(history.at(point));
  expect(again.facts).toEqual(history.facts);
});

describe('what protocols leave out', () => {
  test('a state without a message is one of its own', () => {
    const history = told(actor('a', null, 'idle'), snapshot('a', 'xstate.stop', 'idle', 'stopped'));
    expect(history.facts).toMatchObject([{ from: 'environment', to: 'a', told: false, event: { type: 'xstate.stop' } }]);
    expect(at(history, 1)).toBe('a idle over');
  });
  test('an actor that was never introduced is known by its id, until it is', () => {
    const history = told(event(null, 'x:4', 'GO'), snapshot('x:4', 'GO', 'on'));
    expect(history.at(1)).toMatchObject([{ id: 'x:4', name: 'x:4', definition: null }]);
    history.take(actor('x:4', null, 'on'));
    expect(history.actor('x:4', 1)).toMatchObject({ name: 'X:4', snapshot: { value: 'on' } });
  });
  test('an actor may say that it stopped', () => {
    expect(at(told(actor('a', null, 'idle'), event(null, 'a', 'GO'), snapshot('a', 'GO', 'on'), { kind: 'stopped', of: 'a' }), 1)).toBe('a on over');
  });
  test('messages that nobody answers do not pile up, and do not hide their successors', () => {
    const history = told(actor('a', null, '0'), ...Array.from({ length: 3000 }, (): Seen => event(null, 'a', 'LOST')), event(null, 'a', 'GO'), snapshot('a', 'GO', 'on'), event('a', 'b', 'HI'));
    expect(history.actor('a', 3001)?.snapshot.value).toBe('on');
    expect(history.facts.at(-1)?.cause).toBeNull();
  });
});

test('only the last messages are kept; those before are what everybody begins with', () => {
  const history = new History({ keep: 100 });
  history.take(actor('a', null, '0'));
  history.take(actor('short', 'a', 'new'));
  for (const one of [event('a', 'short', 'END'), snapshot('short', 'END', 'over', 'done')]) history.take(one);
  for (let count = 1; count <= 1000; count++) for (const one of [event(null, 'a', 'ADD'), snapshot('a', 'ADD', String(count))]) history.take(one);
  expect(history.facts.length).toBeGreaterThanOrEqual(100);
  expect(history.facts.length).toBeLessThanOrEqual(110);
  expect([history.first + history.facts.length, history.facts[0]?.seq]).toEqual([1001, history.first]);
  // Fact n adds for the nth time, so the point behind it has that many.
  for (const point of [history.first, history.first + 1, history.first + 50, history.end]) expect(at(history, point)).toBe(`a ${point - 1}`);
  const again = told(...history.told());
  expect(at(again, again.end)).toBe('a 1000');
  expect(at(again, 0)).toBe(`a ${history.first - 1}`);
});
