/** What worlds are coloured and folded by: who has a group, what becomes of a device, whether a sentence is true. */
import { bindingAt, groupAt, kindOf, nameOf } from '../../../machines/address.ts';
import type { Address } from '../../../machines/chart.ts';
import { DMA_API } from '../../../machines/kernel.ts';
import { pathOf } from '../../../machines/properties/binding.ts';
import type { Property } from '../../../machines/properties/property.ts';
import type { Local } from '../../world/locals.ts';
import type { System, World } from '../../world/world.ts';

/** One thing that is known of every world. */
export interface Field {
  readonly name: string;
  readonly values: readonly string[];
  /** Number of its value in each world. */
  readonly of: Int32Array;
  /** A sentence: its values are `true` and `not true`. */
  readonly property: boolean;
}

interface Reading {
  readonly name: string;
  readonly property: boolean;
  readonly read: (world: World) => string;
  readonly numbers: Map<string, number>;
  readonly of: number[];
}

/** Reads the fields of world after world. Each actor's part is read once for each of its local states. */
export class Fields {
  readonly #readings: Reading[];

  constructor(system: System, properties: readonly Property[]) {
    const { topology } = system;
    const reading = (name: string, read: (world: World) => string, property = false): Reading => ({ name, property, read, numbers: new Map(), of: [] });
    const local = (name: string, address: Address, read: (local: Local) => string): Reading[] => {
      if (!system.has(address)) return [];
      const [index, known] = [system.indexOf(address), new Map<Local, string>()];
      return [reading(name, (world) => {
        const state = world.locals[index] as Local;
        const found = known.get(state) ?? read(state);
        known.set(state, found);
        return found;
      })];
    };
    const groups = [...new Set(topology.devices.flatMap(({ group }) => (group === null ? [] : [groupAt(group)])))];
    this.#readings = [
      ...groups.flatMap((address) => [
        ...local(`group ${nameOf(address)}: who has it`, address, owner), ...local(`group ${nameOf(address)}: owner_cnt`, address, ({ context }) => String((context['owner_cnt'] as number | undefined) ?? 'no count')),
        ...local(`group ${nameOf(address)}: domain`, address, ({ context }) => String(context['domain'] as string)),
      ]),
      ...topology.devices.flatMap(({ name }) => local(`${name}: binding`, bindingAt(name), ({ value }) => pathOf(value).split('.').at(-1) ?? '')),
      ...topology.threads.flatMap(({ name }) => local(`${name}: in`, `thread:${name}`, ({ value }) => pathOf(value).split('.')[0] ?? '')),
      reading('at rest', (world) => (system.atRest(world) ? 'at rest' : 'in a call')),
      ...properties.flatMap((property) => sentence(system, property).map((read) => reading(property.name, read, true))),
    ];
  }

  add(world: World): void {
    for (const { read, numbers, of } of this.#readings) {
      const value = read(world);
      const number = numbers.get(value) ?? numbers.size;
      numbers.set(value, number);
      of.push(number);
    }
  }

  done(): Field[] {
    return this.#readings.map(({ name, numbers, of, property }) => ({ name, values: [...numbers.keys()], of: Int32Array.from(of), property }));
  }
}

function owner({ context }: Local): string {
  const { owner: who = null, owner_cnt = 0 } = context as { owner?: string | null; owner_cnt?: number };
  if (who === DMA_API || (who === null && owner_cnt > 0)) return 'kernel DMA';
  return who === null ? 'unowned' : `claimed by ${nameOf(who)}`;
}

/** Whether a sentence about a world is true there; nothing for the others. Asked once for each combination of what it sees. */
function sentence(system: System, { kind, sees, holds }: Property): ((world: World) => string)[] {
  if (holds === undefined || (kind !== 'always' && kind !== 'atRest')) return [];
  const looked = system.actors.flatMap(({ address }, index) => (Object.hasOwn(sees, kindOf(address)) ? [{ address, index }] : []));
  const known = new Map<string, string>();
  return [(world) => {
    if (kind === 'atRest' && !system.atRest(world)) return 'true';
    const key = looked.map(({ index }) => world.locals[index]?.id).join(',');
    const found = known.get(key);
    if (found !== undefined) return found;
    const seen = Object.fromEntries(Object.entries(sees).map(([of, see]) => [of, looked.filter(({ address }) => kindOf(address) === of).map(({ address, index }) => {
      const { value, context } = world.locals[index] as Local;
      return see({ address, value, context });
    })]));
    const said = holds(seen) ? 'true' : 'not true';
    known.set(key, said);
    return said;
  }];
}
