/** Shows a live run in a page that `dma-ownership inspect` serves, in this process or another. */
import WebSocket from 'ws';
import type { Model } from '../../machines/model.ts';
import type { Topology } from '../../machines/topology.ts';
import { ModelError } from '../errors.ts';
import type { Delivery, LiveOptions } from '../world/live.ts';

export interface WatchOptions {
  /** The link that `dma-ownership inspect` printed, with its token. */
  readonly url: string;
  readonly topology: Topology;
  readonly model: Model;
  /** How lists call the run. Default: the name of the model. */
  readonly title?: string;
  /** Told when the connection fails or is refused. The run goes on without it. Default: nothing is said. */
  readonly onError?: (error: Error) => void;
}

export interface Watch {
  /** For `createSystem`: `createSystem(topology, model, watch.options)`. */
  readonly options: Required<Pick<LiveOptions, 'delivered'>>;
  /** Resolves when the server knows the run. @throws {ModelError} wrong-use: there is no server, or it refuses */
  readonly begun: Promise<string>;
  /** Sends what is left, and says that the run is over. */
  end(outcome?: string): Promise<void>;
}

/** Deliveries that wait while there is no connection; more are not kept. */
const waiting = 100_000;
/** Deliveries of one message. */
const batch = 500;

/**
 * A watcher for one live run. What is delivered before the connection is there is sent then.
 *
 * Deliveries are sent in batches between turns of the event loop, so calls are not slower by it.
 *
 * @example
 * const watcher = watch({ url, topology, model });
 * const live = createSystem(topology, model, watcher.options).start();
 * await live.call('admin', { type: 'bind_store', device: '0000:02:00.0', driver: 'e1000e' });
 * await watcher.end();
 *
 * @throws {ModelError} wrong-use: the link is none
 */
export function watch({ url, topology, model, title = model.name, onError = () => undefined }: WatchOptions): Watch {
  const { address, token } = parts(url);
  const socket = new WebSocket(address, { headers: { authorization: `Bearer ${token}` }, handshakeTimeout: 10_000 });
  let queue: Delivery[] = [];
  let scheduled = false;
  let lost: Error | undefined;
  const send = (message: object) => new Promise<void>((resolve) => { socket.send(JSON.stringify(message), () => { resolve(); }); });
  const flush = async (): Promise<void> => {
    scheduled = false;
    while (queue.length > 0 && socket.readyState === WebSocket.OPEN) await send({ type: 'deliveries', deliveries: queue.splice(0, batch) });
  };
  const begun = new Promise<string>((resolve, reject) => {
    const fail = (error: Error) => {
      lost = error;
      queue = [];
      onError(error);
      reject(error);
    };
    socket.on('open', () => {
      void send({ type: 'begin', title, model: model.name, topology });
      void flush();
    });
    socket.on('message', (data: Buffer) => {
      const told = JSON.parse(String(data)) as { type: string; id?: string; text?: string };
      if (told.type === 'begun') resolve(told.id ?? '');
      if (told.type === 'refused') fail(new ModelError('wrong-use', `the page refuses the run: ${told.text ?? ''}`, { at: address }));
    });
    socket.on('error', (cause) => { fail(new ModelError('wrong-use', `no page is served there: ${cause.message}`, { at: address, usually: 'an `inspect` that has ended, or another token', hint: 'start `dma-ownership inspect` and use the link that it prints', cause })); });
  });
  begun.catch(() => undefined); // who does not wait for it hears of it by onError
  return {
    begun,
    options: {
      delivered(delivery) {
        if (lost !== undefined || queue.length >= waiting) return;
        queue.push(delivery);
        if (scheduled) return;
        scheduled = true;
        setImmediate(() => { void flush(); });
      },
    },
    async end(outcome = 'ended') {
      await begun.catch(() => undefined);
      if (socket.readyState !== WebSocket.OPEN) return;
      await flush();
      await send({ type: 'end', outcome });
      await new Promise<void>((resolve) => { socket.once('close', () => { resolve(); }); socket.close(); });
    },
  };
}

function parts(link: string): { readonly address: string; readonly token: string } {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  const token = url?.searchParams.get('token');
  if (url === undefined || token == null || !/^https?:$/.test(url.protocol)) throw new ModelError('wrong-use', `${JSON.stringify(link)} is no link of a page`, { at: 'watch', accepted: 'http://127.0.0.1:PORT/?token=...', hint: 'start `dma-ownership inspect` and use the link that it prints' });
  return { address: `${url.protocol === 'https:' ? 'wss' : 'ws'}://${url.host}/api/live`, token };
}
