/** Models held against each other: what an observer can tell apart, by a shortest run, and that a system really makes that run. */
import { expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { observers, type Happening, type Observer } from '../../machines/observable.ts';
import type { WayStep } from '../../src/check/path.ts';
import { subjectOf } from '../../src/check/subject.ts';
import { compare, type CompareOptions } from '../../src/compare/compare.ts';
import type { Choice, World } from '../../src/world/world.ts';
import { System } from '../../src/world/world.ts';
import { smallTopology, type Small } from '../check/subjects.ts';

const eye = (name: string) => observers[name] as Observer;

async function held(one: string, other: string, given: Small, observer: Parameters<typeof compare>[2] = eye('kernel'), options: CompareOptions = {}) {
  const topology = smallTopology(given);
  const systems = [one, other].map((name) => new System(models[name] as Model, topology)) as [System, System];
  return { systems, comparison: await compare(subjectOf(systems[0]), subjectOf(systems[1]), observer, options) };
}

/** What an observer sees along a way that the step itself takes. */
function seen(system: System, way: readonly WayStep[], observer: Observer): string[] {
  const labels: string[] = [];
  let world: World = system.initial();
  const look = (happening: Happening) => {
    const label = observer(happening);
    if (label !== null) labels.push(label);
  };
  const take = (choice: Choice) => {
    if (choice.event.from === 'environment') look({ kind: choice.kind === 'start' ? 'begin' : 'answer', at: choice.to, event: choice.event });
    const { world: next, out } = system.step(world, choice);
    for (const output of out) {
      if (output.kind === 'said') look({ kind: 'said', at: choice.to, event: output.said });
      else if (output.sent.to === 'environment') look({ kind: output.sent.event.type.endsWith('.ret') ? 'result' : 'call', at: output.sent.event.from, event: output.sent.event });
    }
    world = next;
  };
  for (const { to, event, start } of way) {
    take(system.choices(world).find((choice) => choice.to === to && JSON.stringify(choice.event) === JSON.stringify(event) && (choice.kind === 'start') === start) as Choice);
    while (world.flight.some(({ event: { type } }) => type.endsWith('.ret'))) take(system.choices(world)[0] as Choice);
  }
  return labels;
}

const claimed: Small = { sysfs: true, users: 1, times: 1 };

test('test_remove tells v6.5 from v6.6, and nothing does without it', async () => {
  const { comparison: without } = await held('v6.5', 'v6.6', claimed);
  expect([without.answer, without.sides.map(({ worlds, classes }) => [worlds, classes])]).toEqual(['same', [[3681, 516], [3681, 516]]]);
  const { comparison } = await held('v6.5', 'v6.6', { ...claimed, test_remove: true }, eye('user'));
  if (comparison.answer !== 'differ') expect.unreachable(comparison.answer);
  expect(comparison.parting).toMatchObject({
    run: ['bind_store: bind_store device=0000:02:00.0 driver=e1000e', 'vm1: attach group=group:8', 'vm1: attach = 0'],
    side: 'left', then: 'bind_store: bind_store = -EBUSY', // counted before the second use, which then asks for the default domain
  });
});

test.each([
  ['v6.1.y', 'notifier-walk', 'kernel'], ['v6.1.y', 'v6-posting', 'user'], ['v6.1.y', 'v4-posting', 'kernel-any-errno'],
])('%s and %s differ to %s by a run that the step makes', async (one, other, name) => {
  const { systems, comparison } = await held(one, other, { ...claimed, answers: { firmware_dma_configure: [0, -517] } }, eye(name));
  if (comparison.answer !== 'differ') expect.unreachable(comparison.answer);
  const { run, then, side, way, left, right } = comparison.parting;
  // What one step shows may be noticed one by one, and what other threads do in between.
  const met = seen(systems[side === 'left' ? 0 : 1], way, eye(name));
  for (const label of [...run, then]) expect(met.splice(met.indexOf(label), 1)).toEqual([label]);
  expect(met.length).toBeLessThan(3);
  expect([left.includes(then), right.includes(then)]).toEqual([side === 'left', side === 'right']);
});

test('a model is the same as itself, to whoever looks', async () => {
  for (const name of Object.keys(observers)) {
    const { comparison } = await held('v6.12.y', 'v6.12.y', { sysfs: true, times: 1, answers: { probe: [0, -12] } }, eye(name));
    expect([name, comparison.answer]).toEqual([name, 'same']);
  }
});

test('two observers: notices come where the bus cleans up, but after device_bind_driver() failed', async () => {
  const eyes = [eye('cleanups'), eye('notices')] as const;
  const failing: Small = { sysfs: true, times: 1, answers: { probe: [0, -12], pinctrl_bind_pins: [0, -22], firmware_dma_configure: [0, -517], sysfs_create_link: [0, -12] } };
  expect((await held('v6-posting', 'v6-posting', failing, eyes)).comparison.answer).toBe('same');
  const { comparison } = await held('v6-posting', 'v6-posting', { manual: true, times: 1, answers: { sysfs_create_link: [0, -12] } }, eyes);
  if (comparison.answer !== 'differ') expect.unreachable(comparison.answer);
  expect(comparison.parting).toMatchObject({
    run: ['manual: device_bind_driver device=0000:02:00.0 driver=e1000e'],
    left: ['manual: device_bind_driver = -ENOMEM', 'manual: device_bind_driver = 0'], right: ['0000:02:00.0: its group may be given up', 'manual: device_bind_driver = 0'],
  });
});

test('who stops at a limit says so, and decides nothing', async () => {
  const { comparison } = await held('v6.5', 'v6.6', { ...claimed, test_remove: true }, eye('kernel'), { limit: 100 });
  expect(comparison).toMatchObject({ answer: 'unknown', why: 'limit' });
  const { comparison: small } = await held('v6.5', 'v6.6', { ...claimed, test_remove: true }, eye('kernel'), { memory: 100_000 });
  expect(small).toMatchObject({ answer: 'unknown', why: 'memory' });
});
