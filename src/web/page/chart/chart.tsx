/** The statechart of an actor: where it is, what it took last, what may come; along it one can walk, and deliver. */
import { signal, useComputed } from '@preact/signals';
import { useLayoutEffect } from 'preact/hooks';
import { kindOf, nameOf } from '../../../../machines/address.ts';
import type { Address } from '../../../../machines/chart.ts';
import { chartSvg } from '../../../view/chart/svg.ts';
import type { Actor } from '../../../world/locals.ts';
import type { Session } from '../session.ts';
import { drawingOf, type Drawn } from './drawing.ts';
import { marksOf } from './marks.ts';
import { ChartPane } from './pane.tsx';

/** A chart that was chosen for what is selected: the binding of a device, its lock, its notifier. */
const pinned = signal<Address | null>(null);

/** What is shown, as a file. */
export async function chartFile(session: Session): Promise<string> {
  const address = addressShown(session, pinned.value);
  const actor = session.system.value.actors[session.system.value.indexOf(address)] as Actor;
  const drawn = await new Promise<Drawn>((resolve) => {
    const stop = drawingOf(actor).subscribe((value) => {
      if (value.drawing === undefined && value.failed === undefined) return;
      resolve(value);
      queueMicrotask(() => { stop(); });
    });
  });
  if (drawn.drawing === undefined) throw new Error(drawn.failed);
  return chartSvg(drawn.drawing, marksOf(session, address));
}

export function ChartView({ session }: { readonly session: Session }) {
  const address = useComputed(() => addressShown(session, pinned.value));
  const actor = useComputed(() => session.system.value.actors[session.system.value.indexOf(address.value)]);
  const drawn = useComputed(() => (actor.value === undefined ? undefined : drawingOf(actor.value).value));
  const marks = useComputed(() => marksOf(session, address.value));
  useLayoutEffect(() => { pinned.value = null; }, [session.selected.value]);
  const deliver = (reaction: string): boolean => {
    const choice = marks.value.deliveries.get(reaction);
    if (choice !== undefined) session.actions.deliver(choice);
    return choice !== undefined;
  };
  return <ChartPane head={<ActorChoice session={session} shown={address.value} pin={(one) => { pinned.value = one; }} />} of={address.value} drawn={drawn} marks={marks} deliver={deliver} />;
}

/** What is selected; else whoever took the last fact; else the first that may be bound. A device and a driver stand for what happens to them. */
function addressShown(session: Session, pinned: Address | null): Address {
  const system = session.system.value;
  const selected = session.selected.value;
  const first = [pinned, selected !== null && kindOf(selected) === 'device' ? `binding:${nameOf(selected)}` : selected, session.fact.value?.to, system.actors.find((one) => kindOf(one.address) === 'binding')?.address];
  return first.find((one): one is Address => one != null && system.has(one)) ?? (system.actors[0]?.address as Address);
}

/** Every actor by its kind; and, as buttons, the charts of the same device or group. */
function ActorChoice({ session, shown, pin }: { readonly session: Session; readonly shown: Address; readonly pin: (address: Address) => void }) {
  const actors = session.system.value.actors.map(({ address }) => address);
  const kinds = [...new Set(actors.map(kindOf))];
  const related = actors.filter((one) => nameOf(one) === nameOf(shown));
  const choose = (address: Address) => { if (kindOf(address) !== 'device') session.actions.select(address); pin(address); };
  return (
    <>
      <select aria-label="Actor" value={shown} onChange={({ currentTarget }) => { choose(currentTarget.value); }}>
        {kinds.map((kind) => <optgroup key={kind} label={kind}>{actors.filter((one) => kindOf(one) === kind).map((one) => <option key={one} value={one}>{one}</option>)}</optgroup>)}
      </select>
      <span class="related" role="group" aria-label={`Charts of ${nameOf(shown)}`}>
        {related.length < 2 ? null : related.map((one) => <button key={one} class="plain" aria-pressed={one === shown} onClick={() => { choose(one); }}>{kindOf(one)}</button>)}
      </span>
    </>
  );
}
