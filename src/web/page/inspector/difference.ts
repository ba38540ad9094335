/** What is other in one world than in another, actor by actor and field by field. */
import type { Address } from '../../../../machines/chart.ts';
import type { System, World } from '../../../world/world.ts';
import { state } from '../drive/forecast.ts';

export interface Change {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

export interface Difference {
  readonly address: Address;
  readonly changes: readonly Change[];
}

export function difference(system: System, before: World, after: World): Difference[] {
  return system.actors.flatMap(({ address }, index) => {
    const [from, to] = [before.locals[index], after.locals[index]];
    if (from === undefined || to === undefined || from === to) return [];
    return [{ address, changes: changesOf(from, to) }];
  });
}

type Side = { readonly value: unknown; readonly context: Readonly<Record<string, unknown>> };

/** State and fields that differ between two local states. */
export function changesOf(from: Side, to: Side): Change[] {
  const fields = [...new Set([...Object.keys(from.context), ...Object.keys(to.context)])];
  return [
    ...(JSON.stringify(from.value) === JSON.stringify(to.value) ? [] : [{ field: 'state', before: state(from.value), after: state(to.value) }]),
    ...fields.flatMap((field) => {
      const [before, after] = [shown(from.context[field]), shown(to.context[field])];
      return before === after ? [] : [{ field, before, after }];
    }),
  ];
}

export const shown = (value: unknown): string => (value === undefined ? '' : typeof value === 'string' ? value || '""' : JSON.stringify(value));
