/** `dma-ownership log`: which runs are kept, what is in them, whether they still hold, in and out. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { ModelError } from '../errors.ts';
import { importStream } from '../trace/ingest.ts';
import { imports, verifiedImport } from '../trace/stored.ts';
import { exported, imported } from '../log/runs/transfer.ts';
import { aboutStream, runStream } from '../log/runs/forms.ts';
import { runNamed, runs, systemOf, type Run } from '../log/runs/stored.ts';
import { itf } from '../log/runs/itf.ts';
import { perfetto } from '../log/runs/perfetto.ts';
import { verified, type Verified } from '../log/runs/verify.ts';
import { fileFailure } from '../log/store/failures.ts';
import type { Store } from '../log/store/port.ts';
import { exit, type Exit } from './exit.ts';
import { registerOwners, registerShow, registerWhy } from './log_read.ts';
import { recordingNamed } from './log_trace.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';
import { reading, withStore } from './store.ts';

type Options = { readonly log: string };
const formats = ['jsonl', 'perfetto', 'itf'] as const;

export function register(program: Program): void {
  const log = program.command('log').description('the runs and recordings that were kept');
  reading(log.command('list')).description('what is kept, the oldest first')
    .ends({ holds: 'listed', badInput: 'the store cannot be read' }).examples([['log list', ''], ['log list --log file:runs.jsonl', 'of another store']]).does(list);
  registerShow(log);
  registerWhy(log);
  registerOwners(log);
  reading(log.command('verify')).description('hold hashes, order and every fact of runs against the charts, and recordings against their files').argument('[run...]', 'beginnings of ids, or last; default: everything')
    .values({ run: ['last'] }).ends({ holds: 'everything holds', violation: 'something differs', badInput: 'the store cannot be read, or has no such run' }).examples([['log verify', 'everything'], ['log verify last', 'the newest run']]).does(verify);
  reading(log.command('export')).description('write runs as a file').argument('[run...]', 'beginnings of ids, or last; default: everything')
    .option('--to <format>', 'jsonl (CloudEvents, what import reads), perfetto (for ui.perfetto.dev), itf (states, for Apalache and Quint)', format, 'jsonl' as const)
    .option('--out <file>', 'write there, all or nothing; default: stdout')
    .values({ run: ['last'], '--to': formats, '--out': { files: [] } }).ends({ holds: 'written', badInput: 'the store cannot be read, has no such run, or the file cannot be written' })
    .examples([['log export --out runs.jsonl', 'everything'], ['log export last --to perfetto --out run.pftrace', 'one run, for ui.perfetto.dev'], ['log export last --to itf', 'its states, for Apalache and Quint']]).does(exportTo);
  reading(log.command('import')).description('take entries out of an exported log, or out of one whose writer died').argument('<file>', 'a log in JSON Lines')
    .option('--recover', 'of a damaged file, take what stands before the damage')
    .values({ file: { files: ['jsonl'] } }).ends({ holds: 'taken, or known already', badInput: 'the file is damaged or of another kind, or the store cannot be written' }).examples([['log import runs.jsonl', ''], ['log import cut.jsonl --recover', 'what stands before the damage']]).does(importFrom);
  reading(log.command('prune')).description('forget whole runs and recordings').argument('[run...]', 'beginnings of ids; of recordings, eight digits or more').option('--keep <n>', 'all runs but the newest n', number)
    .values({ run: ['last'] }).ends({ holds: 'forgotten', badInput: 'the store cannot be written, or has no such run' }).examples([['log prune --keep 10', 'all runs but the newest ten'], ['log prune last', '']]).does(prune);
}

function format(given: string): typeof formats[number] {
  const found = formats.find((one) => one === given);
  if (found !== undefined) return found;
  throw new ModelError('wrong-use', `there is no format ${given}`, { at: '--to', accepted: formats });
}
function number(given: string): number {
  if (/^\d+$/.test(given)) return Number(given);
  throw new ModelError('wrong-use', `--keep ${given} is no number`, { at: '--keep', accepted: 'a whole number' });
}

const many = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`;
const told = ({ id, began, ended, facts, at }: Run) => ({ id, at: new Date(at).toISOString(), what: began.what, model: began.model, facts, outcome: ended?.outcome ?? null, atRest: ended?.atRest ?? null, ...(began.parent === null ? {} : { parent: began.parent }) });

async function list(out: Output, { log }: Options): Promise<Exit> {
  return withStore(log, 'read', async (store) => {
    const [found, traces] = [await runs(store), await imports(store)];
    const size = await store.head();
    out.result({ schema: 'dma-ownership/log-list@1', store: store.name, durable: store.capabilities.durable, entries: size, runs: found.map(told), imports: traces }, () => [
      ...found.map((run) => `${run.id.slice(0, 8)}  ${new Date(run.at).toISOString().slice(0, 19)}  ${run.began.model.padEnd(8)} ${String(run.facts).padStart(7)} facts  ${run.ended === null ? 'not ended' : run.ended.outcome}  ${run.began.what}`),
      ...traces.map(({ id, at, name, events, gaps, ended }) => `${id.slice(0, 8)}  ${at.slice(0, 19)}  recorded ${String(events).padStart(7)} events ${gaps === 0 ? '' : `${many(gaps, 'gap')}  `}${ended ? '' : 'not ended  '}${name}`),
      `${many(found.length, 'run')} and ${many(traces.length, 'recording')} in ${store.name}, ${many(size, 'entry', 'entries')} so far; what is stored there survives ${store.capabilities.durable === 'power-cut' ? 'a loss of power' : 'the end of a process'}`,
    ].join('\n'));
    return exit.holds;
  });
}

/** None named: all of them, or with `only` none. */
const named = async (store: Store, names: readonly string[], only = false): Promise<Run[]> => (names.length === 0 && !only ? runs(store) : Promise.all(names.map((name) => runNamed(store, name))));

async function verify(out: Output, names: string[], { log }: Options): Promise<Exit> {
  return withStore(log, 'read', async (store) => {
    const [found, traces]: [Verified[], { readonly recording: string; readonly ok: boolean; readonly notes: readonly string[] }[]] = [[], []];
    const recordings = names.length === 0 ? await imports(store) : (await Promise.all(names.map((name) => recordingNamed(store, name)))).filter((one) => one !== undefined);
    const others = names.filter((name) => !recordings.some(({ id }) => id.startsWith(name)));
    for (const run of names.length > 0 && others.length === 0 ? [] : await named(store, others)) {
      out.progress(`${run.id}: ${run.facts} facts`);
      found.push(await verified(store, run));
    }
    for (const recording of recordings) {
      out.progress(`${recording.id}: ${recording.events} events`);
      traces.push({ recording: recording.id, ...await verifiedImport(store, recording) });
    }
    const told = [...found.map(({ run, ok, notes }) => ({ id: run, ok, notes })), ...traces.map(({ recording, ok, notes }) => ({ id: recording, ok, notes }))];
    const bad = told.filter(({ ok }) => !ok);
    out.result({ schema: 'dma-ownership/log-verify@1', store: store.name, runs: found, recordings: traces }, () => [
      ...told.map(({ id, ok, notes }) => `${out.paint(ok ? 'green' : 'red', ok ? 'holds  ' : 'differs')} ${id.slice(0, 8)}${notes.length === 0 ? '' : `  ${notes.join('; ')}`}`),
      `${many(found.length, 'run')} and ${many(traces.length, 'recording')}, ${bad.length} differ`,
    ].join('\n'));
    return bad.length === 0 ? exit.holds : exit.violation;
  });
}

async function exportTo(out: Output, names: string[], { log, to, out: file }: Options & { readonly to: typeof formats[number]; readonly out?: string }): Promise<Exit> {
  if (to === 'perfetto' && file === undefined) throw new ModelError('wrong-use', 'a Perfetto trace is binary', { at: '--to perfetto', accepted: '--out FILE' });
  return withStore(log, 'read', async (store) => {
    const chosen = names.length === 0 && to === 'jsonl' ? [] : await named(store, names);
    const [one] = chosen;
    if (to !== 'jsonl' && (one === undefined || chosen.length > 1)) throw new ModelError('wrong-use', `${to} has one run in a file`, { accepted: 'the id of one run, or last' });
    const text = to === 'jsonl' ? exported(store, chosen.flatMap(({ id }) => [runStream(id), aboutStream(id)])) : to === 'itf' ? itf(store, one as Run, systemOf(one as Run)) : perfetto(store, one as Run);
    const runsOf = chosen.map(({ id }) => id);
    if (file === undefined) {
      let whole = '';
      for await (const piece of text) whole += String(piece);
      out.result({ schema: 'dma-ownership/log-export@1', to, runs: runsOf, text: whole }, () => whole.trimEnd());
    } else {
      const bytes = await write(text, file);
      out.result({ schema: 'dma-ownership/log-export@1', to, runs: runsOf, out: file, bytes }, () => `${file}: ${bytes} bytes`);
    }
    return exit.holds;
  });
}

/** Piece by piece; a file gets its name when it is whole. */
async function write(pieces: AsyncIterable<string | Uint8Array>, file: string): Promise<number> {
  let size = 0;
  const beside = `${file}.part`;
  try {
    const stream = createWriteStream(beside);
    await once(stream, 'open');
    for await (const piece of pieces) {
      size += Buffer.byteLength(piece);
      if (!stream.write(piece)) await once(stream, 'drain');
    }
    stream.end();
    await once(stream, 'finish');
    await rename(beside, file);
    return size;
  } catch (error) {
    await rm(beside, { force: true });
    throw fileFailure(error, file);
  }
}

async function importFrom(out: Output, file: string, { log, recover }: Options & { readonly recover?: true }): Promise<Exit> {
  return withStore(log, 'write', async (store) => {
    const result = await imported(store, createReadStream(file), file, { recover: recover === true });
    out.result({ schema: 'dma-ownership/log-import@1', file, store: store.name, ...result }, () => [
      `${file}: ${result.taken} entries taken, ${result.known} known already`,
      ...(result.complete || result.damage !== null ? [] : ['the file has no trailer: its writer still writes, or died; everything up to its last whole batch was taken']),
      ...(result.damage === null ? [] : [`damaged: ${result.damage}; what stands before it was taken`]),
    ].join('\n'));
    return exit.holds;
  });
}

async function prune(out: Output, names: string[], { log, keep }: Options & { readonly keep?: number }): Promise<Exit> {
  if ((names.length === 0) === (keep === undefined)) throw new ModelError('wrong-use', 'which runs?', { accepted: ['beginnings of ids', '--keep N'], usually: 'neither was said, or both' });
  return withStore(log, 'write', async (store) => {
    const [all, recordings] = [await runs(store), await imports(store)];
    const traces = recordings.filter(({ id }) => names.some((name) => name.length >= 8 && id.startsWith(name)));
    const gone = keep === undefined ? await named(store, names.filter((name) => !traces.some(({ id }) => id.startsWith(name))), true) : all.slice(0, Math.max(0, all.length - keep));
    for (const { id } of gone) {
      await store.drop(runStream(id)); // first what is large: a run without facts is still listed, and can be pruned again
      await store.drop(aboutStream(id));
    }
    for (const { id } of traces) {
      await store.attachments.drop(id);
      await store.drop(importStream(id));
    }
    const pruned = [...gone, ...traces].map(({ id }) => id);
    out.result({ schema: 'dma-ownership/log-prune@1', store: store.name, pruned }, () => `${pruned.length} forgotten, ${all.length + recordings.length - pruned.length} left`);
    return exit.holds;
  });
}
