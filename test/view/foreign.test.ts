/** Charts of other people, as inspectors send them: read, drawn, and found again in what they did. */
import { readFileSync } from 'node:fs';
import { createActor, createMachine, type AnyStateMachine } from 'xstate';
import { describe, expect, test } from 'vitest';
import { activeIn, eventName, foreignChart, takenBetween, type ForeignChart } from '../../src/view/chart/foreign.ts';
import { fromElk, toElk } from '../../src/view/chart/layout.ts';
import { chartSvg } from '../../src/view/chart/svg.ts';
import { layout } from '../../src/cli/elk.ts';

/** As @statelyai/inspect and XState 4 send it: functions by their names. */
const wire = (config: unknown): unknown => JSON.parse(JSON.stringify(config, (_key, value: unknown) => (typeof value === 'function' ? { type: value.name } : value)));
const chart = (config: unknown): ForeignChart => foreignChart(wire(config)) as ForeignChart;
const edges = ({ graph }: ForeignChart): string[] => graph.edges.flatMap(({ from, to, reactions }) => reactions.map(({ event, guard }) => `${from} ${event}${guard === '' ? '' : ` [${guard}]`} ${to}`));

const order = {
  id: 'order', initial: 'open', context: { n: 0 }, entry: 'greet',
  states: {
    cancelled: { type: 'final' },
    checking: { always: [{ guard: 'big', target: 'review' }, { target: 'paid' }] },
    open: { on: { PAY: { target: 'checking', guard: () => true }, '*': { actions: 'note' }, 'order.*': 'cancelled' }, after: { 1000: 'cancelled' } },
    paid: { type: 'parallel', onDone: 'shut', states: { a: { initial: 'x', states: { x: { on: { NEXT: 'y' } }, y: { type: 'final' } } }, b: { initial: 'x', states: { x: { on: { NEXT: 'y' } }, y: { type: 'final' } } } } },
    review: { invoke: { src: 'ask', id: 'ask', onDone: 'paid', onError: { target: '#order.cancelled' } }, on: { BACK: 'open.hist' }, exit: ['tidy', () => undefined] },
    shut: {},
  },
} as const;
const withHistory = { ...order, states: { ...order.states, open: { ...order.states.open, initial: 'calm', states: { calm: { on: { HURRY: 'busy' } }, busy: {}, hist: { type: 'history' } } } } } as const;

describe('a definition of XState 5', () => {
  const read = chart(withHistory);
  test('has its states as one comes to them, and all its transitions', () => {
    expect(read.graph.states.filter(({ parent }) => parent === 'order').map(({ title }) => title)).toEqual(['open', 'checking', 'cancelled', 'review', 'paid', 'shut']);
    expect(edges(read).sort()).toEqual([
      'order.checking  [big] order.review', 'order.checking  [else] order.paid', 'order.open PAY [inline] order.checking', 'order.open after 1000 order.cancelled', 'order.open order.* order.cancelled', 'order.open.calm HURRY order.open.busy',
      'order.paid done order.shut', 'order.paid.a.x NEXT order.paid.a.y', 'order.paid.b.x NEXT order.paid.b.y', 'order.review BACK order.open.hist', 'order.review done of ask order.paid', 'order.review error of ask order.cancelled',
    ]);
    const state = (id: string) => read.graph.states.find((one) => one.id === id);
    expect(state('order.review')?.entry.map(({ text }) => text)).toEqual(['invoke ask']);
    expect(state('order.review')?.exit.map(({ text }) => text)).toEqual(['tidy', 'inline']);
    expect(state('order.open')?.entry).toEqual([]); // its timer is XState's
    expect(read.cut).toBe(false);
  });
  test('is laid out and drawn', async () => {
    const drawing = fromElk(read.graph, await layout(toElk(read.graph)));
    expect(drawing.states.every(({ rect: { width } }) => width > 0)).toBe(true);
    expect(chartSvg(drawing, { active: activeIn(read.machine, { open: 'busy' }) })).toContain('after 1000');
  });
});

test('a definition of XState 4 is read: targets, guards, events of its own', () => {
  const definition = JSON.parse(readFileSync(new URL('light-v4.json', import.meta.url), 'utf8')) as object;
  const read = foreignChart(definition) as ForeignChart;
  expect(edges(read).sort()).toEqual(['light.green NEXT [dark] light.red', 'light.green after 1000 light.red', 'light.red done of wait light.green', 'light.red.off  [inline] light.red.on']);
  expect(takenBetween(read.machine, 'green', 'xstate.after(1000)#light.green', { red: 'on' })).toContain('light.green|xstate.after(1000)#light.green|0');
});

test.each([null, 'x', {}, { id: 'x' }, { states: 3 }, { states: { a: { on: { GO: 'nowhere' } } } }])('%j is no chart', (given) => {
  expect(foreignChart(given)).toBeUndefined();
});

test('what an inspector cut off is left out, and said', () => {
  const cut = foreignChart({ id: 'deep', initial: 'a', states: { a: { on: { GO: '[Object]', ON: 'b' }, entry: '[Array]' }, b: '[Object]' } }) as ForeignChart;
  expect([cut.cut, edges(cut)]).toEqual([true, ['deep.a ON deep.b']]);
});

test.each([
  ['xstate.after.500.light.green', 'after 500'], ['xstate.after(500)#light.green', 'after 500'], ['xstate.done.actor.0.light.red', 'done of light.red'], ['xstate.done.actor.pay', 'done of pay'], ['xstate.error.actor.pay', 'error of pay'],
  ['done.invoke.pay', 'done of pay'], ['error.platform.pay', 'error of pay'], ['xstate.done.state.a.b', 'done'], ['done.state.a.b', 'done'], ['user.clicked', 'user.clicked'],
])('%s is called %s', (type, name) => {
  expect(eventName(type)).toBe(name);
});

describe('what a step took is found by where it led', () => {
  const machine = createMachine(withHistory as never) as AnyStateMachine;
  const { machine: foreign } = chart(withHistory);
  test.each([
    // before                     event            after                            taken
    [{ open: 'calm' }, 'HURRY', { open: 'busy' }, ['order.open.calm|HURRY|0']],
    [{ open: 'calm' }, 'PAY', { paid: { a: 'x', b: 'x' } }, ['order.open|PAY|0', 'order.checking||1']],
    [{ open: 'calm' }, 'PAY', 'review', ['order.open|PAY|0', 'order.checking||0']],
    [{ open: 'calm' }, 'order.lost', 'cancelled', ['order.open|order.*|0']],
    [{ open: 'calm' }, 'odd', { open: 'calm' }, ['order.open|*|0']],
    [{ paid: { a: 'x', b: 'x' } }, 'NEXT', { paid: { a: 'y', b: 'y' } }, ['order.paid.a.x|NEXT|0', 'order.paid.b.x|NEXT|0']],
    ['review', 'BACK', { open: 'busy' }, ['order.review|BACK|0']],
    ['shut', 'PAY', 'shut', []],
  ] as const)('%j %s %j', (before, event, after, taken) => {
    expect([...takenBetween(foreign, before, event, after)].sort()).toEqual([...taken].sort());
    expect(activeIn(foreign, after)).toEqual(activeIn(machine, after));
  });
  test('where nothing tells them apart, each may have been it', () => {
    const { machine: twice } = chart({ id: 't', initial: 'a', states: { a: { on: { GO: [{ guard: 'x', target: 'b' }, { guard: 'y', target: 'b', actions: 'z' }, { target: 'c' }] } }, b: {}, c: {} } });
    expect([...takenBetween(twice, 'a', 'GO', 'b')]).toEqual(['t.a|GO|0', 't.a|GO|1']);
  });
  test('the same transitions as XState takes, wherever one goes', () => {
    const actor = createActor(createMachine({ ...withHistory, states: { ...withHistory.states, review: { ...withHistory.states.review, invoke: [] } } } as never).provide({ guards: { big: () => true } as never })).start();
    for (const type of ['HURRY', 'PAY', 'BACK', 'odd']) {
      const before = actor.getSnapshot().value;
      actor.send({ type });
      const after = actor.getSnapshot().value;
      expect([type, takenBetween(foreign, before, type, after).size > 0]).toEqual([type, true]);
    }
  });
});
