/** Who owned each group when: spans over the facts of a run or over the lines of a trace, with what was refused meanwhile. */
import { errnoName } from '../../../machines/kernel.ts';
import { groupAt, kindOf, nameOf } from '../../../machines/address.ts';
import type { Address, Message } from '../../../machines/chart.ts';
import { shown } from '../../scenario/names.ts';
import { eventText } from '../../log/why.ts';
import type { Report } from '../../trace/report.ts';

/** So was the group from `from` on, and no longer at `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
  /** `unseen`: nothing in the trace has shown it yet, or the judge has stopped before; `set`: a chart without owners, and it is attached to somebody. */
  readonly state: 'unowned' | 'kernel_dma' | 'claimed' | 'unseen' | 'set';
  /** In a few words: `claimed by vm1, 1 time`, `kernel DMA, 2 drivers`. */
  readonly text: string;
  /** Who made it so, as people name them. */
  readonly by: string;
  readonly owner_cnt: number | null;
  readonly domain: string;
}

export interface Mark {
  readonly at: number;
  readonly kind: 'refused' | 'failed' | 'violation' | 'lost';
  readonly text: string;
  /** Who stood in the way, where that is known. */
  readonly because: string;
}

export interface GroupTime {
  readonly id: string;
  readonly title: string;
  readonly devices: readonly string[];
  readonly spans: readonly Span[];
  readonly marks: readonly Mark[];
}

export interface Timeline {
  /** What is counted along it. */
  readonly unit: 'fact' | 'line';
  /** The first of them, and the one behind the last. */
  readonly from: number;
  readonly to: number;
  readonly groups: readonly GroupTime[];
  /** What concerns no group, or all of them. */
  readonly marks: readonly Mark[];
}

interface Local { readonly value: unknown; readonly context: Readonly<Record<string, unknown>> }

const times = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

function told(state: Span['state'], by: string, owner_cnt: number | null): string {
  if (state === 'claimed') return `claimed by ${by}`;
  if (state === 'kernel_dma') return owner_cnt === null ? 'kernel DMA' : `kernel DMA, ${times(owner_cnt, 'driver')}`;
  return state === 'set' ? `attached for ${by}` : state === 'unseen' ? 'not seen yet' : 'unowned';
}

/** How a group stands, as any of the models has it. */
function standing({ value, context }: Local): Omit<Span, 'from' | 'to' | 'by'> & { readonly owner: string | null } {
  const parts = typeof value === 'string' ? [value] : Object.values(value as object).filter((part) => typeof part === 'string');
  const owner = (context['owner'] as string | null | undefined) ?? null;
  const owner_cnt = typeof context['owner_cnt'] === 'number' ? context['owner_cnt'] : null;
  const domain = typeof context['domain'] === 'string' ? context['domain'] : '';
  const state = parts.includes('claimed') ? 'claimed' : parts.includes('kernel_dma') ? 'kernel_dma' : domain !== '' && !['default', 'none', 'blocking'].includes(domain) ? 'set' : 'unowned';
  return { state, owner, owner_cnt, domain, text: told(state, owner !== null && state === 'claimed' ? shown(owner) : shown(domain), owner_cnt) };
}

/**
 * Folds the facts of a run into a timeline. Facts may be given in slices; those that neither reach nor leave a group need no state.
 *
 * @example
 * const fold = new Ownership(groups);
 * for (const fact of facts) fold.take(fact, kindOf(fact.to) === 'group' ? stateAfter(fact) : null);
 * fold.timeline(facts.length);
 */
export class Ownership {
  readonly #groups: Map<Address, { readonly devices: readonly string[]; readonly spans: (Omit<Span, 'to'> & { owner: string | null })[]; readonly marks: Mark[] }>;

  /** @param groups each with its devices and its state at the beginning */
  constructor(groups: readonly { readonly address: Address; readonly devices: readonly string[]; readonly initial: Local }[]) {
    this.#groups = new Map(groups.map(({ address, devices, initial }) => [address, { devices, spans: [{ from: 0, by: '', ...standing(initial) }], marks: [] }]));
  }

  /** @param after the state of the group that received the fact */
  take({ seq, from, to, event }: { readonly seq: number; readonly from: Address; readonly to: Address; readonly event: Message }, after: Local | null): void {
    const group = this.#groups.get(to);
    if (group !== undefined && after !== null) {
      const now = standing(after);
      const last = group.spans.at(-1);
      if (last === undefined || last.state !== now.state || last.owner !== now.owner || last.owner_cnt !== now.owner_cnt || last.domain !== now.domain)
        group.spans.push({ from: seq, by: shown(from), ...now });
    }
    const ret = event['ret'];
    if (kindOf(from) !== 'group' || typeof ret !== 'number' || ret >= 0) return;
    const refuses = this.#groups.get(from);
    const last = refuses?.spans.at(-1);
    refuses?.marks.push({ at: seq, kind: 'refused', text: `${shown(to)}: ${eventText(event)}`, because: last === undefined || last.state === 'unowned' ? '' : last.text });
  }

  /** @param to facts so far */
  timeline(to: number): Timeline {
    return {
      unit: 'fact', from: 0, to: Math.max(1, to), marks: [],
      groups: [...this.#groups].map(([address, { devices, spans, marks }]) => ({
        id: nameOf(address), title: shown(address), devices, marks,
        spans: spans.map(({ owner: _owner, ...span }, place) => ({ ...span, to: spans[place + 1]?.from ?? Math.max(1, to) })),
      })),
    };
  }
}

/** The same of a judged trace, over the lines of its file; where the verdict is not `conforms`, the line is marked. */
export function timelineOfReport({ groups, refusals, lines, line, reason, lost }: Pick<Report, 'groups' | 'refusals' | 'lines' | 'line' | 'reason' | 'lost'>): Timeline {
  const to = Math.max(lines, line ?? 0) + 1;
  const end = line ?? to;
  const markOf = ({ line: at, what, by }: Report['refusals'][number]): Mark => ({ at, kind: /^(?:use|claim) of /.test(what) ? 'refused' : 'failed', text: what, because: by });
  return {
    unit: 'line', from: 1, to,
    groups: groups.map(({ id, devices, ownership }) => ({
      id, title: shown(groupAt(id)), devices, marks: refusals.filter(({ group }) => group === id).map(markOf),
      spans: [{ from: 1, state: 'unseen' as const, by: '', owner_cnt: null, domain: '' }, ...ownership.map(({ line: from, ...one }) => ({ from, ...one }))]
        .map((one, place): Span => ({ ...one, text: told(one.state, one.by, one.owner_cnt), to: ownership[place]?.line ?? end }))
        .concat(end === to ? [] : [{ from: end, to, state: 'unseen', text: 'not judged any more', by: '', owner_cnt: null, domain: '' }]),
    })),
    marks: [
      ...refusals.filter(({ group }) => group === null || !groups.some(({ id }) => id === group)).map(markOf),
      ...(lost === undefined ? [] : [{ at: lost.line, kind: 'lost' as const, text: lost.why, because: '' }]),
      ...(line === undefined ? [] : [{ at: line, kind: 'violation' as const, text: reason ?? '', because: '' }]),
    ],
  };
}

/** Who holds a group at a point, in a sentence, since when it is so: `group 8: claimed by vm1 since fact 12`. */
export function sentenceAt({ unit }: Pick<Timeline, 'unit'>, { title, spans }: Pick<GroupTime, 'title' | 'spans'>, at: number): string {
  let place = Math.max(0, spans.findLastIndex(({ from }) => from <= at));
  const span = spans[place];
  if (span === undefined) return title;
  while (spans[place - 1]?.text === span.text) place--;
  const { from, state } = spans[place] as Span;
  return `${title}: ${span.text}${from === 0 || state === 'unseen' ? '' : ` since ${unit} ${from}`}`;
}

/** `-EBUSY` of a mark, if it names one. */
export const errnoIn = ({ text }: Mark): string => /-E[A-Z]+/.exec(text)?.[0] ?? (/ret (-?\d+)/.exec(text)?.[1] === undefined ? '' : errnoName(Number(/ret (-?\d+)/.exec(text)?.[1])));
