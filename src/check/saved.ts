/**
 * The state of an exploration as data: what a checkpoint keeps, and how it comes back.
 *
 * Numbers of nodes, messages and calls in flight are kept, since worlds and reductions consist of them; choices and effects
 * are not, they are computed again when somebody asks. `found` therefore names a choice by its actor and its place among
 * the choices of that actor's node.
 */
import type { SavedAmple } from './ample.ts';
import type { Round } from './round.ts';
import type { Ints } from './ints.ts';
import type { Property } from './property.ts';
import type { Message } from './subject.ts';
import type { Asked, Tables } from './tables.ts';

/** Everything about one exploration between two worlds. `lists` may be large and are kept as they are. */
export interface Saved {
  readonly facts: Facts;
  readonly lists: Readonly<Record<string, Int32Array>>;
}

interface Facts {
  /** Rounds of partial order begun so far, worlds of the next batch. */
  readonly rounds: number;
  readonly batch: number;
  readonly symmetry: boolean;
  readonly size: number;
  readonly next: number;
  readonly transitions: number;
  readonly narrowed: number;
  /** Width of the node of each actor; where it stands in the words of a world. */
  readonly bits: readonly number[];
  readonly word: readonly number[];
  readonly shift: readonly number[];
  readonly words: number;
  /** Property, place, and the row of choices from there: actors, each with its choice. */
  readonly found: readonly (readonly [number, number, readonly (readonly [number, number])[]])[];
  readonly tables: SavedTables;
  /** What partial order has learnt. */
  readonly learnt: SavedAmple | undefined;
}

interface SavedTables {
  readonly messages: readonly Message[];
  /** Receiver and message. */
  readonly sents: readonly (readonly [string, number])[];
  /** By actor: value and context. */
  readonly locals: readonly (readonly (readonly [unknown, Readonly<Record<string, unknown>>])[])[];
  /** By actor: local state, calls in flight, calls that may still begin. */
  readonly nodes: readonly (readonly (readonly [number, readonly number[], number])[])[];
}

/** Numbers local states from 0, per actor, as they are asked for. */
export class Locals {
  readonly #numbers: Map<Asked['local'], number>[];

  constructor(actors: number) {
    this.#numbers = Array.from({ length: actors }, () => new Map<Asked['local'], number>());
  }

  of(actor: number, local: Asked['local']): number {
    const numbers = this.#numbers[actor] as Map<Asked['local'], number>;
    const known = numbers.get(local);
    if (known !== undefined) return known;
    numbers.set(local, numbers.size);
    return numbers.size - 1;
  }

  all(): SavedTables['locals'] {
    return this.#numbers.map((numbers) => [...numbers.keys()].map(({ value, context }) => [value, context] as const));
  }
}

/** The state of a round, as of the last world that was finished. */
export function save(round: Round, { rounds, batch, symmetry }: Pick<Facts, 'rounds' | 'batch' | 'symmetry'>): Saved {
  const { search, search: { tables } } = round;
  const { size, next, transitions, narrowed, layout: { bits, word, shift, words }, worlds, levels, starts, targets } = search.save();
  const locals = new Locals(tables.nodes.length);
  const nodes = tables.nodes.map((all, actor) => all.map(({ local, outbox, left }) => [locals.of(actor, local), outbox, left] as const));
  const asked = (moves: Iterable<Asked>) => Int32Array.from([...moves].flatMap(({ actor, local, message }) => [actor, locals.of(actor, local), message]));
  const [made, guessed] = [asked(tables.made.values()), asked(tables.guessed.values())];
  const learnt = round.ample?.save();
  return {
    facts: {
      rounds, batch, symmetry, size, next, transitions, narrowed, bits, word: [...word], shift: [...shift], words, found: found(round), learnt,
      tables: {
        messages: tables.messages, nodes, locals: locals.all(),
        sents: tables.sents.map(({ to, event }) => [to, tables.message(event)] as const),
      },
    },
    lists: { worlds, levels, starts, targets, made, guessed },
  };
}

/** Brings the tables back, before a round is made over them. */
export function restoreTables(tables: Tables, { facts: { tables: { messages, sents, locals: all, nodes } }, lists: { made, guessed } }: Saved): void {
  const { subject } = tables;
  for (const message of messages) tables.message(subject.intern(message));
  const event = (message: number) => tables.messages[message] as Message;
  for (const [to, message] of sents) tables.sent({ to, event: event(message) });
  const locals = all.map((states, actor) => states.map(([value, context]) => subject.at(actor, value, context)));
  const local = (actor: number, number: number) => (locals[actor] as Asked['local'][])[number] as Asked['local'];
  for (const [actor, kept] of nodes.entries()) for (const [number, outbox, left] of kept) tables.node(actor, local(actor, number), outbox, left);
  for (const [list, keep] of [[made, tables.make.bind(tables)], [guessed, tables.guess.bind(tables)]] as const) {
    for (let at = 0; at < (list?.length ?? 0); at += 3) {
      const [actor, number, message] = (list as Int32Array).subarray(at, at + 3) as unknown as [number, number, number];
      keep(actor, local(actor, number), message);
    }
  }
}

/** Puts a round that has not begun where the saved one stood. */
export function restore(round: Round, saved: Saved): void {
  const { facts, lists } = saved;
  const { search, search: { tables } } = round;
  const { words, bits, word, shift } = facts;
  const layout = { words, bits, word: Int32Array.from(word), shift: Int32Array.from(shift), mask: Int32Array.from(bits, (width) => 2 ** width - 1) };
  const { worlds, levels, starts, targets } = lists as Readonly<Record<'worlds' | 'levels' | 'starts' | 'targets', Int32Array>>;
  search.restore({ ...facts, layout, worlds, levels, starts, targets });
  if (facts.learnt) round.ample?.restore(facts.learnt);
  for (const [index, place, row] of facts.found) {
    search.worlds.read(place, search.nodes);
    round.note(round.properties[index] as Property, place, row.map(([actor, at]) => {
      const node = search.nodes[actor] as number;
      if (((tables.first[actor] as Ints).data[node] as number) === -1) tables.expand(actor, node);
      const choice = ((tables.first[actor] as Ints).data[node] as number) + at;
      search.apply(choice);
      return choice;
    }));
  }
}

function found({ found, properties, search, search: { tables, worlds, nodes, mark } }: Round): Facts['found'] {
  return [...found].filter(([, { place }]) => place < mark.size).map(([property, { place, row }]) => {
    worlds.read(place, nodes);
    return [properties.indexOf(property), place, row.map((choice) => {
      const { actor } = tables.choices[choice] as Tables['choices'][number];
      const at = choice - ((tables.first[actor] as Ints).data[nodes[actor] as number] as number);
      search.apply(choice);
      return [actor, at] as const;
    })] as const;
  });
}
