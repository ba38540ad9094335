/** An application that is watched: what it told so far, and where somebody stands in it. */
import { batch, computed, signal, type ReadonlySignal } from '@preact/signals';
import { History, type WatchedState } from '../../../inspect/history.ts';
import type { Seen } from '../../../inspect/seen.ts';
import { foreignChart, type ForeignChart } from '../../../view/chart/foreign.ts';
import type { Shown } from '../../../view/sequence/calls.ts';
import { marked, type Bookmark, type Line, type Words } from '../line.ts';
import { wordsOf } from './words.ts';

/** Messages that the page keeps. */
const keep = 20_000;
/** Milliseconds between two drawings of what comes in. */
const rest = 60;

export interface Head {
  readonly title: string;
  /** It may tell more. */
  readonly open: boolean;
  /** It takes events. */
  readonly answers: boolean;
}

export type Tab = 'chart' | 'sequence' | 'facts';

const charts = new WeakMap<object, ForeignChart | { readonly none: true }>();

/** The chart of a definition; undefined: it has none, or one that cannot be read. */
export function chartOf({ definition }: Pick<WatchedState, 'definition'>): ForeignChart | undefined {
  if (typeof definition !== 'object' || definition === null) return undefined;
  const found = charts.get(definition) ?? foreignChart(definition) ?? { none: true };
  charts.set(definition, found);
  return 'none' in found ? undefined : found;
}

export class Application implements Line {
  /** As the server calls it; of a recording, a name of the page. */
  readonly id: string;
  readonly head = signal<Head>({ title: '', open: true, answers: false });
  readonly words: Words;
  readonly facts = signal<readonly Shown[]>([]);
  readonly first = signal(0);
  readonly at = signal(0);
  readonly compared = signal<number | null>(null);
  readonly selected = signal<string | null>(null);
  readonly bookmarks = signal<readonly Bookmark[]>([]);
  readonly own: ReadonlySignal<number> = signal(0);
  readonly tab = signal<Tab>('chart');
  /** Messages that the server had forgotten before this page began to watch. */
  readonly missed = signal(0);
  /** Counts what came in: whoever reads the history reads this. */
  readonly tick = signal(0);
  /** Every actor at the point in view. */
  readonly actors: ReadonlySignal<readonly WatchedState[]>;
  readonly fact: ReadonlySignal<Shown | undefined>;
  /** What is selected; else who got the message in view, else the root. */
  readonly shown: ReadonlySignal<WatchedState | undefined>;
  #history = new History({ keep });
  #due: ReturnType<typeof setTimeout> | undefined;
  #begun = false;

  constructor(id: string) {
    this.id = id;
    this.words = wordsOf(() => this.#history);
    this.actors = computed(() => { void this.tick.value; return this.#history.at(this.at.value); });
    this.fact = computed(() => this.facts.value[this.at.value - 1 - this.first.value]);
    this.shown = computed(() => {
      void this.tick.value;
      const wanted = [this.selected.value, this.fact.value?.to, this.#history.root];
      return wanted.map((one) => (one == null ? undefined : this.#history.actor(one, this.at.value))).find((one) => one !== undefined);
    });
  }

  get history(): History { return this.#history; }

  /** Everything is told from the beginning: a connection was lost, or this is the first. */
  begin(actors: readonly Seen[], forgotten: number): void {
    this.#history = new History({ keep });
    this.missed.value = forgotten;
    this.take(actors);
  }

  take(seen: readonly Seen[]): void {
    for (const one of seen) this.#history.take(one);
    this.#due ??= setTimeout(() => { this.publish(); }, rest);
  }

  /** Shows what came in. Whoever stood at the end still does. */
  publish(): void {
    clearTimeout(this.#due);
    this.#due = undefined;
    batch(() => {
      const stood = this.at.value >= this.first.value + this.facts.value.length;
      const { first, end, facts } = this.#history;
      this.first.value = first;
      this.facts.value = facts.slice() as unknown as readonly Shown[]; // events of other people name no sender
      this.at.value = stood ? end : Math.max(first, Math.min(this.at.value, end));
      if (this.compared.value !== null && this.compared.value < first) this.compared.value = first;
      this.tick.value++;
      // Its root is what one wants to see first; who selects nothing follows the messages.
      if (!this.#begun && this.#history.root !== undefined) {
        this.#begun = true;
        this.selected.value ??= this.#history.root;
      }
    });
  }

  readonly actions: Line['actions'] = {
    goTo: (at) => { this.at.value = Math.max(this.#history.first, Math.min(Math.trunc(at), this.first.value + this.facts.value.length)); },
    step: (by) => { this.actions.goTo(this.at.value + by); },
    select: (id) => { this.selected.value = id !== null && this.#history.actor(id, 0) !== undefined ? id : null; },
    compare: (at) => { this.compared.value = at; },
    bookmark: (name = `${this.head.value.title} at ${this.at.value}`) => { this.bookmarks.value = marked(this.bookmarks.value, { run: 0, at: this.at.value, name }); },
    visit: ({ at }) => { this.actions.goTo(at); },
  };
}
