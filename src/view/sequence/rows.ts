/** Rows of a sequence diagram: one for each message that is shown and for each word that an actor says. */
import { environment, kindOf } from '../../../machines/address.ts';
import { errnoName } from '../../../machines/kernel.ts';
import { boringAnywhere, boringWord } from '../../scenario/boring.ts';
import { shown } from '../../scenario/names.ts';
import { sentence, words } from '../../scenario/print.ts';
import { isAnswer } from '../../world/world.ts';
import { callsOf, type Call, type Shown } from './calls.ts';
import { lanesOf, type Lane } from './lanes.ts';

export interface Row {
  /** Sequence number of the fact, and its place in the list. */
  readonly seq: number;
  readonly place: number;
  /** `begin`: somebody outside calls; `end`: and is answered; `said`: a word of the receiver, beside the message before. */
  readonly kind: 'begin' | 'end' | 'call' | 'answer' | 'said';
  /** Lanes; equal where an actor speaks to its own lane. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly failed: boolean;
  readonly inferred: boolean;
  /** Line of the trace, where there is one. */
  readonly line: number | null;
  /** Number of the call it belongs to; -1: none. */
  readonly call: number;
  /** Of a `begin` whose call is folded: how many facts are not shown. */
  readonly folded: number;
}

export interface Sequence {
  readonly lanes: readonly Lane[];
  readonly rows: readonly Row[];
  readonly calls: readonly Call[];
  readonly facts: readonly Shown[];
  /** Row of the fact with this place, or of the last one before it that is shown; -1: none. */
  readonly rowAt: Int32Array;
}

export interface SequenceOptions {
  /** Locks, passive reads and what a lane says to itself too. Default false. */
  readonly all?: boolean;
  /** Ids of lanes whose actors are shown one by one. */
  readonly opened?: ReadonlySet<string>;
  /** Calls (by the sequence number of their first fact) of which only beginning and end are shown. */
  readonly folded?: ReadonlySet<number>;
  /** Facts (sequence numbers) that are shown whatever else: a chain of causes. */
  readonly kept?: ReadonlySet<number>;
}

const positive = /^(?:__)?(?:driver_probe_device|really_probe)\.ret$/;

/** Lanes and rows of a run: linear in the facts. */
export function sequenceOf(facts: readonly Shown[], { all = false, opened = new Set(), folded = new Set(), kept = new Set() }: SequenceOptions = {}): Sequence {
  const { calls, callOf } = callsOf(facts);
  const { lanes, placeOf } = lanesOf(facts, opened);
  const rows: Row[] = [];
  const rowAt = new Int32Array(facts.length);
  for (const [place, fact] of facts.entries()) {
    const { seq, from, to, event, said, inferred = false, line = null } = fact;
    const call = callOf[place] as number;
    const owner = calls[call];
    const begins = owner?.first === place;
    const ends = owner?.end === place;
    const isFolded = owner !== undefined && folded.has(facts[owner.first]?.seq ?? -1);
    const keep = kept.has(seq);
    if (isFolded && !begins && !ends && !keep) {
      rowAt[place] = rows.length - 1;
      continue;
    }
    const [left, right] = [placeOf.get(from) as number, placeOf.get(to) as number];
    const common = { seq, place, from: left, to: right, inferred, line, call, folded: 0 };
    if (begins || ends || keep || all || (left !== right && !boringAnywhere(fact)) || (left === right && opened.size > 0 && !boringAnywhere({ ...fact, from: environment })))
      rows.push({ ...common, kind: begins && from === environment ? 'begin' : ends ? 'end' : isAnswer(event) ? 'answer' : 'call', text: textOf(fact), failed: failed(fact), folded: isFolded && begins ? owner.steps : 0 });
    rowAt[place] = rows.length - 1;
    if (isFolded && !keep) continue;
    for (const word of said) if (all || keep || !(boringWord(word as never, said as never) || (kindOf(to) === 'thread')))
      rows.push({ ...common, from: right, kind: 'said', text: sentence(word as never, shown(to)), failed: /WARN|BUG|panic/.test(word.type) });
  }
  return { lanes, rows, calls, facts, rowAt };
}

const failed = ({ event }: Shown): boolean => {
  const ret = event['ret'];
  return isAnswer(event) && typeof ret === 'number' && (ret < 0 || (ret > 0 && positive.test(event.type)));
};

/** `iommu_group_claim_dma_owner`, `really_probe.ret -EBUSY`, with the arguments that the lanes do not name. */
export function textOf({ from, to, event }: Pick<Shown, 'from' | 'to' | 'event'>): string {
  return [event.type, ...words(event, shown(from), shown(to))].join(' ');
}

/** A call in one line: `unbind_store e1000e of 0000:02:00.0 = -ENODEV, 31 steps`. */
export function callTitle({ facts }: Pick<Sequence, 'facts'>, { first, ret, steps, end }: Call): string {
  const fact = facts[first] as Shown;
  const answered = end === null ? ', not over' : ret === null ? '' : ` = ${ret < 0 ? errnoName(ret) : ret}`;
  return `${shown(fact.to)}: ${textOf(fact)}${answered}, ${steps} step${steps === 1 ? '' : 's'}`;
}
