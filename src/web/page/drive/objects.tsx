/** How things stand: groups, devices, threads. A click selects; colour never speaks alone. */
import type { Address } from '../../../../machines/chart.ts';
import { shown } from '../../../scenario/names.ts';
import { standing, standings, type DeviceScene, type GroupScene } from '../../../view/topology/scene.ts';
import { sceneHere } from '../scene.ts';
import type { Session } from '../session.ts';
import './objects.css';

interface Props { readonly session: Session }

export function Objects({ session }: Props) {
  const { groups, loose, threads, workers } = sceneHere(session).value;
  const changed = session.fact.value?.to;
  const entry = (address: Address, body: preact.ComponentChildren, kind: string) => (
    <button key={address} class={`object ${kind}`} aria-pressed={session.selected.value === address} data-changed={changed === address} onClick={() => { session.actions.select(address); }}>{body}</button>
  );
  const device = (one: DeviceScene) => entry(one.address, <>
    <span class="name">{one.name}</span><span class="says">{one.state}{one.driver === null ? '' : ` ${one.driver}`}</span>
  </>, 'device');
  const group = (one: GroupScene) => (
    <li key={one.address}>
      {entry(one.address, <>
        <span class={`owner ${standing(one)}`} aria-hidden="true" /><span class="name">group {one.name}</span>
        <span class="says">{standings[standing(one)]}{one.owner_cnt === null ? '' : ` ×${one.owner_cnt}`}{one.owner === null ? '' : ` by ${shown(one.owner)}`}<span class="muted"> · {one.domain}</span></span>
      </>, 'group')}
      <ul>{one.devices.map((each) => <li key={each.name}>{device(each)}</li>)}</ul>
    </li>
  );
  return (
    <section class="objects" aria-labelledby="objects-title">
      <h2 id="objects-title">Objects</h2>
      <ul>
        {groups.map(group)}
        {loose.map((one) => <li key={one.name}>{device(one)}</li>)}
      </ul>
      <ul class="threads">
        {[...threads, ...workers.filter(({ doing }) => doing !== 'idle')].map(({ address, name, doing, call }) => (
          <li key={address}>{entry(address, <><span class="name">{name}</span><span class={doing === 'idle' ? 'says muted' : 'says'}>{doing === 'idle' ? doing : `${call ?? ''} ${doing.split('.').at(-1)}`.trim()}</span></>, 'thread')}</li>
        ))}
      </ul>
    </section>
  );
}
