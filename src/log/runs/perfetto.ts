/**
 * A run as a Perfetto trace, for ui.perfetto.dev: a track for each device, group, driver and thread, a slice for each state,
 * an instant for each fact, and an arrow from a fact to what it caused.
 *
 * Protobuf by hand: five messages of perfetto_trace.proto, with fields from the stable part of track_event.proto.
 */
import { environment, kindOf } from '../../../machines/address.ts';
import { eventText } from '../why.ts';
import type { Store } from '../store/port.ts';
import { factsOf, type Run } from './stored.ts';

type Field = readonly [number: number, value: number | bigint | string | Uint8Array, fixed?: 'fixed64'];

function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return bytes;
}

/** A message of fields, in their order. */
export function message(...fields: readonly Field[]): Uint8Array {
  const bytes: number[] = [];
  for (const [number, value, fixed] of fields) {
    if (fixed === 'fixed64') {
      bytes.push(...varint((number << 3) | 1));
      for (let at = 0n; at < 64n; at += 8n) bytes.push(Number((BigInt(value as number) >> at) & 0xffn));
    } else if (typeof value === 'number' || typeof value === 'bigint') bytes.push(...varint(number << 3), ...varint(value));
    else {
      const content = typeof value === 'string' ? new TextEncoder().encode(value) : value;
      bytes.push(...varint((number << 3) | 2), ...varint(content.length));
      for (const byte of content) bytes.push(byte);
    }
  }
  return Uint8Array.from(bytes);
}

/** A fact is a microsecond: runs have an order and no clock. */
const tick = 1000;
const sequence = 1;
const begin = 1;
const end = 2;
const instant = 3;
const shown = new Set(['device', 'binding', 'group', 'driver', 'thread', 'vfio_group', 'vfio_device', 'deferred_probe']);

/** A state in a line: what each of its regions is in, and `a.b` for b inside of a. */
function label(value: unknown): string {
  if (typeof value === 'string') return value;
  const parts = Object.entries(value ?? {}).map(([name, inner]) => [name, label(inner)] as const);
  const [one] = parts;
  if (parts.length === 1 && one !== undefined) return one[1] === '' ? one[0] : `${one[0]}.${one[1]}`;
  return parts.map(([, inner]) => inner).filter((inner) => inner !== '').join(' ');
}

/** Pieces of a trace file. */
export async function* perfetto(store: Store, run: Run): AsyncGenerator<Uint8Array> {
  const tracks = new Map(Object.keys(run.began.initial).filter((address) => shown.has(kindOf(address))).map((address, index) => [address, index + 2]));
  const packet = (...fields: Field[]) => message([1, message(...fields, [10, sequence])]);
  const event = (time: number, type: number, track: number, name: string, ...more: Field[]) => packet([8, time], [11, message([9, type], [11, track], ...(name === '' ? [] : [[23, name] as const]), ...more)]);
  yield packet([60, message([1, 1], [2, `run ${run.id}: ${run.began.what} (${run.began.model})`])], [13, 1]); // and incremental state begins here
  for (const [address, track] of tracks) yield packet([60, message([1, track], [2, address], [5, 1])]);
  const open = new Map<string, string>();
  for (const [address, track] of tracks) {
    const state = label(run.began.initial[address]?.value);
    open.set(address, state);
    yield event(0, begin, track, state);
  }
  // An arrow has an id that both of its ends name, so who causes what has to be known first.
  const caused = new Map<number, number[]>();
  for await (const { seq, cause } of factsOf(store, run)) if (cause !== null) caused.set(cause, [...caused.get(cause) ?? [], seq]);
  let last = 0;
  for await (const { seq, from, to, event: said, cause, after } of factsOf(store, run)) {
    const time = (seq + 1) * tick;
    last = time;
    const at = tracks.get(to) ?? (to === environment ? tracks.get(from) : undefined) ?? 1;
    const state = after === null ? undefined : label(after.value);
    if (state !== undefined && tracks.has(to) && open.get(to) !== state) {
      yield event(time, end, at, '');
      yield event(time, begin, at, state);
      open.set(to, state);
    }
    const flows: Field[] = [...(caused.get(seq) ?? []).map((effect) => [47, effect + 1, 'fixed64'] as const), ...(cause === null ? [] : [[48, seq + 1, 'fixed64'] as const])];
    yield event(time, instant, at, eventText(said), ...flows, [4, message([10, 'from'], [6, from])], [4, message([10, 'fact'], [4, seq])]);
  }
  for (const track of tracks.values()) yield event(last + tick, end, track, '');
}
