/**
 * Are two systems the same to an observer? If not, a shortest run that only one of them has.
 */
import type { Subject } from '../check/subject.ts';
import type { WayStep } from '../check/path.ts';
import { ModelError } from '../errors.ts';
import { close, type Closed } from '../export/close.ts';
import { branching, weak } from './bisimulation.ts';
import { both, Labels, ltsOf, Observed, through, Watch, type Lts, type Observer } from './lts.ts';
import { refusals, traces } from './traces.ts';
import { wayAlong } from './way.ts';

export interface CompareOptions {
  /** Worlds to visit at most on each side, and pairs of sets of worlds. Default 1 000 000. */
  readonly limit?: number | undefined;
  /** Bytes that the worlds of each side may take. Default 2 GiB. */
  readonly memory?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Which side (0, 1) has visited how many worlds. */
  readonly onProgress?: ((side: number, worlds: number) => void) | undefined;
}

export interface Side {
  readonly worlds: number;
  readonly steps: number;
  /** Every world was visited. */
  readonly complete: boolean;
  /** What is compared: states and steps, and the classes of states that nobody tells apart. Undefined when that was not reached. */
  readonly lts?: Lts;
  readonly classes?: number;
}

/** A run that both sides can be seen to make, and what is possible behind it. */
export interface Parting {
  readonly run: readonly string[];
  /** What may be seen next, on either side. */
  readonly left: readonly string[];
  readonly right: readonly string[];
  /** Who can go on as the other cannot, by what, and a shortest way that does so; its own system takes it. */
  readonly side: 'left' | 'right';
  readonly then: string;
  readonly way: readonly WayStep[];
}

/** After a run that both sides can make, `side` may stand where only `offers` is possible; the other never with so little. */
export interface Hesitation {
  readonly run: readonly string[];
  readonly side: 'left' | 'right';
  readonly offers: readonly string[];
}

export type Comparison = { readonly sides: readonly [Side, Side]; readonly labels: Labels } & (
  /** `by`: the finest relation that holds. Nobody can tell them apart by trying. */
  | { readonly answer: 'same'; readonly by: 'branching' | 'weak' }
  /** Equal runs, but not equal choices on the way; where even refusals are equal, there is no `hesitation`. */
  | { readonly answer: 'same-traces'; readonly hesitation?: Hesitation; readonly rounds: number }
  | { readonly answer: 'differ'; readonly parting: Parting }
  | { readonly answer: 'unknown'; readonly why: 'limit' | 'memory' | 'interrupted' });

/** What is kept of a labelled step, while systems are compared, is this many bytes. */
const bytesPerStep = 64;
const most = { worlds: 1_000_000, bytes: 2 ** 31 } as const;

/**
 * Compares what an observer can see of two subjects, by complete exploration of both; two observers look at one side each.
 *
 * `same` is branching or at least weak bisimilarity, blind to divergence. `differ` has a run that is as short as any, counted in what is seen.
 *
 * @throws {ModelError} what the charts throw: `unhandled-event`, `no-such-actor`, `unbounded`
 */
export async function compare(left: Subject, right: Subject, observer: Observer | readonly [Observer, Observer], options: CompareOptions = {}): Promise<Comparison> {
  const { limit = most.worlds, memory = most.bytes, signal, onProgress } = options;
  const closed: Closed[] = [];
  for (const [index, subject] of [left, right].entries())
    closed.push(await close(subject, [], { limit, memory, walks: 0, signal, onProgress: (worlds) => onProgress?.(index, worlds) }));
  return compareClosed(closed as [Closed, Closed], observer, options);
}

/** The same for subjects that were explored before. */
export function compareClosed(closed: readonly [Closed, Closed], observer: Observer | readonly [Observer, Observer], options: Omit<CompareOptions, 'onProgress'> = {}): Comparison {
  const { limit = most.worlds, memory = most.bytes, signal } = options;
  const labels = new Labels();
  const [one, other] = closed;
  const side = ({ states, transitions, complete }: Closed, lts?: Lts, classes?: number): Side =>
    ({ worlds: states, steps: transitions, complete, ...(lts === undefined ? {} : { lts, classes: classes ?? 0 }) });
  const stopped = (why: 'limit' | 'memory' | 'interrupted', ...seen: [] | [Side, Side]): Comparison =>
    ({ sides: seen.length === 0 ? [side(one), side(other)] : seen, labels, answer: 'unknown', why });
  if (!one.complete || !other.complete)
    return stopped(signal?.aborted === true ? 'interrupted' : one.states >= limit || other.states >= limit ? 'limit' : 'memory');
  const eyes = typeof observer === 'function' ? [observer, observer] as const : observer;
  const observed = [new Observed(one.search, new Watch(one.tables, eyes[0], labels)), new Observed(other.search, new Watch(other.tables, eyes[1], labels))] as const;
  const edges = Math.floor(memory / bytesPerStep);
  let systems: [Lts, Lts];
  try {
    systems = [ltsOf(observed[0], edges), ltsOf(observed[1], edges)];
  } catch (error) {
    if (error instanceof ModelError && error.code === 'out-of-memory') return stopped('memory');
    throw error;
  }
  const partition = branching(both(...systems));
  const small = through(both(...systems), partition.classOf);
  const [here, there] = [partition.classOf[0] as number, partition.classOf[systems[0].states] as number];
  const classes = (from: number, count: number) => new Set(partition.classOf.subarray(from, from + count)).size;
  const sides: [Side, Side] = [
    side(one, systems[0], classes(0, systems[0].states)), side(other, systems[1], classes(systems[0].states, systems[1].states)),
  ];
  if (here === there) return { sides, labels, answer: 'same', by: 'branching' };
  const names = (numbers: readonly number[]) => numbers.map((number) => labels.names[number] as string);
  const found = traces(small, here, there, limit);
  if (found.kind === 'limit') return stopped('limit', ...sides);
  if (found.kind === 'differ') {
    const extra = found.left.find((label) => !found.right.includes(label));
    const then = extra ?? (found.right.find((label) => !found.left.includes(label)) as number);
    const way = wayAlong(observed[extra === undefined ? 1 : 0], [...found.run, then]);
    return {
      sides, labels, answer: 'differ',
      parting: { run: names(found.run), left: names(found.left).sort(), right: names(found.right).sort(), side: extra === undefined ? 'right' : 'left', then: labels.names[then] as string, way },
    };
  }
  const coarse = weak(small, edges);
  if (coarse === undefined) return stopped('memory', ...sides);
  if (coarse.classOf[here] === coarse.classOf[there]) return { sides, labels, answer: 'same', by: 'weak' };
  const refused = refusals(small, here, there, limit);
  return {
    sides, labels, answer: 'same-traces', rounds: coarse.rounds,
    ...(refused.kind === 'differ' ? { hesitation: { run: names(refused.run), side: refused.side, offers: names(refused.offers).sort() } } : {}),
  };
}
