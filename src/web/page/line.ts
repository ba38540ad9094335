/** What the table of facts, the slider and the keys need of whatever runs: a run of our charts, or an application that is watched. */
import type { ReadonlySignal } from '@preact/signals';
import type { Address, Said } from '../../../machines/chart.ts';
import { eventText } from '../../log/why.ts';
import type { Shown } from '../../view/sequence/calls.ts';
import { argumentsOf, failed, short } from './words.ts';

export interface Bookmark {
  readonly run: number;
  readonly at: number;
  readonly name: string;
}

/** How its messages are said. */
export interface Words {
  who(address: Address): string;
  what(fact: Shown): string;
  /** Beside it, in grey. */
  more(fact: Shown): string;
  /** What the receiver says meanwhile; null: nobody here says anything. */
  readonly said: ((fact: Shown) => string) | null;
  failed(fact: Shown): boolean;
  /** All of it that is searched, in lower case. */
  all(fact: Shown): string;
  readonly nothing: string;
  /** What a filter may look like. */
  readonly hint: string;
}

export interface Line {
  readonly words: Words;
  readonly facts: ReadonlySignal<readonly Shown[]>;
  /** The first point: so many facts are forgotten. The point behind fact `seq` is `seq + 1`. */
  readonly first: ReadonlySignal<number>;
  readonly at: ReadonlySignal<number>;
  /** The other point of a difference; null: none is asked for. */
  readonly compared: ReadonlySignal<number | null>;
  readonly selected: ReadonlySignal<Address | null>;
  readonly bookmarks: ReadonlySignal<readonly Bookmark[]>;
  /** What `run` is in the bookmarks of what is in view. */
  readonly own: ReadonlySignal<number>;
  readonly actions: {
    goTo(at: number): void;
    step(by: number): void;
    select(address: Address | null): void;
    compare(at: number | null): void;
    /** Marks the point in view, or no longer. */
    bookmark(name?: string): void;
    visit(mark: Bookmark): void;
  };
}

/** The bookmarks with one more, or without it where it is there. */
export function marked(marks: readonly Bookmark[], mark: Bookmark): readonly Bookmark[] {
  const others = marks.filter((one) => one.run !== mark.run || one.at !== mark.at);
  return others.length < marks.length ? others : [...others, mark].sort((a, b) => a.run - b.run || a.at - b.at);
}

/** The words of the kernel. */
export const kernelWords: Words = {
  who: short, failed: ({ event }) => failed(event),
  what: ({ event }) => eventText(event),
  more: ({ event, from, to }) => argumentsOf(event, from, to),
  said: ({ said }) => said.map((word) => eventText(word as Said)).join(', '),
  all: ({ seq, from, to, event, said }) => `${seq} ${from} ${to} ${eventText(event)} ${said.length === 0 ? '' : said.map((word) => eventText(word as Said)).join(' ')}`.toLowerCase(),
  nothing: 'No facts yet: choose what happens next, or open a run.', hint: 'filter: words, errors, actor:group:8, !word',
};
