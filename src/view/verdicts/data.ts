/**
 * What the checker said of claims, bugs and properties, as a page reads it: every verdict, and of each broken one the way
 * as the choices that a world offered. Printed by code and held true by tests; nothing is decided here.
 */
import type { Plain } from '../../../machines/chart.ts';
import type { Model } from '../../../machines/model.ts';
import type { Topology } from '../../../machines/topology.ts';
import { ModelError } from '../../errors.ts';
import { System, type Choice } from '../../world/world.ts';

/** Of each step of a way, answers included, which of `system.choices(world)` was taken. */
export type Picks = readonly number[];

export type Decided = 'holds' | 'broken' | 'unknown' | 'sampled';

/** A property that was decided somewhere: `way` where there is one that shows something. */
export interface CheckData {
  readonly model: string;
  /** Number in `topologies`. */
  readonly topology: number;
  readonly property: string;
  readonly verdict: Decided;
  /** Worlds that were visited. */
  readonly states: number;
  readonly complete: boolean;
  readonly way?: Picks;
}

export interface ClaimCheckData extends CheckData {
  /** As in `src/cases/claims/claim.ts`. */
  readonly role: 'claim' | 'within' | 'beyond' | 'control';
  /** What may happen there, in words. */
  readonly setting: string;
  /** What the claim says that it comes to; of a control, what everybody says. */
  readonly expects: 'holds' | 'broken';
  readonly met: boolean;
}

export interface ClaimData {
  readonly id: number;
  readonly who: 'R' | 'J' | 'C';
  readonly claim: string;
  readonly verdict: string;
  readonly condition?: string;
  readonly note: string;
  readonly measures: readonly { readonly what: string; readonly value: number | string }[];
  readonly seen: readonly { readonly recording: string; readonly shows: string }[];
  readonly checks: readonly ClaimCheckData[];
  /** Place in `checks` of the one whose way shows most of the verdict. */
  readonly shown?: number;
}

export interface ClaimsData {
  readonly topologies: readonly Topology[];
  /** Why a property matters, by its sentence. */
  readonly whys: Readonly<Record<string, string>>;
  readonly claims: readonly ClaimData[];
}

export interface BugCheckData extends CheckData {
  readonly role: 'affected' | 'fixed' | 'repaired';
}

export interface BugData {
  readonly id: string;
  readonly commit: string | null;
  readonly what: string;
  readonly verdict: 'found' | 'open' | 'missed' | 'unknown';
  readonly condition?: string;
  readonly note?: string;
  readonly scenario?: string;
  readonly recordings: readonly { readonly trace: string; readonly shows: string }[];
  readonly checks: readonly BugCheckData[];
}

export interface BugsData {
  readonly topologies: readonly Topology[];
  readonly whys: Readonly<Record<string, string>>;
  readonly bugs: readonly BugData[];
  readonly outside: readonly { readonly id: string; readonly commit: string | null; readonly what: string; readonly because: string }[];
}

/** A property under a model, over all topologies of a table in which it says something. */
export type CellData =
  | { readonly verdict: 'holds' | 'unknown' | 'not applicable' }
  /** `topology` has the shortest way; without a way no world of any topology has what the property looks for. */
  | { readonly verdict: 'broken'; readonly topology: number; readonly steps: number | null; readonly way?: Picks };

export interface MatrixTable {
  readonly title: string;
  readonly models: readonly string[];
  /** `topology`: the only one that the row is about. `property`: number in `properties`. */
  readonly rows: readonly { readonly property: number; readonly topology?: number; readonly cells: readonly CellData[] }[];
}

export interface MatrixData {
  readonly topologies: readonly { readonly says: string; readonly topology: Topology }[];
  readonly properties: readonly { readonly name: string; readonly kind: string; readonly why: string }[];
  readonly tables: readonly MatrixTable[];
}

/**
 * The choices of a way, each as the world before it offered it.
 *
 * @throws {ModelError} impossible-way: the model does not offer one of them any more
 */
export function choicesOf(system: System, picks: Picks): Choice[] {
  let world = system.initial();
  return picks.map((pick, at) => {
    const choice = system.choices(world)[pick];
    if (choice === undefined)
      throw new ModelError('impossible-way', `the world offers no choice ${pick}`, { at: `step ${at} of a way under ${system.model.name}`, usually: 'a way that was printed for other charts', hint: 'npm run pages' });
    ({ world } = system.step(world, choice));
    return choice;
  });
}

/** Gives equal values one number. */
export class Table<Value extends Plain | object> {
  readonly #numbers = new Map<string, number>();
  readonly all: Value[] = [];
  number(value: Value): number {
    const key = JSON.stringify(value);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.all.length);
    return this.all.push(value) - 1;
  }
}

/** The choices that were taken, as `choicesOf` reads them. */
export function picksOf(model: Model, topology: Topology, facts: readonly { readonly to: string; readonly event: unknown; readonly from: string; readonly cause: number | null }[]): Picks {
  const system = new System(model, topology);
  let world = system.initial();
  return facts.map((fact) => {
    const choices = system.choices(world);
    const pick = choices.findIndex((choice) => choice.to === fact.to && JSON.stringify(choice.event) === JSON.stringify(fact.event)
      && (choice.kind === 'start' ? fact.cause === null : world.flight[choice.index]?.cause === fact.cause));
    if (pick < 0) throw new ModelError('impossible-way', `the world does not offer ${JSON.stringify(fact.event)}`, { at: `fact ${world.seq} under ${model.name}` });
    ({ world } = system.step(world, choices[pick] as Choice));
    return pick;
  });
}
