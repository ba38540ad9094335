/** The URL says where one is, and whoever opens it is there: what changes is written into the fragment, what a fragment says is gone to. */
import { effect } from '@preact/signals';
import { ModelError } from '../../../errors.ts';
import type { Run } from '../run.ts';
import type { Session } from '../session.ts';
import { fragment, fragmentOf, originOf, originText, watchedFragment, type Origin, type PathStep } from '../state.ts';
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
  return `${location.origin === 'null' || location.protocol === 'file:' ? location.href.replace(/#.*$/s, '') : `${location.origin}/`}#${fragment(await wordOf(session.run.value), point(session))}`;
}

/** The point of an application that a fragment names. */
export function pointOf(text: string): Pick<Place, 'tab' | 'at' | 'selected'> {
  const { at, selected, view } = fragmentOf(text);
  return { at, selected, tab: tabs.find(({ name }) => name === view)?.name };
}

/** Goes where a fragment says. False: it says nothing about a run. @throws {ModelError} no link of this page, or of other charts */
export async function goTo(session: Session, text: string): Promise<boolean> {
  const { word, at, compared, selected, view, watched: id } = fragmentOf(text);
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
  if (view !== undefined) session.actions.show(view);
  if (at !== undefined) session.actions.goTo(at);
  session.actions.compare(compared ?? null);
  session.actions.select(selected ?? null);
  return word !== undefined;
}

/** Keeps the URL true. A new run or view is a step of the browser's history; a new point is not. */
export function keepLink(session: Session): void {
  let last: { readonly run: Run | Application; readonly view: string } = { run: session.run.value, view: session.view.value };
  let turn = 0;
  let arriving = false;
  effect(() => {
    const app = watched();
    const [run, here] = [app ?? session.run.value, app === null ? point(session) : { at: app.at.value, selected: app.selected.value, view: app.tab.value, compared: null }];
    void session.facts.value;
    const mine = ++turn;
    setTimeout(() => {
      if (mine !== turn) return;
      (run instanceof Application ? Promise.resolve('') : wordOf(run)).then((word) => {
        if (mine !== turn) return;
        const text = `#${run instanceof Application ? watchedFragment({ ...here, id: run.id }) : fragment(word, here)}`;
        const step = last.run !== run || last.view !== here.view;
        last = { run, view: here.view };
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
