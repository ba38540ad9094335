// A live system in a page: the charts run in the browser, React looks at one of them.
import { useState, useSyncExternalStore } from 'react';
import { createSystem, defaultTopology, errnoName, models } from 'dma-ownership/machines';

export const makeSystem = () => createSystem(defaultTopology({ devices: 1, users: 1 }), models['v6.12.y']).start();

const device = '0000:02:00.0';
const calls = {
  'Bind e1000e': ['bind_store', { type: 'bind_store', device, driver: 'e1000e' }],
  'Unbind': ['unbind_store', { type: 'unbind_store', device, driver: 'e1000e' }],
  'Claim for vm1': ['vm1', { type: 'claim', group: 'group:8' }],
  'Release': ['vm1', { type: 'release', group: 'group:8' }],
};

export function Group({ live }) {
  const actor = live.actor('group:8');
  const { value, context } = useSyncExternalStore((changed) => { const { unsubscribe } = actor.subscribe(changed); return unsubscribe; }, () => actor.getSnapshot(), () => actor.getSnapshot());
  const [last, setLast] = useState('');
  return (
    <main>
      <h1>Group 8 is {value.ownership}</h1>
      <p>owner_cnt {context.owner_cnt}</p>
      {Object.entries(calls).map(([name, [thread, call]]) => (
        <button key={name} onClick={() => { live.call(thread, call).then((ret) => { setLast(`${name}: ${errnoName(ret)}`); }); }}>{name}</button>
      ))}
      <output>{last}</output>
    </main>
  );
}
