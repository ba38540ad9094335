/**
 * What stands in a state and on an edge, and how much room it takes.
 *
 * A box is lines of text with their places; the layout sees only its size, the picture only its lines.
 */
import { widthOf, wrapped, type Face } from '../metrics.ts';
import type { Deed } from './deeds.ts';
import type { ChartEdge, ChartState, Reaction } from './graph.ts';

/** What a piece of text is: it decides colour and weight. */
export type Ink = 'title' | 'label' | 'note' | 'event' | 'guard' | 'call' | 'answer' | 'say' | 'change' | 'step';

export interface Piece {
  readonly text: string;
  readonly ink: Ink;
  /** From the left of the box. */
  readonly x: number;
}

export interface Line {
  /** Base line, from the top of the box. */
  readonly y: number;
  readonly pieces: readonly Piece[];
  /** The transition that this line tells about. */
  readonly reaction?: string;
}

export interface Box {
  readonly width: number;
  readonly height: number;
  readonly lines: readonly Line[];
  /** Where the title ends and what happens in the state begins; none without either. */
  readonly rule?: number;
}

/** Font sizes in pixels. */
export const sizes: Readonly<Record<Ink, number>> = {
  title: 13, label: 13, note: 11, step: 10, event: 11, guard: 11, call: 11, answer: 11, say: 11, change: 11,
};
export const faceOf = (ink: Ink): Face => (ink === 'note' || ink === 'step' ? 'sans' : 'mono');
const bold: ReadonlySet<Ink> = new Set<Ink>(['title', 'label']);

const line = 15;
const margin = 9;
const gap = 7;
const noteWidth = 250;

const wide = (text: string, ink: Ink): number => widthOf(text, sizes[ink], faceOf(ink)) * (bold.has(ink) ? 1.03 : 1);

/** Pieces one behind the other, from `x`. */
function row(x: number, words: readonly (readonly [text: string, ink: Ink])[]): Piece[] {
  const pieces: Piece[] = [];
  for (const [text, ink] of words) {
    if (text === '') continue;
    pieces.push({ text, ink, x });
    x += wide(text, ink) + gap;
  }
  return pieces;
}

const endOf = (pieces: readonly Piece[]): number => Math.max(0, ...pieces.map(({ x, text, ink }) => x + wide(text, ink)));

/** Words of one deed. */
const told = ({ kind, text, to }: Deed): [string, Ink] => {
  switch (kind) {
    case 'call': return [to === '' ? text : `${text} → ${to}`, 'call'];
    case 'answer': return [text, 'answer'];
    case 'say': case 'raise': return [`! ${text}`, 'say'];
    case 'change': return [text, 'change'];
  }
};

/** The same deeds in lines of at most so many characters. */
function doing(deeds: readonly Deed[], x: number, widest: number): Piece[][] {
  const lines: [string, Ink][][] = [];
  for (const word of deeds.map(told)) {
    const last = lines.at(-1);
    if (last !== undefined && endOf(row(x, [...last, word])) <= widest) last.push(word);
    else lines.push([word]);
  }
  return lines.map((words) => row(x, words));
}

/** The box of a state: its title, what it does when entered, and the transitions that stay in it. */
export function stateBox(state: ChartState): Box {
  const head = row(margin, [[state.label ? `${state.title}:` : state.title, state.label ? 'label' : 'title'], ...stepOf(state)]);
  const lines: Line[] = [{ y: 18, pieces: head }];
  const add = (pieces: Piece[], reaction?: string): void => {
    lines.push({ y: (lines.at(-1)?.y ?? 0) + line, pieces, ...(reaction === undefined ? {} : { reaction }) });
  };
  const rows = table(state.inside);
  const body = Math.max(noteWidth, endOf(head), ...rows.map(({ pieces }) => endOf(pieces)));
  for (const text of wrapped(state.description, body, sizes.note, 'sans')) add([{ text, ink: 'note', x: margin }]);
  const rule = (lines.at(-1)?.y ?? 0) + 6;
  const before = lines.length;
  for (const deed of state.entry) add(row(margin, [told(deed)]));
  for (const deed of state.exit) add(row(margin, [['exit', 'note'], told(deed)]));
  for (const { pieces, reaction } of rows) add(pieces, reaction);
  const ruled = lines.length > before;
  const shifted = lines.map((one, index) => (index < before ? one : { ...one, y: one.y + 5 }));
  return {
    width: Math.ceil(Math.max(...shifted.map(({ pieces }) => endOf(pieces))) + margin), height: (shifted.at(-1)?.y ?? 0) + 8, lines: shifted,
    ...(ruled ? { rule } : {}),
  };
}

const stepOf = ({ step, function: within }: ChartState): [string, Ink][] => [
  ...(step === '' ? [] : [[/^[\d, ]+$/.test(step) ? `step ${step}` : step, 'step'] as [string, Ink]]),
  ...(within === '' ? [] : [[`${within}()`, 'step'] as [string, Ink]]),
];

/** Event, guard and deeds under each other; an event is named once for all its branches. */
function table(reactions: readonly Reaction[]): { pieces: Piece[]; reaction: string }[] {
  const event = margin + Math.max(0, ...reactions.map((one) => wide(one.event, 'event'))) + gap;
  const guards = reactions.map((one) => (one.guard === '' ? 0 : wide(guarded(one), 'guard') + gap));
  const deeds = event + Math.max(0, ...guards);
  return reactions.flatMap((reaction, index) => {
    const lines = doing(reaction.deeds, deeds, deeds + 330);
    const first: Piece[] = [
      ...(reactions[index - 1]?.event === reaction.event ? [] : [{ text: reaction.event, ink: 'event', x: margin } as const]),
      ...(reaction.guard === '' ? [] : [{ text: guarded(reaction), ink: 'guard', x: event } as const]),
    ];
    return [[...first, ...(lines[0] ?? [{ text: reaction.description === '' ? 'nothing' : '', ink: 'change', x: deeds } as const])], ...lines.slice(1)]
      .map((pieces) => ({ pieces, reaction: reaction.id }));
  });
}

const guarded = ({ guard }: Reaction): string => (guard === '' ? '' : guard === 'else' ? 'else' : `[${guard}]`);

/** What stands on an edge: each transition in a line, and what it does below. `short`: the answer that everybody here waits for is `.ret`. */
export function edgeBox(edge: ChartEdge, short: boolean): Box | undefined {
  const lines: Line[] = [];
  for (const [index, reaction] of edge.reactions.entries()) {
    const same = edge.reactions[index - 1]?.event === reaction.event;
    const event = short ? '.ret' : reaction.event;
    const named = same && reaction.guard !== '' ? '' : event;
    for (const pieces of [row(4, [[named, 'event'], [guarded(reaction), 'guard']]), ...doing(reaction.deeds, 10, 250)])
      if (pieces.length > 0) lines.push({ y: 12 + lines.length * 13, pieces, reaction: reaction.id });
  }
  if (lines.length === 0) return undefined;
  return { width: Math.ceil(Math.max(...lines.map(({ pieces }) => endOf(pieces))) + 4), height: lines.length * 13 + 5, lines };
}

/** The state only waits for the answer to the one call that it makes. */
export function waitsFor(state: ChartState, edges: readonly ChartEdge[]): boolean {
  const calls = state.entry.filter(({ kind }) => kind === 'call');
  const events = new Set([...edges.filter(({ from }) => from === state.id).flatMap(({ reactions }) => reactions), ...state.inside].map(({ event }) => event));
  return calls.length === 1 && events.size === 1 && [...events].every((event) => event.endsWith('.ret'));
}
