// A device manager: it embeds the model, asks it before it acts, keeps its log, and goes on from the log after a crash.
//
//   node manager.mjs manager.jsonl        then lines such as: claim vm1 | bind 0000:02:00.0 e1000e | unplug 0000:02:00.1 | state
import { createInterface } from 'node:readline';
import { defaultTopology, errnoName, models, System } from 'dma-ownership/machines';
import { choiceOf, FactLog, fileStore, factsOf, holders, Recorder, renderHolder, runs } from 'dma-ownership/log';

const store = await fileStore(process.argv[2] ?? 'manager.jsonl', { mode: 'write' });
const system = new System(models['v6.12.y'], defaultTopology({ devices: 2, users: 1, managed: true }));

/** The newest run that was taken over as a whole from the one before: a manager may be killed while it does that. */
const numberOf = ({ began }) => Number(began.what.split(' ')[1]);
const stored = (await runs(store)).sort((a, b) => numberOf(a) - numberOf(b));
const before = stored.findLast(({ facts, began: { parent } }) => facts >= (parent?.seq ?? 0));
const number = stored.length === 0 ? 1 : numberOf(stored.at(-1)) + 1;
const recorder = await Recorder.begin(store, system, { what: `manager ${number}`, by: 'examples/hotplug', ...(before === undefined ? {} : { parent: { run: before.id, seq: before.facts } }) });
const log = new FactLog(system);
const past = [];
async function take(step) {
  past.push(step);
  await recorder.record(log.record(step), log.world);
}
if (before !== undefined) for await (const fact of factsOf(store, before)) {
  const choice = choiceOf(system, log.world, fact);
  if (choice === undefined) throw new Error(`the model does not allow fact ${fact.seq} of the log`);
  await take(system.step(log.world, choice));
}
await recorder.flush();

/** The steps of one call until nothing moves, from here; nothing is recorded. */
function course(thread, call) {
  const steps = [system.step(log.world, system.start(thread, call))];
  for (;;) {
    const next = system.choices(steps.at(-1).world).find(({ kind }) => kind !== 'start');
    if (next === undefined) return steps;
    steps.push(system.step(steps.at(-1).world, next));
  }
}

/** What the caller would see: the answer to `thread`'s call. */
const answer = (steps, thread, type) => steps.map(({ fact }) => fact).findLast(({ from, to, event }) => from === thread && to === 'environment' && event.type === `${type}.ret`)?.event.ret;

/** What would be written on the real machine. */
const acts = {
  bind_store: ({ device, driver }) => `echo ${device} > /sys/bus/pci/drivers/${driver}/bind`,
  unbind_store: ({ device, driver }) => `echo ${device} > /sys/bus/pci/drivers/${driver}/unbind`,
  pci_stop_and_remove_bus_device: ({ device }) => `echo 1 > /sys/bus/pci/devices/${device}/remove`,
  pci_scan_single_device: () => 'echo 1 > /sys/bus/pci/rescan',
  claim: () => 'ioctl(group, VFIO_GROUP_SET_CONTAINER, &container)',
  release: () => 'ioctl(group, VFIO_GROUP_UNSET_CONTAINER)',
};

async function ask(thread, call) {
  const steps = course(thread, call);
  const ret = answer(steps, thread, call.type);
  if (ret !== 0) {
    const asked = new FactLog(system); // the log, and what would come: nobody else sees it
    for (const step of [...past, ...steps]) asked.record(step);
    const [held] = holders(asked, asked.length - 1);
    console.log(`refused ${call.type}: ${errnoName(ret)}${held === undefined ? '' : `, ${renderHolder(held)}`}`);
    return;
  }
  for (const step of steps) await take(step);
  await recorder.flush(); // kill -9 from here on loses nothing: the log is ahead of the machine by one call at most
  console.log(`act     ${acts[call.type](call)}`);
  console.log(`done    ${call.type}, ${log.length} facts`);
}

const commands = {
  bind: (device, driver) => ask('thread:bind_store', { type: 'bind_store', device, driver }),
  unbind: (device, driver) => ask('thread:unbind_store', { type: 'unbind_store', device, driver }),
  plug: (device) => ask('thread:plug', { type: 'pci_scan_single_device', device, bus: 'pci' }),
  unplug: (device) => ask('thread:unplug', { type: 'pci_stop_and_remove_bus_device', device, bus: 'pci' }),
  claim: (user) => ask(`thread:${user}`, { type: 'claim', group: 'group:8' }),
  release: (user) => ask(`thread:${user}`, { type: 'release', group: 'group:8' }),
  state: () => {
    const { ownership } = system.local(log.world, 'group:8').value;
    const devices = system.topology.devices.map(({ name }) => `${name} ${system.local(log.world, `device:${name}`).context.driver ?? 'unbound'}`);
    console.log(`state   group 8 ${ownership}; ${devices.join('; ')}; ${log.length} facts`);
  },
};

console.log(`ready   run ${number}, ${log.length} facts${before === undefined ? '' : ` from run ${numberOf(before)}`}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = line.trim().split(/\s+/);
  const command = commands[name];
  if (command === undefined) console.log(`what?   ${Object.keys(commands).join(', ')}`);
  else await command(...given);
}
await recorder.end(log.world, 'ended');
await store.close();
