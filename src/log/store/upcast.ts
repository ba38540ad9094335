/**
 * Upcasters bring entries of older versions up to what is read today, one version at a time. They are pure and run on
 * reading: what is stored never changes.
 */
import type { Plain } from '../../../machines/chart.ts';
import { ModelError } from '../../errors.ts';
import type { Entry } from './port.ts';

/** Turns the data of `type` version `from` into version `from + 1`. */
export interface Upcaster {
  readonly type: string;
  readonly from: number;
  up(data: Plain): Plain;
}

export type Upcast = (entry: Entry) => Entry;

/**
 * One function for all types. `versions` says which version of each type is read today; other types pass as they are.
 *
 * @throws {ModelError} wrong-use, at once: a version without an upcaster, or with two. Out of the function: newer-store
 */
export function upcasting(versions: Readonly<Record<string, number>>, upcasters: readonly Upcaster[]): Upcast {
  const chains = new Map<string, ((data: Plain) => Plain)[]>();
  for (const [type, current] of Object.entries(versions)) {
    chains.set(type, Array.from({ length: current - 1 }, (_, index) => {
      const found = upcasters.filter((one) => one.type === type && one.from === index + 1);
      if (found.length === 1 && found[0] !== undefined) return found[0].up.bind(found[0]);
      throw new ModelError('wrong-use', `${found.length} upcasters take ${type} from version ${index + 1} to ${index + 2}`, { at: 'upcasting', accepted: 'one for each version below the current one' });
    }));
  }
  const lost = upcasters.find(({ type, from }) => (versions[type] ?? 0) <= from);
  if (lost !== undefined) throw new ModelError('wrong-use', `nobody reads what the upcaster of ${lost.type} from ${lost.from} gives`, { at: 'upcasting', accepted: 'types with a current version above `from`' });
  return (entry) => {
    const current = versions[entry.type];
    if (current === undefined || entry.version === current) return entry;
    if (entry.version > current)
      throw new ModelError('newer-store', `entry ${entry.position} is ${entry.type} version ${entry.version}`, { at: `${entry.stream} ${entry.revision}`, accepted: `versions up to ${current}`, hint: 'read it with the version that wrote it' });
    const chain = chains.get(entry.type) ?? [];
    return { ...entry, stored: { version: entry.version, data: entry.data }, version: current, data: chain.slice(entry.version - 1).reduce((data, up) => up(data), entry.data) };
  };
}
