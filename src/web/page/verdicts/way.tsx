/** A way that breaks something, as a sequence of its own, and the button that opens it everywhere. */
import { useMemo } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { Topology } from '../../../../machines/topology.ts';
import { choicesOf, type Picks } from '../../../view/verdicts/data.ts';
import { modelNamed } from '../../../world/models.ts';
import { System, type Fact } from '../../../world/world.ts';
import type { Session } from '../session.ts';
import { Diagram } from '../sequence/diagram.tsx';

export interface Shown {
  readonly model: string;
  readonly topology: Topology;
  readonly property: string;
  readonly way: Picks;
  /** For the list of runs and the title of a link. */
  readonly title: string;
}

/** The facts of a way. @throws {ModelError} impossible-way */
export function factsOf({ model, topology, way }: Shown): Fact[] {
  const system = new System(modelNamed(model), topology);
  let world = system.initial();
  return choicesOf(system, way).map((choice) => {
    const step = system.step(world, choice);
    ({ world } = step);
    return step.fact;
  });
}

/** Opens a way in the other views, at its end. */
export function open(session: Session, { model, topology, title, way }: Shown): void {
  session.actions.openOrigin({ title, model, topology, answersFirst: true, source: { kind: 'path', steps: way } }, { view: 'sequence' });
}

export function Way({ session, shown }: { readonly session: Session; readonly shown: Shown }) {
  const facts = useMemo(() => factsOf(shown), [shown]);
  const at = useSignal<number | null>(null);
  return (
    <section class="way" aria-label="Counterexample">
      <header>
        <h3><code>{shown.model}</code>, {shown.way.length} facts to where it is broken: <q>{shown.property}</q></h3>
        <button class="primary" onClick={() => { open(session, shown); }}>Open in all views</button>
      </header>
      <Diagram facts={facts} at={at.value ?? facts.length - 1} title="Counterexample" onGo={(seq) => { at.value = seq; }} />
    </section>
  );
}
