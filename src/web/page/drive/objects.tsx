/** How things stand: groups, devices, threads. A click selects; colour never speaks alone. */
import { computed } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Address } from '../../../../machines/chart.ts';
import { shown } from '../../../scenario/names.ts';
import { objectsOf, type DeviceObject, type GroupObject, type Ownership } from '../../../view/objects.ts';
import type { Session } from '../session.ts';
import './objects.css';

interface Props { readonly session: Session }

const words: Readonly<Record<Ownership, string>> = { unowned: 'unowned', kernel_dma: 'kernel DMA', claimed: 'claimed', untracked: 'owner not tracked', broken: 'broken' };

export function Objects({ session }: Props) {
  const objects = useMemo(() => computed(() => objectsOf(session.system.value, session.world.value)), [session]).value;
  const changed = session.fact.value?.to;
  const entry = (address: Address, body: preact.ComponentChildren, kind: string) => (
    <button key={address} class={`object ${kind}`} aria-pressed={session.selected.value === address} data-changed={changed === address} onClick={() => { session.actions.select(address); }}>{body}</button>
  );
  const device = (one: DeviceObject) => entry(one.address, <>
    <span class="name">{one.name}</span><span class="says">{one.state}{one.driver === null ? '' : ` ${one.driver}`}</span>
  </>, 'device');
  const group = ({ address, id, ownership, owner, owner_cnt, domain, devices }: GroupObject) => (
    <li key={address}>
      {entry(address, <>
        <span class={`owner ${ownership}`} aria-hidden="true" /><span class="name">group {id}</span>
        <span class="says">{words[ownership]}{owner_cnt === undefined ? '' : ` ×${owner_cnt}`}{owner === null ? '' : ` by ${shown(owner)}`}<span class="muted"> · {domain}</span></span>
      </>, 'group')}
      <ul>{devices.map((one) => <li key={one.name}>{device(one)}</li>)}</ul>
    </li>
  );
  return (
    <section class="objects" aria-labelledby="objects-title">
      <h2 id="objects-title">Objects</h2>
      <ul>
        {objects.groups.map(group)}
        {objects.alone.map((one) => <li key={one.name}>{device(one)}</li>)}
      </ul>
      <ul class="threads">
        {objects.threads.filter(({ state, address }) => state !== null || session.system.value.topology.threads.some(({ name }) => `thread:${name}` === address)).map(({ address, name, state, call }) => (
          <li key={address}>{entry(address, <><span class="name">{name}</span><span class={state === null ? 'says muted' : 'says'}>{state === null ? 'idle' : `${call ?? ''} ${state}`.trim()}</span></>, 'thread')}</li>
        ))}
      </ul>
    </section>
  );
}
