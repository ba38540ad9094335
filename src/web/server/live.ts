/**
 * Runs of other processes: they say what is delivered, and every page that watches hears it.
 *
 * Kept in memory, within limits; a page that comes later gets everything from the beginning.
 */
import type { WebSocket } from 'ws';
import { parseTopology } from '../../world/topology.ts';
import { ModelError, formatError } from '../../errors.ts';
import type { Topology } from '../../../machines/topology.ts';
import type { Delivery } from '../../world/live.ts';
import { models } from '../../../machines/models/index.ts';

/** Deliveries that are kept of one run, and runs that are kept. */
export const limits = { deliveries: 500_000, runs: 32, message: 4_000_000 } as const;
/** Deliveries of one message to a page. */
const batch = 250;

export interface LiveHead {
  readonly id: string;
  readonly title: string;
  readonly model: string;
  readonly topology: Topology;
}

interface LiveRun extends LiveHead {
  readonly deliveries: Delivery[];
  ended: string | null;
}

/** What a program or a page says. */
export type Heard =
  | { readonly type: 'begin'; readonly title: string; readonly model: string; readonly topology: unknown }
  | { readonly type: 'deliveries'; readonly deliveries: readonly Delivery[] }
  | { readonly type: 'end'; readonly outcome?: string }
  | { readonly type: 'watch'; readonly id: string; readonly from?: number };

/** What they are told. */
export type Told =
  | { readonly type: 'runs'; readonly runs: readonly (LiveHead & { readonly count: number; readonly ended: string | null })[] }
  | { readonly type: 'deliveries'; readonly id: string; readonly from: number; readonly deliveries: readonly Delivery[] }
  | { readonly type: 'ended'; readonly id: string; readonly outcome: string }
  | { readonly type: 'begun'; readonly id: string }
  | { readonly type: 'refused'; readonly text: string };

export class LiveHub {
  readonly #runs = new Map<string, LiveRun>();
  readonly #sockets = new Set<WebSocket>();
  /** Who watches which run, and how many deliveries they have. */
  readonly #watching = new Map<WebSocket, Map<string, number>>();
  #ids = 0;

  /** Takes a connection of either kind. */
  add(socket: WebSocket): void {
    this.#sockets.add(socket);
    this.#watching.set(socket, new Map());
    let own: LiveRun | undefined;
    const forget = () => {
      this.#sockets.delete(socket);
      this.#watching.delete(socket);
      if (own !== undefined) this.#end(own, 'its process ended the connection');
    };
    socket.on('close', forget);
    socket.on('error', forget);
    socket.on('message', (data: Buffer) => {
      try {
        own = this.#hear(socket, own, JSON.parse(String(data)) as Heard);
      } catch (error) {
        tell(socket, { type: 'refused', text: error instanceof ModelError ? formatError(error) : 'this is no message of ours' });
        socket.close(1008);
      }
    });
    tell(socket, this.#list());
  }

  /** Ends every connection. */
  close(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  #hear(socket: WebSocket, own: LiveRun | undefined, said: Heard): LiveRun | undefined {
    switch (said.type) {
      case 'begin': {
        if (own !== undefined) throw new ModelError('wrong-use', 'this connection has begun a run already', { hint: 'one connection for each run' });
        const model = models[said.model];
        if (model === undefined) throw new ModelError('no-such-model', `there is no model ${said.model}`, { at: 'begin', accepted: Object.keys(models) });
        const run: LiveRun = { id: `live-${++this.#ids}`, title: String(said.title).slice(0, 200), model: said.model, topology: parseTopology(said.topology, 'begin', model), deliveries: [], ended: null };
        const ended = [...this.#runs.values()].find((one) => one.ended !== null);
        if (this.#runs.size >= limits.runs && ended === undefined) throw new ModelError('wrong-use', `${limits.runs} runs are live already`, { hint: 'end one' });
        if (this.#runs.size >= limits.runs && ended !== undefined) this.#runs.delete(ended.id);
        this.#runs.set(run.id, run);
        tell(socket, { type: 'begun', id: run.id });
        this.#everybody();
        return run;
      }
      case 'deliveries': {
        if (own === undefined) throw new ModelError('wrong-use', 'no run was begun', { accepted: 'begin' });
        if (!deliveries(said.deliveries)) throw new ModelError('wrong-use', 'these are no deliveries', { accepted: '[{ to, event: { type, from } }]' });
        if (own.deliveries.length + said.deliveries.length > limits.deliveries) {
          this.#end(own, `only the first ${limits.deliveries} deliveries are kept`);
          return own;
        }
        own.deliveries.push(...said.deliveries);
        for (const [watcher, runs] of this.#watching) if (runs.has(own.id)) this.#send(watcher, own);
        return own;
      }
      case 'end':
        if (own !== undefined) this.#end(own, said.outcome ?? 'ended');
        return own;
      case 'watch': {
        const run = this.#runs.get(said.id);
        if (run === undefined) {
          tell(socket, { type: 'refused', text: `there is no live run ${said.id}: its process or this server was started again` });
          return own;
        }
        this.#watching.get(socket)?.set(run.id, Math.max(0, Math.trunc(said.from ?? 0)));
        this.#send(socket, run);
        if (run.ended !== null) tell(socket, { type: 'ended', id: run.id, outcome: run.ended });
        return own;
      }
      default:
        throw new ModelError('wrong-use', 'this is no message of ours', { accepted: ['begin', 'deliveries', 'end', 'watch'] });
    }
  }

  #send(socket: WebSocket, run: LiveRun): void {
    const known = this.#watching.get(socket);
    if (known === undefined) return;
    for (let from = known.get(run.id) ?? 0; from < run.deliveries.length; from += batch) tell(socket, { type: 'deliveries', id: run.id, from, deliveries: run.deliveries.slice(from, from + batch) });
    known.set(run.id, run.deliveries.length);
  }

  #end(run: LiveRun, outcome: string): void {
    if (run.ended !== null) return;
    run.ended = outcome;
    for (const [watcher, runs] of this.#watching) if (runs.has(run.id)) tell(watcher, { type: 'ended', id: run.id, outcome });
    this.#everybody();
  }

  #everybody(): void {
    for (const socket of this.#sockets) tell(socket, this.#list());
  }

  #list(): Told {
    return { type: 'runs', runs: [...this.#runs.values()].map(({ deliveries, ...head }) => ({ ...head, count: deliveries.length })) };
  }
}

const tell = (socket: WebSocket, message: Told): void => { if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message)); };
const deliveries = (given: unknown): given is readonly Delivery[] => Array.isArray(given) && given.every(delivery);
const delivery = (one: unknown): boolean => {
  const { to, event } = (one ?? {}) as Partial<Delivery>;
  return typeof to === 'string' && typeof event?.type === 'string' && typeof event.from === 'string';
};
