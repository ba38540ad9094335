/**
 * Why: the chain of causes from a fact back to the event from outside that began it, in the words of the kernel.
 *
 * `dma_cleanup of 0000:02:00.0 <- BUS_NOTIFY_DRIVER_NOT_BOUND <- sysfs_failed <- driver_sysfs_add.ret -ENOMEM <- ...
 * <- write to e1000e/bind`. What ran inside a call that succeeded is left out, and so are locks, list walks and reads
 * of fields, unless everything is asked for.
 */
import { environment, kindOf, nameOf } from '../../machines/address.ts';
import type { Address, Message, Plain, Said } from '../../machines/chart.ts';
import { errnoName } from '../../machines/kernel.ts';
import { isAnswer } from '../world/world.ts';
import type { Facts, Recorded } from './facts.ts';

/** One link of a chain. */
export interface Hop {
  /** The fact it belongs to. */
  readonly seq: number;
  readonly kind: 'call' | 'answer' | 'said' | 'label' | 'outside';
  /** In kernel words, without its object. */
  readonly text: string;
  /** Whom it concerns: a device, a group, a driver; null when nobody is worth naming. */
  readonly object: string | null;
}

export interface WhyOptions {
  /** Every hop: locks, passive reads, and the inside of calls that succeeded. Default false. */
  readonly all?: boolean;
}

/**
 * The causes of a fact, itself first, the event from outside last.
 *
 * A chain follows the thread that acts. Where it waited for a lock, the hop says who gave the lock back, and the
 * chain stays with the thread that waited.
 *
 * @throws {ModelError} wrong-use: there is no such fact
 */
export function why(facts: Facts, seq: number, { all = false }: WhyOptions = {}): Hop[] {
  const hops: Hop[] = [];
  const push = (hop: Hop) => { if (hops.at(-1)?.text !== hop.text || hops.at(-1)?.object !== hop.object || all) hops.push(hop); };
  let fact: Recorded | undefined = facts.fact(seq);
  let first = true;
  while (fact !== undefined) {
    // What the receiver did with a message is a cause of what it sent then, not of the message itself.
    if (!first) for (const hop of inside(fact, all)) push(hop);
    if (all || first || !boring(fact)) push(outer(facts, fact, all));
    fact = previous(facts, fact, all || first || failed(fact.event));
    first = false;
  }
  return hops;
}

/** A chain as one line; the object of a hop is named when it is another than that of the hop before. */
export function renderChain(hops: readonly Hop[]): string {
  let last: string | null = null;
  return hops.map(({ text, object }) => {
    const named = object !== null && object !== last;
    last = object ?? last;
    return named ? `${text} ${preposition(object)} ${object}` : text;
  }).join(' <- ');
}

/** One message in kernel words: `dma_configure.ret -EBUSY`, `BUS_NOTIFY_BIND_DRIVER`. */
export function eventText(event: Said): string {
  const ret = event['ret'];
  if (event.type.endsWith('.ret'))
    return `${event.type} ${typeof ret === 'number' && (ret < 0 || positiveErrno.test(event.type)) ? errnoName(ret) : text(ret)}`;
  if (event.type === 'bus_notify') return text(event['action']);
  if (event.type === 'kobject_uevent') return text(event['action']);
  return event.type;
}

/** The call that an answer answers: where it was delivered first. Undefined for an answer of the environment. */
export function callOf(facts: Facts, answer: Recorded): Recorded | undefined {
  if (!isAnswer(answer.event) || answer.from === environment) return undefined;
  const type = answer.event.type.slice(0, -'.ret'.length);
  const matches = (fact: Recorded) => fact.event.type === type
    && (answer.to === environment ? fact.to === answer.from && fact.cause === null : fact.from === answer.to);
  let call: Recorded | undefined;
  for (let seq = answer.seq - 1; seq >= 0; seq--) {
    const fact = facts.fact(seq);
    // A call that was handed on is delivered again, with the same sender: the first delivery is the call.
    if (matches(fact)) call = fact;
    else if (call !== undefined && fact.event.type === `${type}.ret` && fact.to === answer.to) break;
    if (call !== undefined && (call.cause === null || !sameCall(facts.fact(call.cause).event, call.event))) break;
  }
  return call;
}

const sameCall = (a: Message, b: Message) => a.type === b.type && a.from === b.from;
/** Functions whose positive results are errnos of the driver's own probe; elsewhere 1 means yes. */
const positiveErrno = /^(__)?(driver_probe_device|really_probe)\.ret$/;
const text = (value: Plain | undefined): string => (typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value));
const failed = ({ type, ret }: Said): boolean =>
  type.endsWith('.ret') && typeof ret === 'number' && (ret < 0 || (ret > 0 && positiveErrno.test(type)));

/**
 * The fact before this one, on the way back to the event from outside; undefined there.
 *
 * Of an answer: `into` goes through the inside of the call that it answers, else past it to what was before the call.
 */
export function previous(facts: Facts, fact: Recorded, into: boolean = failed(fact.event)): Recorded | undefined {
  const call = callOf(facts, fact);
  const past = call !== undefined && (!into || handedOver(facts, fact) !== undefined) ? call.cause : fact.cause;
  return past === null || past === undefined ? undefined : facts.fact(past);
}

/** Who gave a lock back to a thread that had waited for it. */
function handedOver(facts: Facts, { event, cause, to }: Recorded): Address | undefined {
  if ((event.type !== 'device_lock.ret' && event.type !== 'mutex_lock.ret') || cause === null) return undefined;
  const giver = facts.fact(cause);
  return giver.event.type === event.type.replace('lock.ret', 'unlock') && giver.from !== to ? giver.from : undefined;
}

/** The message of a fact as a hop. */
function outer(facts: Facts, fact: Recorded, all: boolean): Hop {
  const { seq, event, cause, to } = fact;
  if (cause === null) return { seq, kind: 'outside', ...outside(event, to) };
  const giver = handedOver(facts, fact);
  if (giver !== undefined) return { seq, kind: 'answer', text: `${event.type}, which ${giver} held,`, object: nameOf(fact.from) };
  if (event.type === 'bus_notify.ret' && !all) return { seq, kind: 'answer', text: text(callOf(facts, fact)?.event['action']), object: nameOf(fact.from) };
  return { seq, kind: isAnswer(event) ? 'answer' : 'call', text: eventText(event), object: objectOf(event, isAnswer(event) ? fact.from : to) };
}

/** What the receiver said and passed while it took the message, last first. */
function inside({ seq, said, passed }: Recorded, all: boolean): Hop[] {
  const hops: Hop[] = [];
  const labels = (at: number) => passed.filter((label) => label.at === at && (all || label.label !== 'done'))
    .map(({ label }): Hop => ({ seq, kind: 'label', text: label, object: null }));
  for (const [index, word] of said.entries()) {
    hops.push(...labels(index));
    if (all || !boringWord(word)) hops.push({ seq, kind: 'said', text: eventText(word), object: objectOf(word, '') });
  }
  return [...hops, ...labels(said.length)].reverse();
}

/** Reads, locks and list walks: nothing that a reader looks for. A failure is never boring. */
const passive = new Set([
  'device_lock', 'device_unlock', 'mutex_lock', 'mutex_unlock', 'kernfs_activate', 'kernfs_remove', 'kernfs_get_active', 'kernfs_put_active', 'klist_iter_exit', 'dev->p', 'dev->driver', 'device_set_driver', 'bus_find_device_by_name', 'defer_all_probes',
  'deferred_trigger_count', 'device_links_check_suppliers', 'devres_head', 'driver_managed_dma', 'probe_type', 'test_remove', 'driver_match_device',
  'klist_devices_next', 'klist_drivers_next', 'klist_last', 'drivers_autoprobe_show', 'deferred_probe_active_list', 'deferred_probe_work_func',
  'state_synced', 'device_add_groups', 'activate', 'async_run_entry_fn', 'driver_find', 'dev->iommu_group',
]);
function boring({ event, cause, from, to }: Recorded): boolean {
  if (cause === null || failed(event)) return false;
  if (kindOf(from) === 'device' && isAnswer(event) && event['ret'] === 0) return true;
  // A call that the device hands on to its group is told once, at the group.
  return passive.has(event.type.replace(/\.ret$/, '')) || (kindOf(to) === 'device' && event.type.startsWith('iommu_'));
}
/** The notifier repeats its call; a success that was told by its answer needs no word. */
const boringWord = (word: Said) => word.type === 'bus_notify' || (word.type.endsWith('.ret') && !failed(word));

const ofDevice = new Set(['device', 'binding', 'attach', 'bus_dma', 'iommu_dma', 'notifier', 'vfio_device']);
function objectOf(event: Said, at: Address): string | null {
  const device = event['device'];
  if (typeof device === 'string') return device;
  const kind = kindOf(at);
  if (ofDevice.has(kind)) return nameOf(at);
  return kind === 'group' ? at : kind === 'driver' ? nameOf(at) : null;
}
const preposition = (object: string) => (object.startsWith('group:') ? 'on' : 'of');

/** An event from outside, as somebody did it. */
function outside(event: Message, to: Address): Pick<Hop, 'text' | 'object'> {
  const [device, driver, group] = [event['device'], event['driver'], event['group']].map((name) => (typeof name === 'string' ? name : undefined));
  const write = (file: string, object: string | undefined = device) => ({ text: `write to ${file}`, object: object ?? null });
  switch (event.type) {
    case 'bind_store': return write(`${driver}/bind`);
    case 'unbind_store': return write(`${driver}/unbind`);
    case 'drivers_probe_store': return write('drivers_probe');
    case 'driver_override_store': return write(`${device}/driver_override`);
    case 'group_store_type': return write(`iommu_groups/${nameOf(group ?? '')}/type`, group);
    default: return { text: `${event.type} by ${to}`, object: device ?? driver ?? group ?? null };
  }
}
