/** What somebody gives the page: files, what the command line named, runs of the store. */
import { batch } from '@preact/signals';
import { models } from '../../../../machines/models/index.ts';
import { ModelError } from '../../../errors.ts';
import { parseScenario } from '../../../scenario/parse.ts';
import { play, scripted } from '../../../scenario/run.ts';
import { parseTopology } from '../../../world/topology.ts';
import { textOfBlob } from '../../../trace/blob.ts';
import { describeRecording, recordingFiles, type RecordingFile } from '../../../trace/recording.ts';
import type { Fact } from '../../../world/world.ts';
import type { BareFact, Given, RunHead } from '../../server/given.ts';
import { kindOfText, pathSchema } from '../../texts.ts';
import type { Run, Told } from '../run.ts';
import type { Session } from '../session.ts';
import { meant, trace, type OpenedTrace } from '../trace/standing.ts';
import { isMeant } from '../trace/word.ts';
import { front, openRecording } from '../watch/watching.ts';
import { ask } from './server.ts';

/** Largest file that is read into the page. */
const largest = 256_000_000;

/** Opens a text of any kind. @throws {ModelError} what its reader throws */
export async function openText(session: Session, { name, text, recording }: OpenedTrace): Promise<void> {
  switch (kindOfText(text, name)) {
    case 'scenario': return openScenario(session, name, text);
    case 'path': return openPathText(session, name, text);
    case 'watched': return openRecording(name, text);
    case 'trace': return openTrace(session, { name, text, ...(recording === undefined ? {} : { recording }) });
  }
}

/** A trace that a link means is shown where the link stands. */
async function openTrace(session: Session, opened: OpenedTrace): Promise<void> {
  const wanted = meant.value;
  const same = wanted !== null && await isMeant(opened, wanted);
  batch(() => {
    front.value = null;
    trace.value = same ? { ...opened, line: wanted.line, by: wanted.by } : opened;
    meant.value = null;
    session.actions.show('traces');
  });
  if (same) session.actions.tell('done', `${opened.name} is the file that the link means.`);
  else if (wanted !== null) session.actions.tell('error', `${opened.name} is another file than the link means: that is ${wanted.name}, with ${wanted.characters} characters${wanted.hash === '' ? '' : ` and SHA-256 ${wanted.hash.slice(0, 16)}…`}.`);
}

/** One run for each model of the scenario; the last is in front. */
async function openScenario(session: Session, name: string, text: string): Promise<void> {
  const scenario = parseScenario(text, name);
  const short = name.split('/').at(-1)?.replace(/\.scenario$/, '') ?? name;
  for (const model of scenario.models) {
    const known = models[model];
    if (known === undefined) continue;
    const { log } = play(scenario, known);
    const facts = Array.from({ length: log.length }, (_, seq) => log.fact(seq));
    await session.actions.openFacts(model, scripted(scenario), [facts], facts.length, { title: short, at: facts.length });
  }
}

async function openPathText(session: Session, name: string, text: string): Promise<void> {
  let document: Partial<{ schema: string; title: string; model: string; topology: unknown; answersFirst: boolean; facts: Told[] }>;
  try {
    document = JSON.parse(text) as typeof document;
  } catch (cause) {
    throw new ModelError('unreadable-file', 'this is no JSON', { at: name, usually: 'a file that was cut off', cause });
  }
  const { schema, title = name, model = '', topology, answersFirst = true, facts } = document;
  if (schema !== pathSchema || !Array.isArray(facts)) throw new ModelError('unreadable-file', 'this JSON is no path', { at: name, accepted: pathSchema });
  const parsed = parseTopology(topology, name, models[model]);
  const run = session.actions.openPath(model, parsed, facts, { title, answersFirst });
  session.actions.tell('done', `${title}: ${run.length} facts`);
  return Promise.resolve();
}

export async function openGiven(session: Session, given: Given): Promise<void> {
  if (given.kind === 'text') return openText(session, given);
  await openStored(session, given.head, given.facts);
}

/** Opens a stored run; its facts come from the server, unless they are here. */
export async function openStored(session: Session, head: RunHead, facts?: readonly BareFact[]): Promise<Run> {
  const options = { title: head.what, answersFirst: head.answersFirst, source: { kind: 'log', run: head.id } as const };
  return session.actions.openFacts(head.model, head.topology, facts === undefined ? pages(head.id) : [numbered(facts, 0)], head.facts, options);
}

export const numbered = (facts: readonly BareFact[], first: number): Fact[] => facts.map(({ said = [], ...fact }, index) => ({ seq: first + index, ...fact, said }));

async function* pages(id: string, from = 0): AsyncGenerator<readonly Fact[]> {
  for (let next: number | null = from; next !== null;) {
    const page: { from: number; facts: readonly BareFact[]; next: number | null } = await ask(`/api/runs/${id}/facts?from=${next}`);
    yield numbered(page.facts, page.from);
    next = page.next;
  }
}

/** Adds what was recorded since: a run that is still being written. Gives how many facts are new. */
export async function follow(session: Session, run: Run): Promise<number> {
  if (run.origin.source.kind !== 'log') return 0;
  let added = 0;
  for await (const page of pages(run.origin.source.run, run.length)) for (const fact of page) {
    if (!run.again(fact)) return added;
    added++;
  }
  if (added > 0) session.actions.grown(run, added);
  return added;
}

export async function openStoredId(session: Session, id: string): Promise<Run> {
  return openStored(session, await ask<RunHead>(`/api/runs/${id}`));
}

/** Lets somebody choose a file. */
export function openFile(session: Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    input.onchange = () => { openFiles(session, [...(input.files ?? [])]).then(resolve, reject); };
    input.oncancel = () => { resolve(); };
    input.click();
  });
}

/** `log.txt`, `A.kprobe_events.txt.gz`: which of the files that lie beside a trace this is. */
const beside = ({ name }: File): RecordingFile | undefined => recordingFiles.find((file) => new RegExp(`(?:^|\\.)${file.replace('.', '\\.')}(?:\\.gz)?$`).test(name));

/**
 * Files that were chosen or dropped, packed by gzip or not. What was recorded beside a trace says more about it, where both come together.
 *
 * @throws {ModelError} unreadable-file, and what the reader of a text throws
 */
export async function openFiles(session: Session, files: readonly File[]): Promise<void> {
  const large = files.find(({ size }) => size > largest);
  if (large !== undefined) throw new ModelError('unreadable-file', `the file has ${Math.round(large.size / 1e6)} MB`, { at: large.name, accepted: `up to ${largest / 1e6} MB in the page`, hint: 'dma-ownership judge FILE reads any size' });
  const own = files.filter((file) => beside(file) === undefined);
  const texts: { [name in RecordingFile]?: string } = {};
  if (own.length === 1) for (const file of files) {
    const which = beside(file);
    if (which !== undefined) texts[which] = await textOfBlob(file, file.name);
  }
  for (const file of own.length === 1 ? own : files) {
    const { probes, ...recording } = describeRecording(file.webkitRelativePath === '' ? file.name : file.webkitRelativePath, texts);
    await openText(session, { name: file.name, text: await textOfBlob(file, file.name), recording: { ...recording, ...(probes === undefined ? {} : { probes: [...probes] }) } });
  }
}
