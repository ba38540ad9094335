/**
 * A way, taken again by the step that everything else takes: the final word on what the explorer found.
 */
import { ModelError } from '../errors.ts';
import type { Choice, Fact, System, World } from '../world/world.ts';
import type { WayStep } from './path.ts';

/**
 * The facts of a way: each step and the answers that follow from it; the worlds in which they happened, and the last.
 *
 * @throws {ModelError} `impossible-way` when the system does not allow it: the explorer and the system disagree
 */
export function replay(system: System, steps: readonly WayStep[], from: World = system.initial()): { facts: Fact[]; before: World[]; world: World } {
  const facts: Fact[] = [];
  const before: World[] = [];
  let world = from;
  const take = (choice: Choice) => {
    const { world: next, fact } = system.step(world, choice);
    facts.push(fact);
    before.push(world);
    world = next;
  };
  for (const { to, event: told, start } of steps) {
    const event = system.messages.intern(told);
    const choice = system.choices(world).find((one) => one.to === to && one.event === event && (one.kind === 'start') === start);
    if (choice === undefined)
      throw new ModelError('impossible-way', `${event.type} cannot be delivered to ${to}`, { at: `step ${facts.length} of the way` });
    take(choice);
    while (world.flight.some(({ event: { type } }) => type.endsWith('.ret'))) take(system.choices(world)[0] as Choice);
  }
  return { facts, before, world };
}

/** One line per call, with its answer where it came in the same step; what the actors said stands below, indented. */
export function tell(facts: readonly Fact[]): string[] {
  const lines: string[] = [];
  const open = new Map<string, number>();
  for (const { from, to, event, said } of facts) {
    const call = event.type.endsWith('.ret') ? open.get(`${to} ${event.type.slice(0, -4)}`) : undefined;
    if (call === undefined) {
      lines.push(`${from.padEnd(30)} -> ${to.padEnd(24)} ${words(event)}`);
      if (!event.type.endsWith('.ret')) open.set(`${from} ${event.type}`, lines.length - 1);
    } else {
      lines[call] += ` = ${words(event).split(' ').slice(1).join(' ')}`;
      open.delete(`${to} ${event.type.slice(0, -4)}`);
    }
    for (const word of said) lines.push(`${''.padEnd(34)}${words(word)}`);
  }
  return lines;
}

/** A message or word: its type, then its result, then its arguments. */
export function words(said: Readonly<Record<string, unknown>>): string {
  const { type, ret, from: _from, ...others } = said;
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return [text(type), ...(ret === undefined ? [] : [text(ret)]), ...Object.entries(others).map(([key, value]) => `${key}=${text(value)}`)].join(' ');
}
