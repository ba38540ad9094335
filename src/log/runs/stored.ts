/** Runs as they are stored: which there are, how they began and ended, their facts with all circumstances. */
import { createHash } from 'node:crypto';
import { environment } from '../../../machines/address.ts';
import { models } from '../../../machines/models/index.ts';
import { ModelError } from '../../errors.ts';
import { checkTopology } from '../../world/topology.ts';
import { System } from '../../world/world.ts';
import type { Facts, Recorded, State } from '../facts.ts';
import type { Store } from '../store/port.ts';
import { aboutStream, beganOf, endedOf, factOf, runStream, type Began, type Ended, type StoredFact } from './forms.ts';

export interface Run {
  readonly id: string;
  readonly began: Began;
  /** Null: it was not ended, or its writer died. */
  readonly ended: Ended | null;
  /** Facts that are stored. */
  readonly facts: number;
  /** When its beginning was stored, in milliseconds since 1970. */
  readonly at: number;
}

/** All runs, the oldest first. */
export async function runs(store: Store): Promise<Run[]> {
  const lengths = new Map((await store.streams('run/')).map(({ name, revision }) => [name, revision + 1]));
  const found: Run[] = [];
  for (const { name } of await store.streams('about/')) found.push(await read(store, name.slice('about/'.length), lengths.get(runStream(name.slice('about/'.length))) ?? 0));
  return found.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

/** The run whose id begins so; `last` is the newest. @throws {ModelError} no-such-run */
export async function runNamed(store: Store, beginning: string): Promise<Run> {
  if (beginning === 'last') {
    const last = (await runs(store)).at(-1);
    if (last !== undefined) return last;
  }
  const found = /^[0-9a-f-]+$/.test(beginning) ? await store.streams(aboutStream(beginning)) : [];
  const [one] = found;
  if (one === undefined || found.length > 1)
    throw new ModelError('no-such-run', one === undefined ? `no run begins with ${beginning}` : `${found.length} runs begin with ${beginning}`, {
      at: store.name, accepted: found.slice(0, 8).map(({ name }) => name.slice('about/'.length)), hint: `dma-ownership log list --log ${store.name}`,
    });
  const id = one.name.slice('about/'.length);
  return read(store, id, ((await store.revision(runStream(id))) ?? -1) + 1);
}

async function read(store: Store, id: string, facts: number): Promise<Run> {
  let began: Began | undefined;
  let ended: Ended | null = null;
  let at = 0;
  for await (const entry of store.read(aboutStream(id))) {
    if (entry.revision === 0) [began, at] = [beganOf(entry), entry.recordedAt];
    else ended = endedOf(entry);
  }
  if (began === undefined) throw new ModelError('damaged-log', 'a run has no beginning', { at: aboutStream(id) });
  return { id, began, ended, facts, at };
}

/** The system that the run was taken by, as far as it still exists. @throws {ModelError} no-such-model, bad-topology */
export function systemOf({ id, began }: Run): System {
  const model = models[began.model];
  if (model === undefined)
    throw new ModelError('no-such-model', `the run was taken by the model ${began.model}, which this version does not have`, { at: `run ${id}`, accepted: Object.keys(models), hint: 'read it with the version that wrote it' });
  checkTopology(began.topology, `run ${id}`, model);
  return new System(model, began.topology, { answersFirst: began.answersFirst });
}

/** A fact with its number and the state of its receiver on both sides. */
export function circumstantial(seq: number, { said = [], passed = [], after, ...fact }: StoredFact, states: Map<string, State>): Recorded {
  const before = fact.to === environment ? null : states.get(fact.to) ?? null;
  if (after !== undefined) states.set(fact.to, after);
  return { seq, ...fact, said, passed, before, after: after ?? before };
}

/** Facts in order, with circumstances. Needs no charts. @throws {ModelError} damaged-log */
export async function* factsOf(store: Store, { id, began }: Run, to?: number): AsyncGenerator<Recorded> {
  const states = new Map(Object.entries(began.initial));
  for await (const entry of store.read(runStream(id), to === undefined ? {} : { to: to - 1 })) yield circumstantial(entry.revision, factOf(entry), states);
}

/** All facts of a run in memory: what `why` and `holders` ask. `to`: only those before it. */
export async function loaded(store: Store, run: Run, to?: number): Promise<Facts> {
  const facts: Recorded[] = [];
  for await (const fact of factsOf(store, run, to)) facts.push(fact);
  return {
    length: facts.length,
    fact: (seq) => {
      const fact = facts[seq];
      if (fact !== undefined) return fact;
      throw new ModelError('wrong-use', `there is no fact ${seq}`, { at: `run ${run.id}`, accepted: facts.length === 0 ? 'none: the run has no facts' : `0 to ${facts.length - 1}`, hint: 'list the facts first' });
    },
  };
}

/** The digest over what is stored of a run, as `Ended` has it. */
export async function digestOf(store: Store, id: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const { data, stored } of store.read(aboutStream(id), { to: 0 })) hash.update(`${JSON.stringify((stored ?? { data }).data)}\n`);
  for await (const { data, stored } of store.read(runStream(id))) hash.update(`${JSON.stringify((stored ?? { data }).data)}\n`);
  return hash.digest('hex');
}
