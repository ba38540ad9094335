/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access,
   @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument --
   a configuration is changed as plain data, whatever its type */
/**
 * A chart as another kernel, a rival or a fault has it: another chart with changes, so that what differs is what changed.
 *
 * The changes are made, in their order, on a copy of the configuration; guards and actions are those of the chart.
 */
import { createMachine, type AnyStateMachine } from 'xstate';

/** A node of a configuration, as loose as a patch needs it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Config = any;

/** Copies plain objects and lists; functions and action objects stay the same. */
function copy(value: Config): Config {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, copy(inner)]));
}

export function changed(chart: AnyStateMachine, ...changes: readonly ((config: Config) => void)[]): AnyStateMachine {
  const config = copy(chart.config);
  for (const change of changes) change(config);
  return createMachine(config, chart.implementations as never) as unknown as AnyStateMachine;
}

/** The state at a path of names, from a configuration. */
export const stateAt = (config: Config, path: string): Config =>
  path.split('.').reduce((state: Config, name) => state.states[name], config);

/** Takes events out of a configuration, wherever they stand: a kernel without these calls. */
export function without(config: Config, ...events: readonly string[]): void {
  for (const event of events) delete config.on?.[event];
  for (const state of Object.values(config.states ?? {})) without(state, ...events);
}

/** The parts of a guard: of and([...]) its members, of another guard itself. A part is a name, or { type, params }. */
export const partsOf = (guard: Config): readonly Config[] => guard?.guards ?? [guard];
