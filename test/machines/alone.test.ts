/** Each chart works alone, as XState users have it: `createActor`, and other actors where it sends to. */
import { createActor, fromTransition, type AnyActorRef } from 'xstate';
import { expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Message } from '../../machines/chart.ts';
import { environment } from '../../machines/address.ts';
import { walk, wildTopology } from './explore.ts';

/** Whoever is called, and does not answer: it keeps what it hears. */
const listener = fromTransition((heard: readonly Message[], event: Message) => [...heard, event], []);

test.each(['v6.1.y', 'v6.12.y', 'v7.3'].map((name) => [name, models[name]] as const))('%s: every call to a chart at its beginning does under createActor what it does in a world', (_name, model) => {
  if (model === undefined) throw new Error(_name);
  const system = walk(model, wildTopology('pci', model), { seed: 2, steps: 1000 });
  const charts = new Map(system.actors.map((actor) => [actor.machine, actor]));
  let calls = 0;
  for (const { address, machine, initial } of charts.values())
    for (const [event, { next, out }] of initial.moves) {
      if (out.some((one) => one.kind === 'sent' && one.sent.to === address)) continue; // a step in a world; a live actor goes on at once
      const snapshot = machine.resolveState({ value: initial.value, context: initial.context } as never) as never;
      const actor = createActor(machine, { systemId: address, snapshot }).start();
      const others = new Map<string, AnyActorRef>([environment, ...system.actors.map((one) => one.address)].filter((one) => one !== address)
        .map((one) => [one, createActor(listener, { systemId: one, parent: actor as AnyActorRef }).start() as AnyActorRef]));
      actor.send(event);
      const { value, context, status } = actor.getSnapshot() as { value: unknown; context: unknown; status: string };
      expect([address, event.type, status, value, context]).toEqual([address, event.type, 'active', next.value, next.context]);
      const sent = out.flatMap((one) => (one.kind === 'sent' ? [one.sent] : []));
      for (const [to, other] of others) expect((other.getSnapshot() as { context: readonly Message[] }).context).toEqual(sent.filter((one) => one.to === to).map(({ event: heard }) => heard));
      calls++;
    }
  expect(charts.size).toBeGreaterThan(20);
  expect(calls).toBeGreaterThan(40);
});
