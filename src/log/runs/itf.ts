/** A run as ITF, the JSON of Apalache and Quint: one full state for each fact. Grows with facts times actors. */
import type { System, World } from '../../world/world.ts';
import type { Store } from '../store/port.ts';
import { choiceOf } from '../replay.ts';
import { ModelError } from '../../errors.ts';
import { factsOf, type Run } from './stored.ts';

/** Numbers as ITF has them, which knows no others; nothing is Quint's None, a variant over the empty tuple. */
function value(plain: unknown): unknown {
  if (typeof plain === 'number') return { '#bigint': String(plain) };
  if (Array.isArray(plain)) return plain.map(value);
  if (typeof plain === 'object' && plain !== null) return Object.fromEntries(Object.entries(plain).map(([key, inner]) => [key, value(inner)]));
  return plain === null ? { tag: 'None', value: { '#tup': [] } } : plain;
}

/** Variables are addresses; `mbt::actionTaken` is the message, `mbt::nondetPicks` who got it and from whom. @throws {ModelError} damaged-log: the charts do not take the run */
export async function* itf(store: Store, run: Run, system: System): AsyncGenerator<string> {
  const vars = system.actors.map(({ address }) => address);
  const state = ({ locals, flight }: World, index: number, action: string, picks: object) => JSON.stringify({
    '#meta': { index }, ...Object.fromEntries(locals.map(({ value: at, context }, actor) => [vars[actor], value({ value: at, context })])),
    flight: flight.map(({ to, event }) => value({ to, event })), 'mbt::actionTaken': action, 'mbt::nondetPicks': picks,
  });
  yield `{"#meta":${JSON.stringify({ format: 'ITF', 'format-description': 'https://apalache-mc.org/docs/adr/015adr-trace.html', source: `run ${run.id}`, model: run.began.model })},"vars":${JSON.stringify([...vars, 'flight', 'mbt::actionTaken', 'mbt::nondetPicks'])},"states":[\n`;
  let world = system.initial();
  yield state(world, 0, 'init', {});
  for await (const fact of factsOf(store, run)) {
    const choice = choiceOf(system, world, fact);
    if (choice === undefined) throw new ModelError('damaged-log', `the charts do not take fact ${fact.seq}`, { at: `run ${run.id}`, hint: `dma-ownership replay ${run.id}` });
    world = system.step(world, choice).world;
    yield `,\n${state(world, fact.seq + 1, fact.event.type, { from: fact.from, to: fact.to })}`;
  }
  yield '\n]}\n';
}
