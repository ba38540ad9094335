/**
 * The page's one state: runs, the point in time, what is selected, which view. Views read signals and call actions;
 * nothing else is shared between them.
 */
import { batch, computed, signal, type ReadonlySignal } from '@preact/signals';
import type { Address } from '../../../machines/chart.ts';
import type { Topology } from '../../../machines/topology.ts';
import type { Facts } from '../../log/facts.ts';
import { modelNamed } from '../../world/models.ts';
import { offered } from '../../scenario/offers.ts';
import { checkTopology } from '../../world/topology.ts';
import { System, type Choice, type Fact, type World } from '../../world/world.ts';
import { kernelWords, marked, type Bookmark, type Line } from './line.ts';
import { Run, type Told } from './run.ts';
import type { Origin, Place, Source } from './state.ts';

export interface OpenOptions {
  readonly title: string;
  readonly source?: Source;
  /** Default true. */
  readonly answersFirst?: boolean;
  /** Where to stand then. Default: at the end. */
  readonly at?: number;
  readonly view?: string;
  readonly selected?: Address | null;
}

export interface Session extends Line {
  readonly place: ReadonlySignal<Place>;
  /** Every run that is open, in the order of opening. */
  readonly runs: ReadonlySignal<readonly Run[]>;
  readonly run: ReadonlySignal<Run>;
  readonly system: ReadonlySignal<System>;
  readonly facts: ReadonlySignal<readonly Fact[]>;
  readonly world: ReadonlySignal<World>;
  /** The fact that led to this world; undefined at the beginning. */
  readonly fact: ReadonlySignal<Fact | undefined>;
  /** What may happen next. */
  readonly choices: ReadonlySignal<readonly Choice[]>;
  readonly view: ReadonlySignal<string>;
  /** A remark for whoever sits in front: an error, or what an action did. */
  readonly notice: ReadonlySignal<{ readonly kind: 'error' | 'done'; readonly text: string } | null>;
  /** Something that takes long: how far it is, from 0 to 1. */
  readonly busy: ReadonlySignal<{ readonly what: string; readonly done: number } | null>;
  /** Facts with circumstances: what `why` and `holders` ask. */
  readonly recorded: ReadonlySignal<Facts>;
  worldAt(n: number): World;
  readonly actions: Actions;
}

export type Actions = Line['actions'] & {
  show(view: string): void;
  /** Takes a choice of the world in view; from an earlier point that is a new run beside the old one. */
  deliver(choice: Choice): void;
  /** The same, and then whatever moves, with the usual answers, until nobody can go on but by a new call. */
  runOn(choice?: Choice): void;
  /** A new run with the facts before `at`. */
  branchAt(at: number): void;
  switchTo(run: Run): void;
  close(run: Run): void;
  /** Opens a run by its steps: exact ones, or those of the checker, which leave out answers. @throws {ModelError} */
  openPath(model: string, topology: Topology, steps: readonly Told[], options: OpenOptions & { readonly answers?: 'given' | 'follow' }): Run;
  /** Opens a run by its facts, in slices that leave the page responsive. `count`: how many will come, for the progress. @throws {ModelError} */
  openFacts(model: string, topology: Topology, facts: Iterable<readonly Fact[]> | AsyncIterable<readonly Fact[]>, count: number, options: OpenOptions): Promise<Run>;
  /** A run got more facts from elsewhere. Whoever stood at its end still does. */
  grown(run: Run, by: number): void;
  /** Opens what an origin says; the facts of a log or a live run are given later, with `again` or `take`. @throws {ModelError} */
  openOrigin(origin: Origin, options?: Partial<OpenOptions>): Run;
  tell(kind: 'error' | 'done', text: string): void;
  quiet(): void;
  work(what: string | null, done?: number): void;
};

/** Facts that one key adds at most: a chart that never comes to rest shall not stop the page. */
const longest = 5000;
/** Longest stretch of work between two frames, in milliseconds. */
const slice = 12;
const pause = (): Promise<void> => new Promise((resolve) => { setTimeout(resolve, 0); });

/** @throws {ModelError} no-such-model, bad-topology */
export function createSession(first: Origin): Session {
  let ids = 0;
  const runs = signal<readonly Run[]>([]);
  const at = signal(0);
  const compared = signal<number | null>(null);
  const selected = signal<Address | null>(null);
  const view = signal('topology');
  const bookmarks = signal<readonly Bookmark[]>([]);
  const notice = signal<Session['notice']['value']>(null);
  const busy = signal<Session['busy']['value']>(null);

  const made = (origin: Origin, parent: Run['parent'] = null): Run => new Run(++ids, systemFor(origin), origin, parent);
  const current = signal(made(first));
  runs.value = [current.value];

  const facts = computed(() => current.value.facts.value);
  const world = computed(() => { void facts.value; return current.value.worldAt(at.value); });
  const clamp = (n: number) => Math.max(0, Math.min(Math.trunc(n), current.value.length));

  /** Puts a run in front. */
  const enter = (run: Run, { at: point = run.length, view: shown, selected: chosen }: Partial<OpenOptions>) => batch(() => {
    if (!runs.value.includes(run)) runs.value = [...runs.value, run];
    current.value = run;
    at.value = Math.max(0, Math.min(point, run.length));
    compared.value = null;
    if (shown !== undefined) view.value = shown;
    const kept = chosen === undefined ? selected.value : chosen;
    selected.value = kept !== null && run.system.has(kept) ? kept : null;
  });
  const opened = (model: string, topology: Topology, { title, source = { kind: 'path', steps: [] }, answersFirst = true }: OpenOptions): Run =>
    made({ title, model, topology, answersFirst, source });

  const actions: Actions = {
    goTo(n) { at.value = clamp(n); },
    step(by) { at.value = clamp(at.value + by); },
    select(address) { selected.value = address !== null && current.value.system.has(address) ? address : null; },
    show(name) { view.value = name; },
    compare(n) { compared.value = n === null ? null : clamp(n); },
    bookmark(name = `${current.value.origin.title} at ${at.value}`) {
      bookmarks.value = marked(bookmarks.value, { run: current.value.id, at: at.value, name });
    },
    visit(mark) {
      const run = runs.value.find(({ id }) => id === mark.run);
      if (run === undefined) return;
      if (run !== current.value) actions.switchTo(run);
      actions.goTo(mark.at);
    },
    deliver(choice) {
      batch(() => {
        if (at.value < current.value.length || current.value.origin.source.kind === 'live') actions.branchAt(at.value);
        const run = current.value;
        run.take(choice);
        run.publish();
        at.value = run.length;
      });
    },
    runOn(choice) {
      const next = choice ?? current.value.system.choices(world.value).find(({ kind }) => kind !== 'start');
      if (next === undefined) return;
      batch(() => {
        actions.deliver(next);
        const run = current.value;
        for (let steps = 0; steps < longest; steps++) {
          const then = run.system.choices(run.world).find(({ kind }) => kind !== 'start');
          if (then === undefined) break;
          run.take(then);
        }
        run.publish();
        at.value = run.length;
      });
    },
    branchAt(n) {
      const from = current.value;
      const end = clamp(n);
      const run = made({ ...from.origin, title: `${from.origin.title.replace(/ · from \d+$/, '')} · from ${end}`, source: { kind: 'path', steps: [] } }, { run: from.id, seq: end });
      for (let seq = 0; seq < end; seq++) run.take(from.choice(seq) as Choice);
      run.publish();
      enter(run, { at: end });
    },
    switchTo(run) { enter(run, { at: Math.min(at.value, run.length) }); },
    close(run) {
      if (runs.value.length === 1) return;
      const index = runs.value.indexOf(run);
      batch(() => {
        runs.value = runs.value.filter((one) => one !== run);
        bookmarks.value = bookmarks.value.filter((one) => one.run !== run.id);
        if (current.value === run) enter(runs.value[Math.max(0, index - 1)] as Run, {});
      });
    },
    openPath(model, topology, steps, options) {
      const run = opened(model, topology, options);
      for (const step of steps) {
        run.tell(step);
        if (options.answers === 'follow') run.settleAnswers();
      }
      run.publish();
      enter(run, options);
      return run;
    },
    async openFacts(model, topology, pages, count, options) {
      const run = opened(model, topology, options);
      let until = performance.now() + slice;
      try {
        for await (const page of pages) for (const fact of page) {
          if (run.refused.value !== null || !run.again(fact)) break;
          if ((run.length & 15) !== 0 || performance.now() < until) continue;
          actions.work(`${options.title}: fact ${run.length} of ${count}`, run.length / count);
          await pause();
          until = performance.now() + slice;
        }
      } finally {
        actions.work(null);
      }
      run.publish();
      enter(run, options);
      if (run.refused.value !== null) actions.tell('error', run.refused.value);
      return run;
    },
    openOrigin(origin, options = {}) {
      const run = made(origin);
      if (origin.source.kind === 'path') for (const step of origin.source.steps) run.walk(step);
      run.publish();
      enter(run, options);
      return run;
    },
    grown(run, by) {
      batch(() => {
        run.publish();
        if (current.value === run && at.value === run.length - by) at.value = run.length;
      });
    },
    tell(kind, text) { notice.value = { kind, text: text.trim() === '' ? 'Something failed and did not say what. The console of the browser (F12) may know more.' : text }; },
    quiet() { notice.value = null; },
    work(what, done = 0) { busy.value = what === null ? null : { what, done }; },
  };

  return {
    runs, at, compared, selected, view, bookmarks, notice, busy, facts, world, actions,
    words: kernelWords, first: signal(0), own: computed(() => current.value.id),
    run: current,
    place: computed(() => ({ ...current.value.origin, at: at.value, compared: compared.value, selected: selected.value, view: view.value })),
    system: computed(() => current.value.system),
    fact: computed(() => facts.value[at.value - 1]),
    choices: computed(() => {
      const { system } = current.value;
      const choices = system.choices(world.value);
      return [...choices, ...offered(system, world.value, choices)];
    }),
    recorded: computed(() => { void facts.value; return current.value; }),
    worldAt: (n) => current.value.worldAt(n),
  };
}

/** @throws {ModelError} no-such-model, bad-topology */
export function systemFor({ model: name, topology, answersFirst, title }: Origin): System {
  const model = modelNamed(name);
  checkTopology(topology, title, model);
  return new System(model, topology, { answersFirst });
}
