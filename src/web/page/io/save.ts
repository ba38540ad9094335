/** What somebody takes away: a link, a scenario text, a path, a log, a picture. */
import { scenarioText } from '../../../scenario/write.ts';
import { pathSchema } from '../../texts.ts';
import type { Session } from '../session.ts';
import { trace } from '../trace/standing.ts';
import { isWhole, traceWord } from '../trace/word.ts';
import { views } from '../views.ts';
import type { Application } from '../watch/application.ts';
import { recordingOf, watched } from '../watch/watching.ts';
import { linkOf } from './link.ts';
import { pictureOf } from './picture.ts';
import { ask, askText } from './server.ts';

/** Longest link that mail programs keep whole, roughly. */
const longLink = 8000;

export async function copyLink(session: Session): Promise<void> {
  const link = await linkOf(session);
  await navigator.clipboard.writeText(link);
  const opened = session.view.value === 'traces' ? trace.value : null;
  if (opened !== null && !isWhole(await traceWord(opened))) return session.actions.tell('done', `The link is copied. It names the trace, which is too large to be in it: whoever opens it is asked for the file ${opened.name.split('/').at(-1)}.`);
  session.actions.tell('done', link.length > longLink
    ? `The link is copied. It has ${link.length} characters, which some programs cut: a saved path or a file by \`--out\` travels better.`
    : 'The link is copied: it shows the same model, topology, run, point and view.');
}

/** Facts from the beginning up to the point in view. */
const upTo = (session: Session) => session.facts.value.slice(0, session.at.value);
const nameOf = (session: Session, ending: string): string => `${fileName(session.run.value.origin.title)}.${ending}`;
const fileName = (title: string): string => title.replaceAll(/[^\w.-]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 60) || 'run';

export async function saveScenario(session: Session): Promise<void> {
  const { title } = session.run.value.origin;
  const system = session.system.value;
  const { text, exact } = scenarioText(system, upTo(session), { about: title });
  download(nameOf(session, 'scenario'), text, 'text/plain');
  session.actions.tell(exact ? 'done' : 'error', exact ? 'Saved: `dma-ownership run` plays exactly this run.' : 'Saved, but a scenario cannot say this order of events exactly: played, it goes another way. Save it as a path to keep it exactly.');
  return Promise.resolve();
}

export function savePath(session: Session): void {
  const { title, model, topology, answersFirst } = session.run.value.origin;
  const facts = upTo(session).map(({ to, event, from, cause }) => ({ to, event, ...(cause === null && from === 'environment' ? { start: true } : {}) }));
  download(nameOf(session, 'json'), `${JSON.stringify({ schema: pathSchema, title, model, topology, answersFirst, facts }, null, 1)}\n`, 'application/json');
}

/** The server writes it: the forms of a log are its own. */
export async function saveLog(session: Session): Promise<void> {
  const { title, model, topology, answersFirst } = session.run.value.origin;
  download(nameOf(session, 'jsonl'), await askText('/api/log', JSON.stringify({ title, model, topology, answersFirst, facts: upTo(session) })), 'application/x-ndjson');
}

/** Stores the run in view, as far as the point in view, where the server reads. */
export async function saveToStore(session: Session): Promise<void> {
  const { title, model, topology, answersFirst } = session.run.value.origin;
  const { run, store } = await ask<{ run: string; store: string }>('/api/runs', JSON.stringify({ title, model, topology, answersFirst, facts: upTo(session) }));
  session.actions.tell('done', `Saved as ${run} in ${store}.`);
}

/** What was seen of an application, to be opened again in the page or put into a file. */
export function saveRecording(app: Application): void {
  download(`${fileName(app.head.value.title)}.json`, recordingOf(app), 'application/json');
}

export async function saveSvg(session: Session): Promise<void> {
  const app = watched();
  const view = views.find(({ name }) => name === session.view.value);
  const text = app !== null ? await (await import('../watch/views.tsx')).watchedPicture(app) ?? null : view?.svg === undefined ? pictureOf(document.querySelector('.view')) : await view.svg(session);
  if (text === null) return session.actions.tell('error', 'This view is a table: there is no picture of it.');
  download(app === null ? nameOf(session, `${session.view.value}.svg`) : `${fileName(app.head.value.title)}.${app.tab.value}.svg`, text, 'image/svg+xml');
}

export function download(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => { URL.revokeObjectURL(url); }, 10_000);
}
