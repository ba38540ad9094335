/** Every state of every chart answers every call: in every state that exists, and in every state that is reached. */
import { describe, expect, test } from 'vitest';
import type { AnyStateMachine, AnyStateNode, StateValue } from 'xstate';
import { kernels, models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { isAnswer, System, type Choice, type Step } from '../../src/world/world.ts';
import { environment } from '../../machines/address.ts';
import { charts } from './charts.ts';
import { dice, pick, walk, wildTopology } from './explore.ts';

/** Where a call goes unanswered, and why that is right. Empty: no chart needs an exception. */
const exceptions: Readonly<Record<string, string>> = {};

const modelList = Object.values(models);

/** What others may ask of a chart: its events without the answers to its own calls. */
const alphabet = (machine: AnyStateMachine) => machine.events.map(String).filter((event) => event !== '*' && !event.endsWith('.ret')).sort();

/** Passed through within one step, so nobody ever meets it: an eventless transition without a guard. */
const transient = (node: AnyStateNode) => (node.always ?? []).some(({ guard }) => guard === undefined);

/** Every combination of atomic states that one configuration may have, each with all the states around them. */
function configurations(node: AnyStateNode): AnyStateNode[][] {
  if (transient(node)) return [];
  const inner = Object.values(node.states);
  if (inner.length === 0) return [[node]];
  const parts = inner.map(configurations);
  const combined = node.type === 'parallel'
    ? parts.reduce<AnyStateNode[][]>((sofar, part) => sofar.flatMap((one) => part.map((other) => [...one, ...other])), [[]])
    : parts.flat();
  return combined.map((nodes) => [node, ...nodes]);
}

/** Answered whatever the context is: somebody in the configuration has a last transition without a guard. */
const answers = (nodes: readonly AnyStateNode[], event: string) =>
  nodes.some((node) => { const last = node.transitions.get(event)?.at(-1); return last !== undefined && last.guard === undefined; });

describe.each([...charts])('%s', (_name, machine) => {
  test('answers every call in every state, whatever its context', () => {
    const silent = configurations(machine.root).flatMap((nodes) => alphabet(machine)
      .filter((event) => !answers(nodes, event)).map((event) => `${nodes.filter(({ type }) => type === 'atomic').map(({ id }) => id).join(' and ')}: ${event}`));
    expect(silent.filter((line) => exceptions[line] === undefined)).toEqual([]);
  });
});

describe('states that are reached', () => {
  /** Charts of users above the IOMMU core are reached by their own tests. */
  const elsewhere = /^(vfio_|iommufd_)/;
  /** Events without an answer: a work item that is woken, a helper that is scheduled, a store that becomes visible. */
  const wakeUps = /^(queue_work|async_run_entry_fn|__device_attach_async_helper|WRITE_ONCE)$/;
  /** Atomic states that no walk meets, and why. */
  const unreached: Readonly<Record<string, string>> = {
    'deferred_probe.disabled': 'every world begins after the late initcall',
    'device_attach.in_device_bind_driver': 'somebody would have to preset dev->driver and give device_lock back; every thread here keeps it',
    'device_attach.in_device_set_driver': 'somebody would have to preset dev->driver and give device_lock back; every thread here keeps it',
    'device_attach.in_async_helper': 'a deadlock of v5.15, for want of memory, which these walks never lack',
    'driver_register.driver_attach.asynchronous.in_async_helper': 'the same, up to v5.19',
    'kernfs_node.unfollowed': 'only worlds learnt from a trace begin there',
    'iommu_group.attachment.none': 'up to v6.1.y a group keeps its default domain; later an empty one loses it',
  };

  // What a rival does differently does not depend on the bus.
  const buses = (model: Model) => (kernels[model.name] === undefined ? ['pci'] : ['pci', 'platform', 'usb', ...(model.charts.bus_dma['cdx'] === undefined ? [] : ['cdx'])]);

  test('each of them answers every call, and every state is met', () => {
    // By the chart's name: a kernel's own version of a chart may leave to another what they share.
    const met = new Map<string, Set<string>>();
    const machines = new Set<AnyStateMachine>();
    const systems = modelList.flatMap((model) => buses(model).flatMap((bus) => [4, 20].map((trouble) =>
      walk(model, wildTopology(bus, model), { seed: 4, steps: model.recorded === true ? 6000 : model.charts.iommu_dma === undefined ? 1500 : 5000, trouble, restart: 1500 }))));
    for (const { machine, locals } of systems.flatMap(({ actors }) => actors)) {
      const ids = met.get(machine.id) ?? new Set<string>();
      met.set(machine.id, ids);
      machines.add(machine);
      for (const { snapshot, value } of locals) {
        for (const node of snapshot._nodes as AnyStateNode[]) ids.add(node.id);
        for (const type of alphabet(machine)) {
          const event = { type, from: 'thread:x', device: 'd', driver: 'd', name: 'd', after: null, group: 'group:8', owner: 'thread:x', domain: 'd', action: 'BUS_NOTIFY_ADD_DEVICE', bound: false };
          if (machine.getTransitionData(snapshot as never, event as never).length === 0) expect.fail(`${machine.id} in ${JSON.stringify(value satisfies StateValue)} does not answer ${type}`);
        }
      }
    }
    const missed = [...machines].filter(({ id }) => !elsewhere.test(id)).flatMap((machine) =>
      [...new Set(configurations(machine.root).flat())].map(({ id }) => id).filter((id) => met.get(machine.id)?.has(id) !== true));
    expect(missed.filter((id) => unreached[id] === undefined)).toEqual([]);
  }, 180_000);

  test.each(modelList.map((model) => [model.name, model] as const))('%s: each call is answered exactly once, every run comes to rest, each step gives one result', (_name, model) => {
    for (const bus of buses(model)) for (let seed = 0; seed < (model.recorded === true ? 8 : 3); seed++) {
      const system = new System(model, wildTopology(bus, model), { answersFirst: seed % 2 === 0, twice: seed % 3 === 0 });
      const roll = dice(seed);
      let world = system.initial();
      /** Calls whose answer is outstanding: who called what; of a thread's command, which thread. */
      const open = new Set<string>();
      const command = (thread: string) => `the command of ${thread}`;
      const faults: string[] = [];
      const opened = (key: string) => { if (open.has(key)) faults.push(`${key}: called again before its answer`); open.add(key); };
      const closed = (key: string) => { if (!open.delete(key)) faults.push(`${key}: answered, but not called`); };
      const book = (choice: Choice, { out }: Step) => {
        if (choice.kind === 'start') opened(command(choice.to));
        if (choice.kind === 'answer') closed(`${choice.to} ${choice.event.type.slice(0, -4)}`);
        for (const output of out) {
          if (output.kind === 'said' || wakeUps.test(output.sent.event.type)) continue;
          const { to, event } = output.sent;
          if (isAnswer(event)) closed(to === environment ? command(event.from) : `${to} ${event.type.slice(0, -4)}`);
          else if (event.from === choice.to) opened(`${event.from} ${event.type}`); // else it is handed on
        }
      };
      for (let step = 0; step < 1500; step++) {
        const choices = system.choices(world).filter(({ kind }) => step < 600 || kind !== 'start');
        const choice = pick(choices, roll);
        if (choice === undefined) break;
        const taken = system.step(world, choice);
        book(choice, taken);
        world = taken.world;
      }
      expect(system.atRest(world), `at rest with seed ${seed} on ${bus}: ${system.key(world)}`).toBe(true);
      const threads = system.actors.filter(({ address }) => address.startsWith('thread:')).map(({ address }) => system.local(world, address).value);
      expect([...new Set(threads)], `seed ${seed} on ${bus}`).toEqual(['idle']);
      expect([...faults, ...open], `seed ${seed} on ${bus}`).toEqual([]);
    }
  }, 60_000);
});
