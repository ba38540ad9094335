/** `dma-ownership inspect`: the page, on loopback or as one file. */
import { existsSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { ModelError } from '../errors.ts';
import { upcast } from '../log/runs/forms.ts';
import { factsOf, runNamed, runs } from '../log/runs/stored.ts';
import { openStore, usualStore } from '../log/store/open.ts';
import type { Store } from '../log/store/port.ts';
import { parseScenario } from '../scenario/parse.ts';
import { findRecording } from '../trace/file.ts';
import { headOf } from '../web/server/api.ts';
import { assets, singleFile } from '../web/server/built.ts';
import type { BareFact, Given, Start } from '../web/server/given.ts';
import { serve } from '../web/server/serve.ts';
import { watchApplications } from '../web/server/watching.ts';
import { loopback } from '../web/server/guard.ts';
import { kindOfText } from '../web/texts.ts';
import { count } from './asked.ts';
import { exit, type Exit } from './exit.ts';
import { contentOf, replaceFile } from './file.ts';
import type { Output } from './output.ts';
import { by, reading } from './store.ts';
import { version, type Program } from './program.ts';

type Options = {
  readonly log: string; readonly run?: string; readonly host: string; readonly port: number; readonly out?: string; readonly at?: number; readonly view?: string; readonly listen?: number | true;
};

/** Where createWebSocketInspector() connects to unless told otherwise. */
const usualPort = 8080;
/** Facts that one file may carry: it stays below some ten megabytes. */
const fileFacts = 100_000;

export function register(program: Program): void {
  reading(program.command('inspect'))
    .description('serve the page that shows charts, runs, traces and verdicts; or write it as one file')
    .argument('[what...]', 'what to show: a store of runs, a scenario, a path or a watched application saved from the page, a kernel trace, packed by gzip or not, or the ws:// URL of a server of @xstate/inspect')
    .option('--run <id>', 'show this run of the store; the beginning of its id is enough, `last` is the newest')
    .option('--port <n>', 'listen here; 0 takes a port that is free', count('--port', 0, 65535), 0)
    .option('--host <address>', 'listen on this address; another than loopback lets other machines in', '127.0.0.1')
    .option('--listen [port]', 'watch XState applications: their inspectors connect to this port of 127.0.0.1, 8080 unless given; 0 takes one that is free', count('--listen', 0, 65535))
    .option('--out <file>', 'write one HTML file that opens without a server, and end')
    .option('--at <n>', 'begin after so many facts', count('--at'))
    .option('--view <name>', 'begin with this view: topology, chart, sequence, space, verdicts, traces, facts')
    .values({ what: { files: ['scenario', 'json', 'txt', 'gz', 'db', 'jsonl'] }, '--out': { files: ['html'] }, '--view': ['topology', 'chart', 'sequence', 'space', 'verdicts', 'traces', 'facts'] })
    .ends({ holds: 'written, or ended by Ctrl-C', badInput: 'the port is taken, or a file cannot be read' })
    .examples([
      ['inspect', 'the page, with the runs of the usual store, until Ctrl-C'],
      ['inspect race.scenario', 'plays a scenario, to walk along it'],
      ['inspect trace.txt', 'judges a kernel trace and shows ownership over time'],
      ['inspect race.scenario --out race.html', 'one file that can be mailed'],
      ['inspect --listen', 'watches any XState application: createWebSocketInspector()'],
    ])
    .does(inspect);
}

async function inspect(out: Output, what: string[], options: Options): Promise<Exit> {
  const asked = what.filter(isSocket);
  const files = what.filter((one) => !isSocket(one));
  const stores = files.filter(isStore);
  if (options.out !== undefined && (asked.length > 0 || options.listen !== undefined)) throw new ModelError('wrong-use', 'a file cannot watch anybody', { at: '--out', hint: 'watch in the page, save the recording there (Save…), and put that into a file: dma-ownership inspect recording.json --out FILE' });
  if (stores.length > 1) throw new ModelError('wrong-use', 'only one store can be open', { at: stores[1] ?? '' });
  const name = stores[0] ?? options.log;
  const wantsStore = stores.length > 0 || options.log !== usualStore || options.run !== undefined;
  const store = wantsStore || existsSync(usualStore.replace('sqlite:', '')) ? await openStore(name, { mode: 'read', upcast }) : null;
  try {
    const texts = await Promise.all(files.filter((one) => !isStore(one)).map(textOf));
    const given = [...texts, ...(store !== null && (options.run !== undefined || stores.length > 0) ? await runOf(store, options.run, options.out !== undefined) : [])];
    const start: Start = {
      version: version(), store: store?.name ?? null, writes: false, given,
      ...(options.at === undefined && options.view === undefined ? {} : { fragment: [...(options.view === undefined ? [] : [`view=${options.view}`]), ...(options.at === undefined ? [] : [`at=${options.at}`])].join('&') }),
    };
    return options.out === undefined ? await served(out, start, store, name, options, asked) : written(out, start, options.out);
  } finally {
    await store?.close();
  }
}

const isSocket = (name: string): boolean => /^wss?:\/\//.test(name);
const isStore = (name: string): boolean => /^(?:sqlite|file|postgres|postgresql):|\.(?:db|sqlite|jsonl)$/.test(name);

async function textOf(path: string): Promise<Given> {
  const bytes = contentOf(path);
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
  const kind = kindOfText(text, path);
  if (kind === 'scenario') parseScenario(text, path);
  if (kind === 'path' && !text.includes('dma-ownership/path@1')) throw new ModelError('unreadable-file', 'this JSON is no path', { at: path, accepted: 'a path saved from the page, a scenario, a kernel trace, a store' });
  if (kind !== 'trace') return { kind: 'text', name: path, text };
  const { probes, ...recording } = await findRecording(path);
  return { kind: 'text', name: path, text, recording: { ...recording, ...(probes === undefined ? {} : { probes: [...probes] }) } };
}

/** The run that is asked for, or the newest; its facts only where no server can be asked for them. */
async function runOf(store: Store, id: string | undefined, whole: boolean): Promise<Given[]> {
  if (id === undefined && (await runs(store)).length === 0) return [];
  const run = await runNamed(store, id ?? 'last');
  if (!whole) return [{ kind: 'run', head: headOf(run) }];
  if (run.facts > fileFacts) throw new ModelError('wrong-use', `the run has ${run.facts} facts`, { at: '--out', accepted: `up to ${fileFacts} facts in one file`, hint: 'serve it instead' });
  const facts: BareFact[] = [];
  for await (const { from, to, event, cause, said } of factsOf(store, run)) facts.push({ from, to, event, cause, ...(said.length === 0 ? {} : { said }) });
  return [{ kind: 'run', head: headOf(run), facts }];
}

function written(out: Output, start: Start, file: string): Exit {
  const text = singleFile({ ...start, store: null });
  replaceFile(file, text);
  out.result({ schema: 'dma-ownership/inspect@1', file, bytes: Buffer.byteLength(text) }, () => `${file}: ${(Buffer.byteLength(text) / 1e6).toFixed(1)} MB, opens without a server`);
  return exit.holds;
}

async function served(out: Output, start: Start, store: Store | null, name: string, { host, port, listen }: Options, asked: readonly string[]): Promise<Exit> {
  const stop = out.interruption();
  const watching = listen === undefined && asked.length === 0 ? null : await watchApplications({ listen: listen === true ? usualPort : listen, asked });
  try {
    const writable = store === null ? null : () => openStore(name, { mode: 'write', upcast });
    const watched = watching === null ? {} : { watching: { url: watching.url } };
    const serving = await serve({ start: { ...start, ...watched, writes: writable !== null }, store, writable, by: by(), files: assets(), host, port, ...(watching === null ? {} : { watched: watching.hub }) });
    const listens = watching?.url ?? null;
    out.result({ schema: 'dma-ownership/inspect@1', url: serving.url, port: serving.port, token: serving.token, ...(listens === null ? {} : { listens }) },
      () => `${serving.url}\n${listens === null ? '' : `  Applications are watched that connect with createWebSocketInspector({ url: '${listens}' }).\n`}  Ctrl-C ends it.`);
    if (!loopback(host)) out.remark(`note: ${host} is no loopback address. Whoever can reach it and knows the token sees everything, unencrypted.`);
    if (!stop.aborted) await new Promise<void>((resolve) => { stop.addEventListener('abort', () => { resolve(); }, { once: true }); });
    await serving.close();
  } finally {
    await watching?.close();
  }
  return exit.holds;
}
