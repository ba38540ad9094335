/** A process with a live system that is recorded: `live_worker STORE ROUNDS`. Binds, claims and lets go again, with pauses. */
import { models } from '../../../machines/models/index.ts';
import type { Model } from '../../../machines/model.ts';
import { recordLive } from '../../../src/log/runs/live.ts';
import { openStore } from '../../../src/log/store/open.ts';
import { defaultTopology } from '../../../src/world/topology.ts';

const [name = '', rounds = '1'] = process.argv.slice(2);
const device = '0000:02:00.0';
const pause = (milliseconds: number) => new Promise<number>((resolve) => setTimeout(resolve, milliseconds, 0));

const store = await openStore(name, { mode: 'write' });
const recording = await recordLive(store, defaultTopology({ devices: 2, users: 1, hotplug: false }), models['v6.12.y'] as Model, {
  what: 'live', by: 'test', environment: (call, usual) => (call.type === 'probe' ? pause(5) : usual),
});
recording.live.start();
process.stdout.write(`${recording.id}\n`);
const said: number[] = [];
for (let round = 0; round < Number(rounds); round++) {
  said.push(await recording.call('bind_store', { type: 'bind_store', device, driver: 'e1000e' }));
  said.push(await recording.call('vm1', { type: 'claim', group: 'group:8' }));
  said.push(await recording.call('unbind_store', { type: 'unbind_store', device, driver: 'e1000e' }));
  said.push(await recording.call('vm1', { type: 'claim', group: 'group:8' }));
  said.push(await recording.call('vm1', { type: 'release', group: 'group:8' }));
  await pause(20);
}
await recording.end(said.join(' '));
await store.close();
