/**
 * Properties of the whole graph of worlds: can a wish always be fulfilled, does one thing lead to another?
 */
import type { Round } from './round.ts';
import { stepOf, pathTo, type Way, type WayStep } from './path.ts';
import { FastSearch } from './fast.ts';
import type { Property } from './property.ts';
import type { Choice } from './tables.ts';

/** By world: 1 where the bit of property `index` is set (and, if asked, everything is at rest). */
function marks(round: Round, index: number, bit: number, rests: boolean): Uint8Array {
  const { search, judge } = round;
  const { worlds, nodes, tables } = search;
  const marked = new Uint8Array(worlds.size);
  for (let place = 0; place < worlds.size; place++) {
    worlds.read(place, nodes);
    if ((((judge.answers(judge.fold(nodes), nodes)[index] as number) >> bit) & 1) === 0) continue;
    if (rests && nodes.some((node, actor) => !tables.quiet(actor, node))) continue;
    marked[place] = 1;
  }
  return marked;
}

/** The successors of each world, turned round. */
function predecessors({ search: { worlds, starts, targets } }: Round): { from: Int32Array; list: Int32Array } {
  const from = new Int32Array(worlds.size + 1);
  for (let edge = 0; edge < targets.length; edge++) from[(targets.data[edge] as number) + 1]!++;
  for (let place = 0; place < worlds.size; place++) from[place + 1]! += from[place] as number;
  const list = new Int32Array(targets.length);
  const fill = from.slice();
  for (let place = 0; place < worlds.size; place++) {
    const end = place + 1 < starts.length ? (starts.data[place + 1] as number) : targets.length;
    for (let edge = starts.data[place] as number; edge < end; edge++) list[fill[targets.data[edge] as number]!++] = place;
  }
  return { from, list };
}

/** The nearest world from which no wished world can be reached, or -1. */
export function goals(round: Round, index: number, property: Property): number {
  if (round.search instanceof FastSearch) return round.search.goals((nodes) => ((round.judge.answers(round.judge.fold(nodes), nodes)[index] as number) & 1) === 1, property.rests === true);
  const can = marks(round, index, 0, property.rests === true);
  const { from, list } = predecessors(round);
  const stack: number[] = [];
  for (const [place, mark] of can.entries()) if (mark === 1) stack.push(place);
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    for (let edge = from[place] as number; edge < (from[place + 1] as number); edge++) {
      const before = list[edge] as number;
      if (can[before] === 1) continue;
      can[before] = 1;
      stack.push(before);
    }
  }
  return can.indexOf(0);
}

/**
 * A way to a world where the cause holds and a loop behind it on which the effect never comes, although no thread that
 * could always go on is left out for ever; undefined if there is none.
 *
 * Weak fairness: a component of worlds without the effect is a counterexample when each actor with a choice in all its
 * worlds takes one inside it. A world where nothing at all is possible counts as a loop on itself.
 */
export function fairLoops(round: Round, index: number): Way | undefined {
  const cause = marks(round, index, 0, false);
  const effect = marks(round, index, 1, false);
  const open = reachableWithout(round, cause, effect);
  for (const component of components(round, open)) {
    const found = fair(round, component, open);
    if (found) return { ...pathTo(round, found.place), loop: found.loop };
  }
  return undefined;
}

/** Worlds reached from a cause without meeting the effect. */
function reachableWithout({ search: { starts, targets } }: Round, cause: Uint8Array, effect: Uint8Array): Uint8Array {
  const open = new Uint8Array(cause.length);
  const stack: number[] = [];
  const add = (place: number) => {
    if (open[place] === 1 || effect[place] === 1) return;
    open[place] = 1;
    stack.push(place);
  };
  for (const [place, mark] of cause.entries()) if (mark === 1) add(place);
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    const end = place + 1 < starts.length ? (starts.data[place + 1] as number) : targets.length;
    for (let edge = starts.data[place] as number; edge < end; edge++) add(targets.data[edge] as number);
  }
  return open;
}

/** Strongly connected components of the marked worlds (Tarjan, without recursion). */
function* components({ search: { starts, targets } }: Round, open: Uint8Array): Generator<number[]> {
  const size = open.length;
  const [number, low, edge] = [0, 1, 2].map(() => new Int32Array(size).fill(-1)) as [Int32Array, Int32Array, Int32Array];
  const onStack = new Uint8Array(size);
  const stack: number[] = [];
  const calls: number[] = [];
  let next = 0;
  const endOf = (place: number) => (place + 1 < starts.length ? (starts.data[place + 1] as number) : targets.length);
  for (let root = 0; root < size; root++) {
    if (open[root] === 0 || number[root] !== -1) continue;
    calls.push(root);
    while (calls.length > 0) {
      const place = calls.at(-1) as number;
      if (number[place] === -1) {
        number[place] = low[place] = next++;
        edge[place] = starts.data[place] as number;
        stack.push(place);
        onStack[place] = 1;
      }
      const end = endOf(place);
      let deeper = false;
      while ((edge[place] as number) < end) {
        const to = targets.data[edge[place]!++] as number;
        if (open[to] === 0) continue;
        if (number[to] === -1) {
          calls.push(to);
          deeper = true;
          break;
        }
        if (onStack[to] === 1) low[place] = Math.min(low[place] as number, number[to] as number);
      }
      if (deeper) continue;
      calls.pop();
      const caller = calls.at(-1);
      if (caller !== undefined) low[caller] = Math.min(low[caller] as number, low[place] as number);
      if (low[place] !== number[place]) continue;
      const from = stack.lastIndexOf(place);
      const component = stack.splice(from);
      for (const member of component) onStack[member] = 0;
      yield component.sort((a, b) => a - b);
    }
  }
}

/**
 * A world of a component and steps from it back to it that leave no thread out which could go on in every world of the
 * component; undefined if there are none. No steps: nobody has to go on there, so the world may stay as it is.
 */
function fair(round: Round, component: readonly number[], open: Uint8Array): { place: number; loop: WayStep[] } | undefined {
  const { search } = round;
  const inside = new Set(component);
  const always = new Map<number, number>();
  const taken = new Map<number, { from: number; choice: number; to: number }>();
  let edges = 0;
  for (const place of component) {
    const can = new Set<number>();
    search.successors(place, (choice, _words, actor) => {
      if (!(search.tables.choices[choice] as Choice).start) can.add(actor); // nobody has to begin a call
      const to = search.find();
      if (!inside.has(to) || open[to] === 0) return;
      edges++;
      if (!taken.has(actor)) taken.set(actor, { from: place, choice, to });
    });
    for (const actor of can) always.set(actor, (always.get(actor) ?? 0) + 1);
    if (can.size === 0) return { place, loop: [] };
  }
  if (edges === 0) return undefined;
  const needed = [...always].filter(([, count]) => count === component.length).map(([actor]) => actor);
  if (needed.some((actor) => !taken.has(actor))) return undefined;
  const loop: WayStep[] = [];
  const place = component[0] as number;
  let at = place;
  const visits = needed.length > 0 ? needed.map((actor) => taken.get(actor)!) : [taken.values().next().value!];
  for (const { from, choice, to } of visits) {
    loop.push(...between(round, inside, at, from), stepOf(round, choice));
    at = to;
  }
  return { place, loop: [...loop, ...between(round, inside, at, place)] };
}

/** Shortest steps from one world to another inside a component. */
function between(round: Round, inside: ReadonlySet<number>, from: number, to: number): WayStep[] {
  const { search } = round;
  const back = new Map<number, { place: number; choice: number }>();
  const queue = [from];
  for (const place of queue) {
    if (place === to) break;
    search.successors(place, (choice) => {
      const next = search.find();
      if (!inside.has(next) || back.has(next) || next === from) return;
      back.set(next, { place, choice });
      queue.push(next);
    });
  }
  const steps: WayStep[] = [];
  for (let at = to; at !== from;) {
    const { place, choice } = back.get(at)!;
    steps.unshift(stepOf(round, choice));
    at = place;
  }
  return steps;
}
