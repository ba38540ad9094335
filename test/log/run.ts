/** Runs for the tests of the log: calls from outside, one after another, each played to its end. */
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import type { Message, Said } from '../../machines/chart.ts';
import { FactLog } from '../../src/log/facts.ts';
import { parseTopology } from '../../src/world/topology.ts';
import { System, type Choice } from '../../src/world/world.ts';

export const nic = '0000:02:00.0';
export const v6_12_y = models['v6.12.y'] as Model;

/** Two functions in group 8; `e1000e` matches both, `igb` too but is not registered. */
export const topology = (more: object = {}) => parseTopology({
  devices: [{ name: nic, group: 8 }, { name: '0000:02:00.1', group: 8 }],
  drivers: [{ name: 'e1000e', matches: ['*'] }, { name: 'igb', matches: ['*'], registered: false }],
  threads: [
    { name: 'bind', entry: 'bind_store', calls: [{ type: 'bind_store', device: nic, driver: 'e1000e' }] },
    { name: 'bind2', entry: 'bind_store', calls: [{ type: 'bind_store', device: nic, driver: 'e1000e' }] },
    { name: 'unbind', entry: 'unbind_store', calls: [{ type: 'unbind_store', device: nic, driver: 'e1000e' }] },
    { name: 'modprobe', entry: 'driver_register', calls: [{ type: 'driver_register', driver: 'e1000e' }] },
    { name: 'type', entry: 'group_store_type', calls: [{ type: 'group_store_type', group: 8 }] },
    ...['vm1', 'vm2'].map((name) => ({ name, entry: 'dma_owner', calls: [{ type: 'claim', group: 8 }, { type: 'attach', group: 8 }] })),
  ],
  ...more,
}, 'the test', models[('model' in more ? more.model : 'v6.12.y') as string]);

/** A run; `answers` are taken in turn for each function, the first of the table when they are used up. */
export function run(model: Model, given: ReturnType<typeof topology>, answers: Readonly<Record<string, readonly number[]>> = {}) {
  const system = new System(model, given);
  const log = new FactLog(system);
  const left = new Map(Object.entries(answers).map(([type, list]) => [type, [...list]]));
  const take = (choice: Choice) => log.record(system.step(log.world, choice));
  const next = (wanted: (choice: Choice) => boolean): boolean => {
    const choices = system.choices(log.world).filter((choice) => choice.kind !== 'start' && wanted(choice));
    const [first] = choices;
    if (first === undefined) return false;
    const scripted = first.kind === 'answer' ? left.get(first.event.type.replace(/\.ret$/, ''))?.shift() : undefined;
    take(scripted === undefined ? first : { ...first, event: { ...first.event, ret: scripted } });
    return true;
  };
  return {
    log, system,
    /** Begins a call of a thread, and does not play it. */
    begin: (thread: string, call: Said) => take(system.start(`thread:${thread}`, call)).seq,
    /** Plays what is allowed, in the order of sending; stops when nothing is left, or when `until` is met. Gives the last fact. */
    play: (until: (event: Message) => boolean = () => false, wanted: (choice: Choice) => boolean = () => true) => {
      while (next(wanted)) if (until(log.fact(log.length - 1).event)) break;
      return log.length - 1;
    },
    call(thread: string, call: Said) { this.begin(thread, call); return this.play(); },
  };
}
