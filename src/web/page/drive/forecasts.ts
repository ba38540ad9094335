/** Forecasts of the choices in view, made between frames and remembered for the world. */
import { effect, signal, type ReadonlySignal } from '@preact/signals';
import type { Choice, World } from '../../../world/world.ts';
import type { Session } from '../session.ts';
import { forecast, type Forecast } from './forecast.ts';

/** By `choiceKey`. */
export type Forecasts = ReadonlyMap<string, Forecast>;

export const choiceKey = ({ kind, to, event }: Choice): string => `${kind} ${to} ${JSON.stringify(event)}`;

/** Milliseconds: nobody waits for what flies by, and no frame is late because of it. */
const [rest, slice] = [120, 8];
const known = new WeakMap<World, Forecasts>();
const cache = new WeakMap<Session, ReadonlySignal<Forecasts>>();

/** Grows while it is computed; begins anew with every world. */
export function forecastsOf(session: Session): ReadonlySignal<Forecasts> {
  const there = cache.get(session);
  if (there !== undefined) return there;
  const found = signal<Forecasts>(new Map());
  cache.set(session, found);
  effect(() => {
    const world = session.world.value;
    const system = session.system.value;
    const past = session.recorded.value;
    const choices = session.choices.value;
    const there = known.get(world) ?? new Map<string, Forecast>();
    found.value = there;
    if (there.size >= choices.length) return undefined;
    const made = new Map(there);
    const wanted = choices.filter((choice) => !made.has(choiceKey(choice)));
    let running: Generator<void, Forecast> | undefined;
    let at = 0;
    const work = () => {
      const until = performance.now() + slice;
      while (performance.now() < until) {
        const choice = wanted[at];
        if (choice === undefined) break;
        running ??= forecast(system, world, past, choice);
        const next = running.next();
        if (next.done !== true) continue;
        made.set(choiceKey(choice), next.value);
        running = undefined;
        at++;
      }
      const grown = new Map(made);
      found.value = grown;
      known.set(world, grown);
      if (at < wanted.length) timer = setTimeout(work, 0);
    };
    let timer = setTimeout(work, rest);
    return () => { clearTimeout(timer); };
  });
  return found;
}
