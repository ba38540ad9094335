/** The URL says where one is, and whoever opens it is there: what changes is written into the fragment, what a fragment says is gone to. */
import { batch, effect } from '@preact/signals';
import { ModelError } from '../../../errors.ts';
import type { Run } from '../run.ts';
import type { Session } from '../session.ts';
import { fragment, fragmentOf, originOf, originText, traceFragment, watchedFragment, type Origin, type PathStep, type TracePoint } from '../state.ts';
import { line, meant, model, trace, type MeantTrace, type OpenedTrace } from '../trace/standing.ts';
import { traceOf, traceWord } from '../trace/word.ts';
import { Application } from '../watch/application.ts';
import { tabs } from '../watch/centre.tsx';
import { front, showAt, watched, type Point as Place } from '../watch/watching.ts';
import { openStoredId } from './open.ts';

/** The word of a run, for as many facts as it had. */
const words = new WeakMap<Run, { readonly length: number; readonly word: string }>();
const known = new Map<string, Run>();
/** Facts of a path that a fragment still carries. */
const most = 20_000;
const slice = 8;

/** The run as one word; empty where it is too long for any link. */
async function wordOf(run: Run): Promise<string> {
  const there = words.get(run);
  if (there?.length === run.length) return there.word;
  const length = run.length;
  const origin = await originWith(run);
  const word = origin === null ? '' : await originText(origin);
  words.set(run, { length, word });
  if (word !== '') known.set(word, run);
  return word;
}

async function originWith(run: Run): Promise<Origin | null> {
  if (run.origin.source.kind === 'log') return run.origin;
  if (run.length > most) return null;
  const steps: PathStep[] = [];
  let until = performance.now() + slice;
  for (const step of run.path()) {
    steps.push(step);
    if (performance.now() < until) continue;
    await new Promise((resolve) => { setTimeout(resolve, 0); });
    until = performance.now() + slice;
  }
  return { ...run.origin, source: { kind: 'path', steps } };
}

const point = ({ at, compared, selected, view }: Session) => ({ at: at.value, compared: compared.value, selected: selected.value, view: view.value });

/** A link to this very point. */
export async function linkOf(session: Session): Promise<string> {
  if (watched() !== null) throw new ModelError('wrong-use', 'nobody else has this application in their page', { hint: 'save the recording and send that: Save…' });
  return `${location.origin === 'null' || location.protocol === 'file:' ? location.href.replace(/#.*$/s, '') : `${location.origin}/`}#${fragment(await wordOf(session.run.value), point(session))}${await traceEnd(traceInView(session), spotNow())}`;
}

/** The point of an application that a fragment names. */
export function pointOf(text: string): Pick<Place, 'tab' | 'at' | 'selected'> {
  const { at, selected, view } = fragmentOf(text);
  return { at, selected, tab: tabs.find(({ name }) => name === view)?.name };
}

/** Traces by their words: whoever goes back need not drop a large one again. */
const traces = new Map<string, OpenedTrace>();

async function goToTrace({ trace: word, line: there, by }: TracePoint): Promise<void> {
  const known = traces.get(word);
  if (known !== undefined && known === trace.value) {
    batch(() => { [line.value, model.value] = [there, by]; });
    return;
  }
  const stands = { line: there ?? undefined, by };
  const found = known === undefined ? await traceOf(word) : { opened: known };
  if ('meant' in found) batch(() => { [trace.value, meant.value] = [null, { ...found.meant, ...stands }]; });
  else {
    trace.value = { ...found.opened, ...stands };
    traces.set(word, trace.value);
  }
}

/** The trace in view as the end of a fragment; empty where none is. */
async function traceEnd(opened: OpenedTrace | MeantTrace | null, spot: Omit<TracePoint, 'trace'>): Promise<string> {
  if (opened === null) return '';
  if ('hash' in opened) return traceFragment({ trace: opened.word, line: opened.line ?? null, by: opened.by });
  const word = await traceWord(opened);
  traces.set(word, opened);
  return traceFragment({ ...spot, trace: word });
}

/** What the view of traces shows, or waits for. */
const traceInView = (session: Session): OpenedTrace | MeantTrace | null => (watched() === null && session.view.value === 'traces' ? trace.value ?? meant.value : null);
const spotNow = (): Omit<TracePoint, 'trace'> => ({ line: line.value, by: model.value });

/** Goes where a fragment says. False: it says nothing about a run. @throws {ModelError} no link of this page, or of other charts */
export async function goTo(session: Session, text: string): Promise<boolean> {
  const { word, at, compared, selected, view, watched: id, trace: spot } = fragmentOf(text);
  if (id !== undefined) {
    showAt({ id, ...pointOf(text) });
    return true;
  }
  if (text !== '') front.value = null;
  if (word !== undefined) {
    const run = known.get(word);
    if (run !== undefined && session.runs.value.includes(run)) session.actions.switchTo(run);
    else {
      const origin = await originOf(word);
      const opened = origin.source.kind === 'log' ? await openStoredId(session, origin.source.run) : session.actions.openOrigin(origin);
      known.set(word, opened);
      words.set(opened, { length: opened.length, word });
    }
  }
  if (spot !== undefined) await goToTrace(spot);
  if (view !== undefined) session.actions.show(view);
  if (at !== undefined) session.actions.goTo(at);
  session.actions.compare(compared ?? null);
  session.actions.select(selected ?? null);
  return word !== undefined;
}

/** Keeps the URL true. A new run or view is a step of the browser's history; a new point is not. */
export function keepLink(session: Session): void {
  let last: { readonly run: Run | Application; readonly view: string; readonly trace: OpenedTrace | MeantTrace | null } = { run: session.run.value, view: session.view.value, trace: traceInView(session) };
  let turn = 0;
  let arriving = false;
  effect(() => {
    const app = watched();
    const [run, here] = [app ?? session.run.value, app === null ? point(session) : { at: app.at.value, selected: app.selected.value, view: app.tab.value, compared: null }];
    const [opened, spot] = [traceInView(session), spotNow()];
    void session.facts.value;
    const mine = ++turn;
    setTimeout(() => {
      if (mine !== turn) return;
      Promise.all([run instanceof Application ? '' : wordOf(run), traceEnd(opened, spot)]).then(([word, end]) => {
        if (mine !== turn) return;
        const text = `#${run instanceof Application ? watchedFragment({ ...here, id: run.id }) : fragment(word, here)}${end}`;
        const step = last.run !== run || last.view !== here.view || (last.trace !== opened && last.trace !== null);
        last = { run, view: here.view, trace: opened };
        if (text === location.hash) return;
        if (step && !arriving) history.pushState(null, '', text);
        else history.replaceState(null, '', text);
        arriving = false;
      }).catch(() => undefined);
    }, 150);
  });
  addEventListener('popstate', () => {
    arriving = true;
    goTo(session, location.hash).catch((error: unknown) => { session.actions.tell('error', error instanceof Error ? error.message : String(error)); });
  });
}
