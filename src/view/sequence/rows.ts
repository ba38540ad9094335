/** Rows of a sequence diagram: one for each message that is shown and for each word that an actor says. */
import { environment, kindOf } from '../../../machines/address.ts';
import { errnoName } from '../../../machines/kernel.ts';
import { boringAnywhere, boringWord } from '../../scenario/boring.ts';
import { shown } from '../../scenario/names.ts';
import { sentence, words } from '../../scenario/print.ts';
import { isAnswer } from '../../world/world.ts';
import { callsOf, type Call, type Shown } from './calls.ts';
import { laneOf, lanesOf, type Lane } from './lanes.ts';

export interface Row {
  /** Sequence number of the fact, and its place in the list. */
  readonly seq: number;
  readonly place: number;
  /** `begin`: somebody outside calls; `end`: and is answered; `said`: a word of the receiver, beside the message before. */
  readonly kind: 'begin' | 'end' | 'call' | 'answer' | 'said';
  /** Lanes; equal where an actor speaks to its own lane. */
  readonly from: number;
  readonly to: number;
  /** Of `said`: which of the fact's words. */
  readonly word: number;
  readonly failed: boolean;
  /** Number of the call it belongs to; -1: none. */
  readonly call: number;
  /** Of a `begin` whose call is folded: how many facts it has. */
  readonly folded: number;
}

/** How those speak whose messages they are: by default the charts of the kernel. */
export interface Speech {
  /** Lane of an actor. */
  lane(address: string): Pick<Lane, 'id' | 'title' | 'kind'>;
  text(fact: Shown): string;
  failed(fact: Shown): boolean;
  /** It answers no question: shown with all steps only. */
  boring(fact: Shown): boolean;
}

export interface Sequence {
  readonly speech: Speech;
  readonly lanes: readonly Lane[];
  readonly rows: readonly Row[];
  readonly calls: readonly Call[];
  readonly facts: readonly Shown[];
  /** For each fact, by place: its row, or the last one before it that is shown; -1: none. */
  readonly rowAt: Int32Array;
}

export interface SequenceOptions {
  /** Locks, passive reads and what a lane says to itself too. Default false. */
  readonly all?: boolean;
  /** Ids of lanes whose actors are shown one by one. */
  readonly opened?: ReadonlySet<string>;
  /** Calls, by the sequence number of their first fact, of which only beginning and end are shown. */
  readonly folded?: ReadonlySet<number>;
  /** Facts, by sequence number, that are shown whatever else: a chain of causes. */
  readonly kept?: ReadonlySet<number>;
  /** All threads in one lane. Default false. */
  readonly together?: boolean;
  readonly speech?: Speech;
}

const positive = /^(?:__)?(?:driver_probe_device|really_probe)\.ret$/;
const nobody: ReadonlySet<never> = new Set<never>();

/** Lanes and rows of a run: linear in the facts. Who takes part in no row has no lane. */
export function sequenceOf(facts: readonly Shown[], options: SequenceOptions = {}): Sequence {
  const work = sequencing(facts, options);
  for (let next = work.next(); ; next = work.next()) if (next.done === true) return next.value;
}

/** Facts between two rests of `sequencing`: some milliseconds. */
const piece = 8192;

/** The same in pieces, so that whoever asks can do something else in between. */
export function* sequencing(facts: readonly Shown[], { all = false, opened = nobody, folded = nobody, kept = nobody, together = false, speech = kernelSpeech }: SequenceOptions = {}): Generator<undefined, Sequence> {
  const { calls, callOf } = callsOf(facts);
  const rows: Drafted[] = [];
  const rowAt = new Int32Array(facts.length);
  const pairs = new Pairs();
  const shows = shownWith(opened, speech);
  const foldedOf = folded.size === 0 ? null : calls.map(({ first }) => folded.has((facts[first] as Shown).seq));
  for (let place = 0; place < facts.length; place++) {
    if (place % piece === 0) yield;
    const fact = facts[place] as Shown;
    const { seq, from, to, event, said } = fact;
    const call = callOf[place] as number;
    const owner = calls[call];
    const begins = owner?.first === place;
    const ends = owner?.end === place;
    const keep = kept.has(seq);
    const isFolded = foldedOf?.[call] === true;
    const before = rows.length;
    if (begins || ends || keep || (!isFolded && (all || shows(fact)))) {
      const kind = begins && from === environment ? 'begin' : ends ? 'end' : isAnswer(event) ? 'answer' : 'call';
      rows.push({ seq, place, from, to, call, kind, word: -1, failed: speech.failed(fact), folded: isFolded && begins ? owner.steps : 0 });
      pairs.add(kind === 'begin' ? to : from, ends ? from : to);
    }
    if (said.length > 0 && kindOf(to) !== 'thread' && (!isFolded || keep)) for (let word = 0; word < said.length; word++) {
      if (!all && !keep && boringWord(said[word] as never, said as never)) continue;
      rows.push({ seq, place, from: to, to, call, kind: 'said', word, failed: failed({ event: said[word] as never }) || /WARN|BUG|panic/.test(said[word]?.type ?? ''), folded: 0 });
      pairs.add(to, to);
    }
    rowAt[place] = rows.length > before ? before : before - 1;
  }
  yield;
  const { lanes, placeOf } = lanesOf(pairs.all, opened, together, (address) => speech.lane(address));
  return {
    speech, lanes, calls, facts, rowAt,
    rows: rows.map((row): Row => {
      const [from, to] = [placeOf.get(row.from), placeOf.get(row.to)];
      return { ...row, from: from ?? to ?? 0, to: to ?? from ?? 0 };
    }),
  };
}

/** A row whose lanes are not known yet: who speaks to whom. */
type Drafted = Omit<Row, 'from' | 'to'> & { readonly from: string; readonly to: string };

/** Who meets whom, each pair once, in the order in which they do. */
class Pairs {
  readonly all: { readonly from: string; readonly to: string }[] = [];
  readonly #known = new Map<string, Set<string>>();
  add(from: string, to: string): void {
    let others = this.#known.get(from);
    if (others === undefined) this.#known.set(from, others = new Set<string>());
    if (others.has(to)) return;
    others.add(to);
    this.all.push({ from, to });
  }
}

/** What a lane says to itself is its inside, unless the lane is opened. A run says the same messages over and over: each is decided once. */
function shownWith(opened: ReadonlySet<string>, speech: Speech): (fact: Shown) => boolean {
  const known = new Map<Shown['event'], Map<string, boolean>>();
  return (fact) => {
    const { from, to, event } = fact;
    let byReceiver = known.get(event);
    if (byReceiver === undefined) known.set(event, byReceiver = new Map<string, boolean>());
    let shows = byReceiver.get(to);
    if (shows === undefined) {
      const [left, right] = [speech.lane(from).id, speech.lane(to).id];
      shows = left === right && speech === kernelSpeech ? opened.has(left) && from !== to : !speech.boring(fact);
      byReceiver.set(to, shows);
    }
    return shows;
  };
}

const failed = ({ event }: Pick<Shown, 'event'>): boolean => {
  const ret = event['ret'];
  return isAnswer(event) && (typeof ret === 'number' ? ret < 0 || (ret > 0 && positive.test(event.type)) : ret === 'an error');
};

/** `iommu_group_claim_dma_owner`, `really_probe.ret -EBUSY`, with the arguments that the lanes do not name. */
export const textOf = ({ from, to, event }: Pick<Shown, 'from' | 'to' | 'event'>): string => [event.type, ...words(event, shown(from), shown(to))].join(' ');

const kernelSpeech: Speech = { lane: laneOf, text: textOf, failed, boring: boringAnywhere };

/** What stands at a row. */
export function rowText({ facts, speech }: Pick<Sequence, 'facts' | 'speech'>, { place, word, kind, folded }: Row): string {
  const fact = facts[place] as Shown;
  if (kind === 'said') return sentence(fact.said[word] as never, shown(fact.to));
  const text = kind === 'begin' && fact.task !== undefined ? `${fact.task}: ${speech.text(fact)}` : speech.text(fact);
  return folded > 0 ? `${text}  \u2026 ${folded} steps` : text;
}

/** A call in one line: `admin: unbind_store e1000e = -ENODEV, 31 steps`. */
export function callTitle({ facts }: Pick<Sequence, 'facts'>, { first, ret, steps, end }: Call): string {
  const fact = facts[first] as Shown;
  const answered = end === null ? ', not over' : ret === null ? '' : ` = ${ret < 0 ? errnoName(ret) : ret}`;
  return `${fact.task ?? shown(fact.to)}: ${textOf(fact)}${answered}, ${steps} step${steps === 1 ? '' : 's'}`;
}
