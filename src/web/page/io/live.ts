/** Runs of other processes, as they happen. */
import { effect, signal } from '@preact/signals';
import type { Heard, Told } from '../../server/live.ts';
import { follow } from '../../../world/live.ts';
import type { Run } from '../run.ts';
import type { Session } from '../session.ts';
import { follow as followStored } from './open.ts';
import { served } from './server.ts';

type Listed = Extract<Told, { type: 'runs' }>['runs'][number];

export const liveRuns = signal<readonly Listed[]>([]);
/** Of the run in view; null: it is no live one. */
export const liveState = signal<{ readonly ended: boolean } | null>(null);

interface Watched { readonly run: Run; ended: boolean }

const watched = new Map<string, Watched>();
let socket: WebSocket | undefined;

/** Milliseconds between two looks at a stored run that was not ended. */
const poll = 1000;

/** Connects, and again when the connection is lost. A live run that begins while nothing else was opened is watched at once. */
export function listen(session: Session, alone: boolean): void {
  if (!served()) return;
  let first = alone;
  const connect = (wait: number) => {
    const one = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/live`);
    socket = one;
    let open = false;
    one.onopen = () => {
      open = true;
      for (const [id, { run, ended }] of watched) if (!ended) say({ type: 'watch', id, from: run.length });
    };
    one.onmessage = ({ data }) => {
      const told = JSON.parse(String(data)) as Told;
      hear(session, told);
      const running = told.type === 'runs' ? told.runs.find(({ ended }) => ended === null) : undefined;
      if (!first || running === undefined) return;
      first = false;
      watchLive(session, running).catch((error: unknown) => { session.actions.tell('error', String(error)); });
    };
    one.onclose = () => { setTimeout(() => { connect(Math.min(wait * 2, 15_000)); }, open ? 1000 : wait); };
  };
  connect(1000);
  effect(() => {
    const { source } = session.run.value.origin;
    const live = source.kind === 'live' ? watched.get(source.id) : undefined;
    liveState.value = live === undefined ? null : { ended: live.ended };
  });
  setInterval(() => {
    const run = session.run.peek();
    if (!growing.has(run)) return;
    followStored(session, run).catch(() => { growing.delete(run); });
  }, poll);
}

/** Stored runs whose writer may still write. */
const growing = new Set<Run>();
export function grows(run: Run): void {
  growing.add(run);
}

function say(message: Heard): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function hear(session: Session, told: Told): void {
  switch (told.type) {
    case 'runs':
      liveRuns.value = told.runs;
      return;
    case 'deliveries': {
      const one = watched.get(told.id);
      if (one === undefined) return;
      const { run } = one;
      let added = 0;
      for (const delivery of told.deliveries.slice(run.length - told.from)) {
        const step = follow(run.system, run.world, delivery);
        if (step === undefined) {
          run.refused.value = `the charts of this version do not allow ${delivery.event.type} to ${delivery.to} here`;
          session.actions.tell('error', run.refused.value);
          one.ended = true;
          break;
        }
        run.append(step);
        added++;
      }
      session.actions.grown(run, added);
      return;
    }
    case 'ended': {
      const one = watched.get(told.id);
      if (one === undefined) return;
      one.ended = true;
      if (session.run.value === one.run) liveState.value = { ended: true };
      session.actions.tell('done', `${one.run.origin.title}: ${told.outcome}`);
      return;
    }
    case 'refused':
      session.actions.tell('error', told.text);
      return;
    case 'begun':
  }
}

/** Opens a live run and stays with it. */
export function watchLive(session: Session, { id, title, model, topology }: Pick<Listed, 'id' | 'title' | 'model' | 'topology'>): Promise<void> {
  const there = watched.get(id);
  if (there !== undefined && session.runs.value.includes(there.run)) {
    session.actions.switchTo(there.run);
    return Promise.resolve();
  }
  const run = session.actions.openOrigin({ title, model, topology, answersFirst: false, source: { kind: 'live', id } }, { at: 0 });
  watched.set(id, { run, ended: false });
  liveState.value = { ended: false };
  say({ type: 'watch', id, from: 0 });
  return Promise.resolve();
}
