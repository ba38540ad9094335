/** What inspectors see of live systems and of runs that are taken again: the same, and what happened. */
import { createActor, fromPromise, setup, waitFor } from 'xstate';
import { expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { replayed } from '../../src/inspect/replayed.ts';
import { plainly, type Seen } from '../../src/inspect/seen.ts';
import { Watched } from '../../src/inspect/watched.ts';
import { watching } from '../../src/inspect/live.ts';
import { createSystem, follow, type Delivery } from '../../src/world/live.ts';
import { defaultTopology } from '../../src/world/topology.ts';
import { System, type Step } from '../../src/world/world.ts';

const model = models['v6.12.y'] as Model;
const topology = defaultTopology({ devices: 2, users: 1 });
const device = topology.devices[0]?.name as string;

/** Binds a driver, and lets a user ask for the group; ids of actors are replaced by their names. */
async function run() {
  const [seen, deliveries]: [Seen[], Delivery[]] = [[], []];
  const live = createSystem(topology, model, { inspect: watching((one) => seen.push(one)), delivered: (one) => deliveries.push(one) }).start();
  const driver = topology.drivers.find(({ driver_managed_dma }) => !driver_managed_dma)?.name as string;
  const thread = (entry: string) => topology.threads.find((one) => one.entry === entry) as (typeof topology.threads)[number];
  await live.call(thread('driver_register').name, { type: 'driver_register', driver, bus: 'pci' });
  await live.call(thread('bind_store').name, { type: 'bind_store', device, driver });
  await live.call(thread('unbind_store').name, { type: 'unbind_store', device, driver });
  live.stop();
  const names = new Map(seen.flatMap((one) => (one.kind === 'actor' ? [[one.id, one.name] as const] : [])));
  const named = (id: string | null) => (id === null ? null : names.get(id) as string);
  return { live, seen, deliveries, named };
}

test('every message, between its true sender and its receiver', async () => {
  const { seen, deliveries, named } = await run();
  const messages = seen.flatMap((one) => (one.kind === 'event' && !one.event.type.startsWith('xstate.') && !one.event.type.startsWith('live.') ? [{ from: named(one.from), to: named(one.to), event: one.event }] : []));
  const among = messages.filter(({ to, event }) => to !== 'environment' || event.type.endsWith('.ret'));
  expect(among.length).toBeGreaterThan(90);
  // The world takes up messages where they are delivered, an inspector sees them sent: the same ones.
  const sorted = (all: readonly object[]) => all.map((one) => JSON.stringify(one)).sort();
  expect(sorted(among.map(({ to, event }) => ({ to, event })))).toEqual(sorted(deliveries));
  // A call that is handed on says who asked; the inspector says who sent.
  const handedOn = among.filter(({ from, event }) => from !== event['from']);
  expect(handedOn[0]).toMatchObject({ from: `device:${device}`, to: 'group:8', event: { type: 'iommu_device_use_default_domain', from: `bus_dma:${device}` } });
});

test('actors once, with parent, definition and state; then what becomes of them', async () => {
  const { live, seen, named } = await run();
  const actors = seen.filter((one) => one.kind === 'actor');
  expect(actors.map(({ name }) => name).sort()).toEqual([...live.addresses].sort());
  const group = actors.find(({ name }) => name === 'group:8');
  expect([named(group?.parent ?? null), (group?.definition as { id: string }).id, group?.snapshot.status]).toEqual(['environment', 'iommu_group', 'active']);
  expect(JSON.parse(JSON.stringify(seen))).toEqual(seen);
  const last = seen.filter((one) => one.kind === 'snapshot').filter(({ of }) => named(of) === `binding:${device}`);
  expect(last.map(({ snapshot }) => snapshot.value)).toContain('bound');
});

test('a run taken again is the run that was live, without its clock', async () => {
  const { seen, deliveries, named } = await run();
  const system = new System(model, topology, { answersFirst: false });
  const steps: Step[] = [];
  for (const delivery of deliveries) steps.push(follow(system, steps.at(-1)?.world ?? system.initial(), delivery) as Step);
  const again = [...replayed(system, steps)];
  const live = new Watched();
  const replay = new Watched();
  for (const one of seen) live.take(one);
  for (const one of again) replay.take(one);
  const states = (watched: Watched) => Object.fromEntries(watched.actors.filter(({ name }) => name !== 'environment').map(({ name, definition, snapshot: { value, context } }) => [name, { definition, value, context }]));
  expect(states(replay)).toEqual(states(live));
  const senders = (all: readonly Seen[], name: (id: string | null) => string | null) => all.flatMap((one) => (one.kind === 'event' && !/^(xstate|live)\./.test(one.event.type) && (name(one.to) !== 'environment' || one.event.type.endsWith('.ret')) ? [`${name(one.from)} ${name(one.to)} ${one.event.type}`] : [])).sort();
  expect(senders(again, (id) => id)).toEqual(senders(seen, named));
});

test('any XState application can be watched: children, promises, an end', async () => {
  const machine = setup({ actors: { load: fromPromise(() => Promise.resolve(42)) } }).createMachine({
    id: 'app', initial: 'loading', context: { when: new Map([['a', 1n]]) } as object,
    states: { loading: { invoke: { id: 'load', src: 'load', onDone: 'done' } }, done: { type: 'final' } },
  });
  const watched = new Watched();
  const actor = createActor(machine, { inspect: watching((one) => { watched.take(one); }) }).start();
  await waitFor(actor, (snapshot) => snapshot.status === 'done');
  expect(watched.actors.map(({ name, stopped, snapshot: { status, value } }) => [name, stopped, status, value])).toEqual([[actor.id, true, 'done', 'done'], ['load', true, 'done', undefined]]);
  expect(watched.messages.map(({ event }) => event.type)).toContain('xstate.done.actor.load');
  expect(watched.actors[0]?.snapshot.context).toEqual({ when: { map: [['a', '1']] } });
});

test('what JSON cannot keep', () => {
  const loop: Record<string, unknown> = { name: 'loop' };
  loop['self'] = loop;
  expect(plainly({ loop, f: function named() { /* nothing */ }, at: new Date(0), error: new TypeError('x'), set: new Set([1]), no: undefined })).toEqual(
    { loop: { name: 'loop', self: '[circular]' }, f: { type: 'named' }, at: '1970-01-01T00:00:00.000Z', error: { name: 'TypeError', message: 'x' }, set: [1] });
});

test('a viewer forgets what is too old, and says how much', () => {
  const watched = new Watched({ keep: 2 });
  for (let n = 0; n < 5; n++) watched.take({ kind: 'event', from: null, to: 'a', event: { type: `e${n}` } });
  expect([watched.messages.map(({ seq }) => seq), watched.forgotten, watched.actors[0]?.received]).toEqual([[4, 5], 3, 5]);
});
