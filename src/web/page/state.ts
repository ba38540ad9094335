/**
 * Where somebody is in the page, and the same as the fragment of a URL.
 *
 * Model, topology and the way itself are one compressed word, made once for each run; the point in time, the selection and
 * the view stand beside it in clear.
 */
import type { Address, Message } from '../../../machines/chart.ts';
import type { Topology } from '../../../machines/topology.ts';
import { ModelError } from '../../errors.ts';
import { packed, unpacked } from './packed.ts';

/** One step of a path: its number among `System.choices`, or, for a call that the topology does not list, the call. */
export type PathStep = number | { readonly to: Address; readonly event: Message };

/** Where the facts of a run come from. */
export type Source =
  | { readonly kind: 'path'; readonly steps: readonly PathStep[] }
  /** A run of the store that the server reads. */
  | { readonly kind: 'log'; readonly run: string }
  /** A run in another process. */
  | { readonly kind: 'live'; readonly id: string };

/** What a run is, without its facts. */
export interface Origin {
  readonly title: string;
  readonly model: string;
  readonly topology: Topology;
  /** Answers in flight are delivered first; false for live runs. */
  readonly answersFirst: boolean;
  readonly source: Source;
}

export interface Place extends Origin {
  /** Facts delivered: the world before fact `at`. */
  readonly at: number;
  /** The other point of a difference. */
  readonly compared: number | null;
  readonly selected: Address | null;
  readonly view: string;
}

/** The part of a place that changes with every key. */
export type Point = Pick<Place, 'at' | 'compared' | 'selected' | 'view'>;

const version = 'r1';

/** An origin as one word for a fragment. */
export async function originText(origin: Origin): Promise<string> {
  return `${version}.${await packed(origin)}`;
}

/** @throws {ModelError} wrong-use: no link of this page */
export async function originOf(word: string): Promise<Origin> {
  const refuse = (message: string, cause?: unknown): never => { throw new ModelError('wrong-use', message, { at: 'the link', usually: 'a link that was cut off by a mail program', hint: 'copy the whole link', cause }); };
  const [written, body = ''] = word.split('.');
  if (written !== version) refuse(`the link has the form ${JSON.stringify(written)}, and this page reads ${version}`);
  try {
    const origin = await unpacked(body) as Partial<Origin>;
    if (typeof origin.model === 'string' && typeof origin.source?.kind === 'string' && Array.isArray(origin.topology?.devices)) return { title: '', answersFirst: true, ...origin } as Origin;
  } catch (cause) {
    refuse('the link cannot be unpacked', cause);
  }
  return refuse('the link does not say what to show');
}

/** A fragment without `#`. */
export function fragment(word: string, { at, compared, selected, view }: Point): string {
  return [`view=${view}`, `at=${at}`, ...(compared === null ? [] : [`from=${compared}`]), ...(selected === null ? [] : [`actor=${encodeURIComponent(selected)}`]), ...(word === '' ? [] : [`run=${word}`])].join('&');
}

/** A point of an application that is watched: it is in the page of whoever watches it, and nowhere else. */
export const watchedFragment = ({ id, at, selected, view }: Pick<Point, 'at' | 'selected' | 'view'> & { readonly id: string }): string =>
  [`view=${view}`, `at=${at}`, ...(selected === null ? [] : [`actor=${encodeURIComponent(selected)}`]), `watched=${encodeURIComponent(id)}`].join('&');

/** Where somebody stands in a trace. */
export interface TracePoint {
  readonly trace: string;
  readonly line: number | null;
  readonly by: string | undefined;
}

/** The part of a fragment that names a trace, to stand behind the others. */
export const traceFragment = ({ trace, line, by }: TracePoint): string => `&trace=${trace}${line === null ? '' : `&line=${line}`}${by === undefined ? '' : `&by=${encodeURIComponent(by)}`}`;

/** What a fragment says; what it does not say is undefined. */
export function fragmentOf(text: string): Partial<Point> & { readonly word?: string; readonly watched?: string; readonly trace?: TracePoint } {
  const given = new Map(text.replace(/^#/, '').split('&').map((pair) => { const at = pair.indexOf('='); return [pair.slice(0, at), pair.slice(at + 1)] as const; }));
  const count = (name: string) => (/^\d{1,9}$/.test(given.get(name) ?? '') ? Number(given.get(name)) : undefined);
  const [at, compared, selected, view, word, watched] = [count('at'), count('from'), given.get('actor'), given.get('view'), given.get('run'), given.get('watched')];
  const [trace, by] = [given.get('trace'), given.get('by')];
  return {
    ...(trace === undefined ? {} : { trace: { trace, line: count('line') ?? null, by: by === undefined ? undefined : decoded(by) } }),
    ...(at === undefined ? {} : { at }), ...(compared === undefined ? {} : { compared }), ...(selected === undefined ? {} : { selected: decoded(selected) }),
    ...(view === undefined ? {} : { view }), ...(word === undefined ? {} : { word }), ...(watched === undefined ? {} : { watched: decoded(watched) }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
