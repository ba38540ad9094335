/**
 * Runs of unseen steps that have been taken before: from a message in flight to the label that a line showed.
 *
 * A recording says the same things over and over. A run is kept with every local state that it looked at; where all of
 * them are the same again, and nobody else is on the way to one of these actors, the same line leads to the same place.
 */
import type { Address, Message } from '../../machines/chart.ts';
import type { Local } from '../world/locals.ts';
import type { Flight } from '../world/world.ts';
import type { Label } from './label.ts';
import type { TraceLine } from './line.ts';
import type { State, Step, Trail } from './state.ts';

export interface Run {
  /** Actors that the steps looked at, and their local states before. */
  readonly reads: readonly (readonly [number, Local])[];
  readonly writes: readonly (readonly [number, Local])[];
  readonly sent: readonly { readonly to: Address; readonly event: Message; readonly cause: number }[];
  /** The label that the line showed, and what the last step showed beyond it. */
  readonly label: Label | null;
  readonly rest: readonly Label[];
  /** Sequence numbers and causes count from the first of them; a cause of -1 is the message's own. */
  readonly steps: readonly Step[];
}

/** What a search looked at. */
export class Looks {
  readonly reads = new Map<number, Local>();
  /** The outcome depends on more than the local states that were read. */
  entangled = false;
  read(index: number, local: Local, start: readonly Local[]): void {
    if (start[index] === local) this.reads.set(index, local);
  }
}

const most = 60_000;

export class Runs {
  readonly #known = new Map<Message, Map<string, Run[]>>();
  #count = 0;

  find(message: Message, signature: string): readonly Run[] {
    return this.#known.get(message)?.get(signature) ?? [];
  }

  keep(message: Message, signature: string, run: Run): void {
    if (this.#count > most) {
      this.#known.clear();
      this.#count = 0;
    }
    const bySignature = this.#known.get(message) ?? new Map<string, Run[]>();
    const runs = bySignature.get(signature) ?? [];
    if (runs.length >= 12) return;
    runs.push(run);
    this.#count++;
    bySignature.set(signature, runs);
    this.#known.set(message, bySignature);
  }
}

/** What of a line may decide how the environment answers on the way to it. */
export function signatureOf(says: string, at: string, { fields }: TraceLine): string {
  const { dev, drv, ret, managed } = fields;
  return `${says} ${at} ${dev ?? ''} ${drv ?? ''} ${ret ?? ''} ${managed ?? ''}`;
}

/** True where the run's steps can be taken again: same local states, and nobody else under way to them. */
export function applies({ reads }: Run, { world: { locals, flight } }: State, token: number, indexOf: (address: Address) => number): boolean {
  for (let n = 0; n < reads.length; n++) {
    const [index, local] = reads[n] as readonly [number, Local];
    if (locals[index] !== local) return false;
  }
  for (let n = 0; n < flight.length; n++) {
    if (n === token) continue;
    const to = indexOf((flight[n] as Flight).to);
    for (const [index] of reads) if (index === to) return false;
  }
  return true;
}

/** The world after the run, in one go. */
export function apply(run: Run, state: State, token: number): State['world'] {
  const { world } = state;
  const locals = world.locals.slice();
  for (const [index, local] of run.writes) locals[index] = local;
  const flight = world.flight.slice();
  const cause = token < 0 ? null : (flight[token] as Flight).cause;
  if (token >= 0) flight.splice(token, 1);
  for (const sent of run.sent) flight.push({ to: sent.to, event: sent.event, cause: sent.cause < 0 ? cause : world.seq + sent.cause });
  return { locals, flight, seq: world.seq + run.steps.length };
}

/** Makes a run out of a search that found one way only. */
export function runOf(looks: Looks, start: State, token: number, end: State, label: Label | null, rest: readonly Label[], trail: Trail | null, before: Trail | null): Run | null {
  const from = start.world.seq;
  const steps: Step[] = [];
  for (let at = trail; at !== before; at = at.before) {
    if (at === null || at.base !== 0) return null;
    steps.unshift(...at.steps);
  }
  const relative = (cause: number | null) => (cause === null ? -1 : cause >= from ? cause - from : -1);
  const old = new Set(start.world.flight);
  const gone = start.world.flight.filter((flight, index) => index !== token && !end.world.flight.includes(flight));
  if (gone.length > 0 || end.world.seq - from !== steps.length) return null;
  const writes: (readonly [number, Local])[] = [];
  for (const [index, local] of end.world.locals.entries()) if (local !== start.world.locals[index]) writes.push([index, local]);
  if (writes.some(([index]) => !looks.reads.has(index))) return null;
  return {
    reads: [...looks.reads], writes, label, rest,
    sent: end.world.flight.filter((flight) => !old.has(flight)).map(({ to, event, cause }) => ({ to, event, cause: relative(cause) })),
    steps: steps.map((step) => ({ ...step, fact: { ...step.fact, seq: step.fact.seq - from, cause: relative(step.fact.cause) } })),
  };
}
