/** Between a run and a state space: the steps of the facts, and where in the space they lead. */
import { environment } from '../../../../machines/address.ts';
import type { Topology } from '../../../../machines/topology.ts';
import type { Space, SpaceStep } from '../../../view/space/explore.ts';
import { isAnswer, type Fact } from '../../../world/world.ts';

/** The steps behind facts: answers of actors follow by themselves, those of the environment are chosen. */
export const stepsOf = (facts: readonly Fact[]): SpaceStep[] =>
  facts.filter(({ from, event }) => !isAnswer(event) || from === environment)
    .map(({ from, to, event }) => ({ to, event, start: from === environment && !isAnswer(event) }));

/**
 * The topology with what its threads may begin. Those of a scenario may begin nothing by themselves: they get the calls that
 * the run has seen, as often as it saw them, so that the space is every order in which it could have gone.
 */
export function explorable(topology: Topology, facts: readonly Fact[]): Topology {
  const begun = stepsOf(facts).filter(({ start }) => start);
  return {
    ...topology,
    threads: topology.threads.map((thread) => {
      const own = begun.filter(({ to }) => to === `thread:${thread.name}`).map(({ event: { from: _from, ...call } }) => call);
      if (thread.calls.length > 0 || own.length === 0) return thread;
      return { ...thread, calls: [...new Map(own.map((call) => [sorted(call), call])).values()], times: own.length };
    }),
  };
}

/** The same text for the same call, in whatever order it was written. */
const sorted = (event: object): string => JSON.stringify(Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The world that steps from the beginning of the space lead to; -1 when the space does not go so far. */
export function worldAfter({ worlds, from, to, by, steps }: Space, way: readonly SpaceStep[]): number {
  const name = ({ to: address, event, start }: SpaceStep) => `${address} ${start} ${sorted(event)}`;
  const number = new Map(steps.map((step, index) => [name(step), index]));
  let at = worlds > 0 ? 0 : -1;
  for (const step of way) {
    const wanted = number.get(name(step));
    let edge = from.indexOf(at);
    while (edge >= 0 && from[edge] === at && by[edge] !== wanted) edge++;
    if (edge < 0 || from[edge] !== at) return -1;
    at = to[edge] as number;
  }
  return at;
}
