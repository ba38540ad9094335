/**
 * Conformance of one chart, with a guarantee: the HSI method (harmonised state identifiers, Petrenko, Yevtushenko and others 1994).
 *
 * Sequences of messages with their answers. Whoever answers them all as the chart does, and has at most `extra` states more than the chart,
 * answers every sequence as the chart does that the chart was seen to take.
 */
import { ModelError } from '../errors.ts';
import type { Local } from '../world/locals.ts';
import type { System } from '../world/world.ts';
import type { Graph } from './graph.ts';

type Event = Graph['kinds'][number][number]['event'];

/** A message, and everything that comes of it. */
export interface Answered {
  readonly event: Event;
  readonly out: readonly unknown[];
}

export interface Conformance {
  readonly address: string;
  /** Local states that the worlds have; how many of them messages can tell apart; messages; steps between states. */
  readonly states: number;
  readonly classes: number;
  readonly messages: number;
  readonly steps: number;
  readonly extra: number;
  readonly sequences: readonly (readonly Answered[])[];
}

/** The first message of the sequences that a chart answers otherwise, with the number of its sequence; undefined when it passes. A chart that stops fails. */
export function answers(system: System, address: string, sequences: Conformance['sequences']): { readonly sequence: number; readonly event: Event } | undefined {
  const actor = system.actors[system.indexOf(address)] as System['actors'][number];
  for (const [sequence, words] of sequences.entries()) {
    let local = actor.initial;
    for (const { event, out } of words) {
      try {
        const move = actor.move(local, system.messages.intern(event));
        if (JSON.stringify(move.out) !== JSON.stringify(out)) return { sequence, event };
        local = move.next;
      } catch (error) {
        if (error instanceof ModelError) return { sequence, event };
        throw error;
      }
    }
  }
  return undefined;
}

/** A chart as a machine with inputs and outputs: what each state answers to each message that was seen to come to it. */
interface Machine {
  readonly locals: readonly Local[];
  readonly events: readonly Event[];
  /** By state, then input: the answer and the next state. */
  readonly rows: readonly ReadonlyMap<number, { readonly out: string; readonly to: number }>[];
}

/** More sequences than this are nobody's suite. */
const most = 200_000;

/**
 * The conformance suite of the chart at an address, from the moves of a graph.
 *
 * @param extra states that an implementation may have more than the chart
 * @throws {ModelError} `wrong-use`: nobody lives there, or the suite would have more than 200 000 sequences
 */
export function conform(graph: Graph, address: string, extra: number): Conformance {
  const machine = machineOf(graph, address);
  const identifiers = identify(machine);
  const suite = new Set<string>();
  const add = (word: readonly number[]) => {
    suite.add(word.join());
    if (suite.size > most) throw new ModelError('wrong-use', `more than ${most} sequences`, { at: '--extra', accepted: `less than ${extra}` });
  };
  for (const [state, way] of cover(machine).entries()) {
    if (way === undefined) continue;
    for (const word of words(machine, state, extra + 1))
      for (const end of [[], ...identifiers.sets[after(machine, state, word)] ?? []]) add([...way, ...word, ...end]);
  }
  const sequences = withoutPrefixes([...suite].map((text) => (text === '' ? [] : text.split(',').map(Number)))).map((word) => told(machine, word));
  return {
    address, states: machine.locals.length, classes: identifiers.classes, messages: machine.events.length,
    steps: machine.rows.reduce((sum, { size }) => sum + size, 0), extra, sequences,
  };
}

function machineOf({ kinds, tables: { subject } }: Graph, address: string): Machine {
  const actor = subject.actors.findIndex((one) => one.address === address);
  if (actor === -1) throw new ModelError('wrong-use', `nobody lives at ${address}`, { at: '--chart', accepted: subject.actors.map((one) => one.address) });
  const locals: Local[] = [(subject.actors[actor] as (typeof subject.actors)[number]).initial];
  const events: Event[] = [];
  const numbers = new Map<Local, number>([[locals[0] as Local, 0]]);
  const inputs = new Map<Event, number>();
  const rows = [new Map<number, { out: string; to: number }>()];
  const number = (local: Local): number => {
    const known = numbers.get(local);
    if (known !== undefined) return known;
    numbers.set(local, locals.length);
    rows.push(new Map<number, { out: string; to: number }>());
    return locals.push(local) - 1;
  };
  for (const moved of kinds.flat()) {
    if (moved.actor !== actor) continue;
    let input = inputs.get(moved.event);
    if (input === undefined) inputs.set(moved.event, input = events.push(moved.event) - 1);
    const [from, to] = [number(moved.local), number(moved.move.next)];
    rows[from]?.set(input, { out: JSON.stringify(moved.move.out), to });
  }
  return { locals, events, rows };
}

/** A shortest word to each state; undefined where none of the messages leads there. */
function cover({ rows }: Machine): (readonly number[] | undefined)[] {
  const ways: (readonly number[] | undefined)[] = rows.map(() => undefined);
  ways[0] = [];
  const queue = [0];
  for (const state of queue) for (const [input, { to }] of rows[state] as Machine['rows'][number]) {
    if (ways[to] !== undefined) continue;
    ways[to] = [...ways[state] as readonly number[], input];
    queue.push(to);
  }
  return ways;
}

/** Every word of up to so many messages that the chart was seen to take from a state. */
function* words(machine: Machine, state: number, length: number): Generator<readonly number[]> {
  yield [];
  if (length === 0) return;
  for (const [input, { to }] of machine.rows[state] as Machine['rows'][number]) for (const rest of words(machine, to, length - 1)) yield [input, ...rest];
}

const after = ({ rows }: Machine, state: number, word: readonly number[]): number => word.reduce((at, input) => rows[at]?.get(input)?.to ?? at, state);

/** Of each state words that tell it from every other, the same word on both sides of a pair; and how many states can be told apart. */
function identify(machine: Machine): { sets: (readonly (readonly number[])[])[]; classes: number } {
  const { rows } = machine;
  const size = rows.length;
  const apart = new Map<number, readonly number[]>();
  for (let changed = true; changed;) {
    changed = false;
    for (let one = 0; one < size; one++) for (let other = one + 1; other < size; other++) {
      if (apart.has(one * size + other)) continue;
      for (const [input, mine] of rows[one] as Machine['rows'][number]) {
        const theirs = rows[other]?.get(input);
        if (theirs === undefined) continue;
        const behind = mine.out !== theirs.out ? [] : mine.to === theirs.to ? undefined : apart.get(Math.min(mine.to, theirs.to) * size + Math.max(mine.to, theirs.to));
        if (behind === undefined) continue;
        apart.set(one * size + other, [input, ...behind]);
        changed = true;
        break;
      }
    }
  }
  const between = (one: number, other: number) => apart.get(Math.min(one, other) * size + Math.max(one, other));
  const sets = rows.map((_, state) => withoutPrefixes(rows.flatMap((_other, other) => (state === other ? [] : [between(state, other) ?? []]))));
  const alike = rows.map((_, state) => rows.findIndex((_other, other) => other === state || between(state, other) === undefined));
  return { sets, classes: new Set(alike).size };
}

/** Words that begin no other. */
function withoutPrefixes(given: readonly (readonly number[])[]): (readonly number[])[] {
  const sorted = [...new Map(given.map((word) => [word.join(), word])).entries()].sort(([one], [other]) => (`${one},` < `${other},` ? -1 : 1));
  return sorted.filter(([text], index) => text !== '' && !(sorted[index + 1]?.[0] ?? '').startsWith(`${text},`)).map(([, word]) => word);
}

function told({ rows, events }: Machine, word: readonly number[]): Answered[] {
  let state = 0;
  return word.map((input) => {
    const { out, to } = rows[state]?.get(input) as { out: string; to: number };
    state = to;
    return { event: events[input] as Event, out: JSON.parse(out) as unknown[] };
  });
}
