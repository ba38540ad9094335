/** The one state of the page, without a page: runs, branches, links, forecasts, filters. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { sceneOf } from '../../src/view/topology/scene.ts';
import { forecast } from '../../src/web/page/drive/forecast.ts';
import { matches, question } from '../../src/web/page/facts/filter.ts';
import { difference } from '../../src/web/page/inspector/difference.ts';
import { createSession, type Session } from '../../src/web/page/session.ts';
import { fragment, fragmentOf, originOf, originText, type Origin } from '../../src/web/page/state.ts';
import { kindOfText } from '../../src/web/texts.ts';
import { defaultTopology } from '../../src/world/topology.ts';
import type { Choice, World } from '../../src/world/world.ts';
import { root } from './bed.ts';

const model = models['v6.12.y'] as Model;
const origin = (bound: boolean): Origin => ({
  title: 'a run', model: model.name, topology: defaultTopology({ devices: 2, users: 1, bound, module: false, hotplug: false, models: [model] }), answersFirst: true, source: { kind: 'path', steps: [] },
});
const called = (session: Session, type: string): Choice => session.choices.value.find((choice) => choice.kind === 'start' && choice.event.type === type) as Choice;
function foretold(session: Session, choice: Choice) {
  const going = forecast(session.system.value, session.world.value, session.recorded.value, choice);
  for (let next = going.next(); ; next = going.next()) if (next.done === true) return next.value;
}

const states = (world: World | undefined) => world?.locals.map(({ value, context }) => [value, context]);

test('what is foretold of a call is what it comes to', () => {
  const session = createSession(origin(true));
  for (const choice of session.choices.value) {
    const said = foretold(session, choice);
    session.actions.goTo(0);
    session.actions.runOn(choice);
    const answer = session.facts.value.findLast(({ from, to, event }) => to === 'environment' && from === choice.to && event.type === `${choice.event.type}.ret`);
    const ret = Number(answer?.event['ret']);
    expect([choice.event.type, said.kind === 'refused']).toEqual([choice.event.type, ret < 0]);
    session.actions.switchTo(session.runs.value[0] as (typeof session.runs.value)[number]);
    session.actions.goTo(0);
  }
});

test('a refusal is foretold with who stands in the way, a wait with who is inside, an ignored call as such', () => {
  const session = createSession(origin(true));
  expect(foretold(session, called(session, 'claim'))).toMatchObject({ kind: 'refused', text: '-EPERM', reason: expect.stringContaining('used by 0000:02:00.0') as string });
  expect(foretold(session, called(session, 'release'))).toMatchObject({ kind: 'same' });
  // A writer that has device_lock: whoever wants it too would wait.
  session.actions.deliver(called(session, 'unbind_store'));
  const held = () => session.system.value.local(session.world.value, 'device:0000:02:00.0').context['holder'];
  for (let next = session.choices.value[0]; next !== undefined && (held() !== 'thread:unbind_store' || called(session, 'bind_store') === undefined); next = session.choices.value[0]) session.actions.deliver(next);
  const bind = session.choices.value.find(({ kind, event }) => kind === 'start' && event.type === 'bind_store' && event['device'] === '0000:02:00.0');
  expect(foretold(session, bind as Choice)).toMatchObject({ kind: 'waits', text: expect.stringContaining('0000:02:00.0') as string, reason: expect.stringContaining('unbind_store') as string });
});

test('a choice at an earlier point begins a branch, and both runs stay', () => {
  const session = createSession(origin(false));
  session.actions.runOn(called(session, 'bind_store'));
  const [first] = session.runs.value;
  const length = session.facts.value.length;
  session.actions.goTo(0);
  session.actions.deliver(called(session, 'claim'));
  expect(session.runs.value.map((run) => [run.length, run.parent])).toEqual([[length, null], [1, { run: first?.id, seq: 0 }]]);
  session.actions.switchTo(first as NonNullable<typeof first>);
  session.actions.goTo(20);
  session.actions.branchAt(20);
  expect(session.facts.value).toEqual(first?.facts.value.slice(0, 20));
  expect(states(session.run.value.world)).toEqual(states(session.runs.value[0]?.worldAt(20)));
});

test('every world of a run is the one that its steps gave, whichever way one comes to it', () => {
  const session = createSession(origin(false));
  const worlds = [session.world.value];
  for (const type of ['bind_store', 'unbind_store', 'claim', 'bind_store', 'release', 'bind_store']) {
    session.actions.deliver(called(session, type));
    worlds.push(session.world.value);
    for (let next = session.choices.value.find(({ kind }) => kind !== 'start'); next !== undefined; next = session.choices.value.find(({ kind }) => kind !== 'start')) {
      session.actions.deliver(next);
      worlds.push(session.world.value);
    }
  }
  expect(worlds.length).toBeGreaterThan(150);
  for (const at of [150, 3, 64, 63, 65, 128, 127, 149, 0, 70, 71]) expect(session.worldAt(at)).toEqual(worlds[at]);
  const [before, after] = [session.worldAt(0), session.worldAt(60)];
  expect(difference(session.system.value, before, before)).toEqual([]);
  expect(difference(session.system.value, before, after).map(({ address }) => address)).toContain('binding:0000:02:00.0');
  expect(sceneOf(session.system.value, after).groups[0]).toMatchObject({ ownership: 'kernel_dma', owner_cnt: 1, devices: [{ driver: 'e1000e', state: 'bound' }, { state: 'unbound' }] });
});

test('a link has the whole run: model, topology, every choice, and calls that no topology lists', async () => {
  const session = createSession(origin(false));
  session.actions.runOn(called(session, 'bind_store'));
  const call = session.system.value.start('thread:vm1', { type: 'claim', group: 'group:8', owner: 'owner:X' });
  session.actions.runOn(call);
  const steps = [...session.run.value.path()];
  expect(steps.filter((step) => typeof step !== 'number')).toHaveLength(1);
  const word = await originText({ ...session.run.value.origin, source: { kind: 'path', steps } });
  expect(word).toMatch(/^r1\.[\w-]+$/);
  expect(word.length).toBeLessThan(1500);
  const there = createSession(origin(true));
  there.actions.openOrigin(await originOf(word));
  expect(there.facts.value).toEqual(session.facts.value);
  await expect(originOf('r9.abc')).rejects.toMatchObject({ code: 'wrong-use' });
  await expect(originOf(`${word.slice(0, 60)}`)).rejects.toMatchObject({ code: 'wrong-use', at: 'the link' });
  const point = { at: 7, compared: 3, selected: 'device:0000:02:00.0', view: 'chart' };
  expect(fragmentOf(`#${fragment(word, point)}`)).toEqual({ ...point, word });
  expect(fragmentOf('#at=1e9&view=%&actor=%E0%A4%A')).toEqual({ view: '%', actor: undefined, selected: '%E0%A4%A' });
});

test('facts that the charts of this version do not take end a run where they differ, and it is said', async () => {
  const session = createSession(origin(false));
  session.actions.runOn(called(session, 'bind_store'));
  const facts = session.facts.value.map((fact) => (fact.seq === 12 ? { ...fact, said: [{ type: 'invented' }] } : fact));
  const run = await session.actions.openFacts(model.name, origin(false).topology, [facts], facts.length, { title: 'changed' });
  expect(run.refused.value).toMatch(/^fact 12:/);
  expect(run.length).toBeLessThan(14);
  expect(session.notice.value?.kind).toBe('error');
});

test('a filter asks for words, errors and actors', () => {
  const session = createSession(origin(true));
  session.actions.runOn(called(session, 'claim'));
  const found = (text: string) => session.facts.value.filter((fact) => { const asked = question(text); return asked === null || matches(fact, asked, session.words); }).length;
  expect([found(''), found('errors'), found('actor:group:8'), found('CLAIM ret'), found('claim !ret'), found('errors !claim')]).toEqual([4, 2, 2, 2, 2, 0]);
});

test.each([
  ['test/golden/bind.scenario', 'scenario'], ['package.json', 'path'], ['test/traces/README.md', 'trace'],
] as const)('%s is taken for a %s', (path, kind) => {
  expect(kindOfText(readFileSync(join(root, path), 'utf8'))).toBe(kind);
});
