/** What `/api` answers: the runs of a store and their facts, verdicts on posted traces. */
import type { IncomingMessage } from 'node:http';
import { models } from '../../../machines/models/index.ts';
import { ModelError, type ErrorCode } from '../../errors.ts';
import { factOf, runStream } from '../../log/runs/forms.ts';
import { keepRun } from '../../log/runs/recorder.ts';
import { runNamed, runs, type Run } from '../../log/runs/stored.ts';
import { exported } from '../../log/runs/transfer.ts';
import { memoryStore } from '../../log/store/memory.ts';
import type { Store } from '../../log/store/port.ts';
import { judgeTrace } from '../../trace/report.ts';
import { readTrace } from '../../trace/read.ts';
import { parseTopology } from '../../world/topology.ts';
import { System, type Fact } from '../../world/world.ts';
import type { BareFact, RunEntry, RunHead, Start } from './given.ts';

/** Bytes that a request may bring: a run, a trace. */
export const bodies = { run: 64_000_000, trace: 256_000_000 } as const;
/** Facts of one answer. */
const page = 5000;

export interface ApiOptions {
  readonly start: Start;
  /** The store of `start.store`. */
  readonly store: Store | null;
  /** Opens it for writing, for as long as a run is saved: other programs write too. Null: nothing is saved. */
  readonly writable: (() => Promise<Store>) | null;
  readonly by: string;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: AsyncIterable<Uint8Array>;
}

/** An answer in pieces, or a document. */
export type Answered = { readonly json: unknown } | { readonly type: string; readonly name: string; readonly pieces: AsyncIterable<string> };

export class Api {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** Undefined: there is nothing at this path. @throws {ModelError} what the request itself does wrong */
  async answer({ method, path, query, body }: Asked): Promise<Answered | undefined> {
    const [, , what = '', name = '', part = ''] = path.split('/').map(decodeURIComponent);
    switch (`${method} ${what}`) {
      case 'GET given': return { json: this.#options.start };
      case 'GET runs': {
        if (name === '') return { json: { schema: 'dma-ownership/runs@1', store: this.#store().name, runs: (await runs(this.#store())).reverse().map(entryOf) } };
        const run = await runNamed(this.#store(), name);
        if (part === 'facts') return { json: { schema: 'dma-ownership/facts@1', ...(await this.#facts(run, query)) } };
        return part === '' ? { json: headOf(run) } : undefined;
      }
      case 'POST runs': return { json: await this.#save(await document(body, bodies.run)) };
      case 'POST log': return { type: 'application/x-ndjson', name: 'run.jsonl', pieces: await this.#logFile(await document(body, bodies.run)) };
      case 'POST judge': {
        const file = query.get('name') ?? 'the trace';
        return { json: await judgeTrace(readTrace(limited(body, bodies.trace), { name: file }), { name: file, ...(query.has('model') ? { model: query.get('model') ?? '' } : {}), why: true }) };
      }
      default: return undefined;
    }
  }

  #store(): Store {
    if (this.#options.store !== null) return this.#options.store;
    throw new ModelError('wrong-use', 'no store is open', { hint: 'dma-ownership inspect sqlite:PATH, or --log PATH' });
  }

  async #facts(run: Run, query: URLSearchParams): Promise<{ readonly from: number; readonly facts: readonly BareFact[]; readonly next: number | null }> {
    const from = Math.max(0, Math.trunc(Number(query.get('from') ?? 0)) || 0);
    const facts: BareFact[] = [];
    for await (const entry of this.#store().read(runStream(run.id), { from, to: from + page - 1 })) {
      const { from: sender, to, event, cause, said } = factOf(entry);
      facts.push({ from: sender, to, event, cause, ...(said === undefined ? {} : { said }) });
    }
    return { from, facts, next: facts.length === page ? from + page : null };
  }

  async #save(given: unknown) {
    if (this.#options.writable === null) throw new ModelError('wrong-use', 'no store is open', { hint: 'dma-ownership inspect --log PATH' });
    const store = await this.#options.writable();
    try {
      return { run: await keep(store, given, this.#options.by), store: store.name };
    } finally {
      await store.close();
    }
  }

  async #logFile(given: unknown): Promise<AsyncIterable<string>> {
    const store = memoryStore();
    await keep(store, given, this.#options.by);
    return exported(store);
  }
}

/** Takes a posted run again and stores it: what the charts do not take is refused. */
async function keep(store: Store, given: unknown, by: string): Promise<string> {
  const { title, model: name, topology, answersFirst = true, facts } = (given ?? {}) as Partial<{ title: string; model: string; topology: unknown; answersFirst: boolean; facts: Fact[] }>;
  const model = models[name ?? ''];
  if (model === undefined) throw new ModelError('no-such-model', `there is no model ${name}`, { accepted: Object.keys(models) });
  if (!Array.isArray(facts)) throw new ModelError('wrong-use', 'a run has facts', { accepted: '{ title, model, topology, facts }' });
  const system = new System(model, parseTopology(topology, 'the posted run', model), { answersFirst: answersFirst !== false });
  return keepRun(store, system, facts, 'saved from the page', { what: String(title ?? 'a run').slice(0, 200), by, answersFirst: answersFirst !== false });
}

const entryOf = ({ id, began, ended, facts, at }: Run): RunEntry => ({ id, what: began.what, by: began.by, model: began.model, facts, at, outcome: ended?.outcome ?? null, parent: began.parent });
export const headOf = (run: Run): RunHead => ({ ...entryOf(run), topology: run.began.topology, answersFirst: run.began.answersFirst });

/** Ends with an error once a body is larger than it may be. */
export async function* limited(body: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > limit) throw new TooLarge(limit);
    yield piece;
  }
}

/** More bytes than a request may bring. */
export class TooLarge extends Error {
  constructor(limit: number) {
    super(`more than ${limit / 1_000_000} MB`);
  }
}

async function document(body: AsyncIterable<Uint8Array>, limit: number): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  for await (const piece of limited(body, limit)) pieces.push(piece);
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch {
    throw new ModelError('wrong-use', 'the body is no JSON', { accepted: 'one JSON document' });
  }
}

const statuses: Partial<Record<ErrorCode, number>> = { 'no-such-run': 404, 'wrong-use': 400, 'no-such-model': 400 };

/** What a request gets for an error: a status and the document that `--json` prints. */
export function failure(error: unknown): { readonly status: number; readonly json: unknown } {
  if (error instanceof TooLarge) return { status: 413, json: { schema: 'dma-ownership/error@1', code: 'wrong-use', message: `the body is too large: ${error.message}` } };
  if (!(error instanceof ModelError)) return { status: 500, json: { schema: 'dma-ownership/error@1', code: 'unexpected', message: error instanceof Error ? error.message : String(error) } };
  const { code, message, at, accepted, usually, hint } = error;
  return { status: statuses[code] ?? 422, json: { schema: 'dma-ownership/error@1', code, message, at, accepted, usually, hint } };
}

export const bodyOf = (request: IncomingMessage): AsyncIterable<Uint8Array> => request as AsyncIterable<Uint8Array>;
