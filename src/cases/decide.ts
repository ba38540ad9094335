/**
 * Cases: what the checker says about one property of one topology under one model.
 *
 * A table of cases is what an argument is made of: the same topology under two models, two properties of one topology. Cases
 * that ask about the same worlds are decided by one exploration.
 */
import type { Model } from '../../machines/model.ts';
import { properties } from '../../machines/properties/index.ts';
import type { Property } from '../../machines/properties/property.ts';
import type { Topology } from '../../machines/topology.ts';
import type { Report } from '../check/explore.ts';
import { exploreAsNeeded } from '../check/needed.ts';
import type { Way, WayStep } from '../check/path.ts';
import type { Kind, Verdict } from '../check/property.ts';
import { replay } from '../check/replay.ts';
import { subjectOf } from '../check/subject.ts';
import { ModelError } from '../errors.ts';
import { checkTopology } from '../world/topology.ts';
import { System, type Fact } from '../world/world.ts';
import { untangle } from './untangle.ts';

export interface Case {
  readonly model: Model;
  readonly topology: Topology;
  /** How many threads may be inside a call at once. Default: all. */
  readonly together?: number;
  /** The sentence of one in machines/properties, or a property that stands nowhere else. */
  readonly property: string | Property;
}

/** What was found, and how far the search went. */
export interface Finding {
  readonly property: string;
  readonly kind: Kind;
  readonly verdict: Verdict;
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** Every reachable world was visited. */
  readonly complete: boolean;
  readonly stopped?: Report['stopped'];
  /** The way to the world or step that breaks it, or that a `sometimes` looks for; `shortest`: no way is shorter. */
  readonly witness?: { readonly steps: readonly WayStep[]; readonly facts: readonly Fact[]; readonly shortest: boolean };
}

export interface DecideOptions {
  /** As in `explore`: worlds and bytes for each exploration. Default: no limit, 4 GiB. */
  readonly limit?: number | undefined;
  readonly memory?: number | undefined;
  /** Threads that search together. With more than one, which of several shortest ways is told may differ. Default 1. */
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** After each exploration: so many of so many. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/**
 * Decides every case, in the order in which they are given: every world is visited while memory lasts, also those that differ by names only.
 *
 * A way is put in an order with few changes of thread and taken again step by step (`facts`) before it is returned. What an interrupted or limited search did not decide is
 * `unknown`; after an interruption the searches that are left end at once.
 *
 * @example
 * const [before, after] = await decide([{ model: v6_5, topology, property }, { model: v6_6, topology, property }]);
 *
 * @throws {ModelError} `no-such-property` for a sentence that no property has, or one that does not apply to its topology and model
 * @throws {ModelError} `bad-topology` when a model lacks what a topology needs
 */
export async function decide(cases: readonly Case[], options: DecideOptions = {}): Promise<Finding[]> {
  const runs = together(cases);
  const findings: Finding[] = [];
  for (const [index, run] of runs.entries()) {
    for (const [place, finding] of await explored(run, options)) findings[place] = finding;
    options.onProgress?.(index + 1, runs.length);
  }
  return findings;
}

/** Cases with one model, topology and bound: the places where they stand, and what each asks. */
interface Run {
  readonly first: Case;
  readonly asked: Map<number, Property>;
}

function together(cases: readonly Case[]): Run[] {
  const runs = new Map<Model, Map<string, Run>>();
  for (const [place, one] of cases.entries()) {
    const ofModel = runs.get(one.model) ?? new Map<string, Run>();
    runs.set(one.model, ofModel);
    const key = JSON.stringify([one.topology, one.together]);
    const run = ofModel.get(key) ?? { first: one, asked: new Map<number, Property>() };
    ofModel.set(key, run);
    run.asked.set(place, propertyOf(one));
  }
  return [...runs.values()].flatMap((ofModel) => [...ofModel.values()]);
}

function propertyOf({ property, topology, model }: Case): Property {
  const found = typeof property === 'string' ? properties.find(({ name }) => name === property) : property;
  if (found !== undefined && (found.applies?.(topology, model) ?? true)) return found;
  throw new ModelError('no-such-property', found === undefined ? `no property says ${JSON.stringify(property)}` : `${JSON.stringify(found.name)} says nothing here`, {
    at: `${model.name}, ${topology.threads.map(({ name }) => name).join(', ')}`,
    accepted: properties.filter(({ applies }) => applies?.(topology, model) ?? true).map(({ name }) => name),
  });
}

async function explored({ first: { model, topology, together }, asked }: Run, { limit, memory, workers, signal }: DecideOptions): Promise<[number, Finding][]> {
  checkTopology(topology, `a topology for ${model.name}`, model);
  const system = new System(model, topology, { twice: true });
  const questions = [...new Set(asked.values())];
  const report = await exploreAsNeeded(subjectOf(system, { together }), questions, { limit, memory, workers, signal, symmetry: false }); // counts that anybody can check
  const { states, transitions, depth, complete, stopped } = report;
  const told = ({ steps, loop }: Way, property: Property) => {
    const ordered = loop === undefined ? untangle(system, steps, property.step !== undefined) : steps;
    return { steps: ordered, facts: replay(system, ordered).facts };
  };
  const answers = new Map(report.properties.map(({ name, kind, verdict, way, shortest = false }, index): [Property, Finding] => [questions[index] as Property, {
    property: name, kind, verdict, states, transitions, depth, complete, ...(stopped === undefined ? {} : { stopped }),
    ...(way === undefined ? {} : { witness: { ...told(way, questions[index] as Property), shortest } }),
  }]));
  return [...asked].map(([place, property]) => [place, answers.get(property) as Finding]);
}
