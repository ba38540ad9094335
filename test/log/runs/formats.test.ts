/** What others read: Perfetto traces by the schema of Perfetto, ITF by its specification. */
import { beforeAll, describe, expect, test } from 'vitest';
import { itf } from '../../../src/log/runs/itf.ts';
import { message, perfetto } from '../../../src/log/runs/perfetto.ts';
import { runNamed, systemOf, type Run } from '../../../src/log/runs/stored.ts';
import { listed } from '../../../src/log/store/conformance/bed.ts';
import { memoryStore } from '../../../src/log/store/memory.ts';
import { kept, played } from './walks.ts';

const source = memoryStore();
let run: Run;
beforeAll(async () => {
  await kept(source, played('refused.scenario'));
  run = await runNamed(source, 'last');
});

/**
 * ITF, docs/adr/015adr-trace of Apalache: what a value may be. A list is a sequence, a record has any other names; Quint takes
 * what has a `tag` for a variant, which needs a value.
 */
function wrong(value: unknown, at: string): string[] {
  if (typeof value === 'string' || typeof value === 'boolean') return [];
  if (Array.isArray(value)) return value.flatMap((inner, index) => wrong(inner, `${at}[${index}]`));
  if (typeof value !== 'object' || value === null) return [`${at}: ${JSON.stringify(value)} is no value`];
  const entries = Object.entries(value);
  const [special] = entries.filter(([key]) => key.startsWith('#'));
  if (special === undefined) return [...('tag' in value && !('value' in value) ? [`${at}: a variant without value`] : []), ...entries.flatMap(([key, inner]) => wrong(inner, `${at}.${key}`))];
  if (entries.length > 1) return [`${at}: ${special[0]} with others`];
  const [key, inner] = special as [string, unknown];
  if (key === '#bigint') return typeof inner === 'string' && /^-?\d+$/.test(inner) ? [] : [`${at}: no number`];
  return (key === '#tup' || key === '#set') && Array.isArray(inner) ? wrong(inner, at) : [`${at}: ${key}`];
}

describe('ITF', () => {
  test('a state for the beginning and for each fact, with every variable and no other, and values that the format has', async () => {
    const trace = JSON.parse((await listed(itf(source, run, systemOf(run)))).join('')) as { '#meta': { format: string }; vars: string[]; states: Record<string, unknown>[] };
    expect([Object.keys(trace), trace['#meta'].format, new Set(trace.vars).size]).toEqual([['#meta', 'vars', 'states'], 'ITF', trace.vars.length]);
    expect(trace.states.length).toBe(run.facts + 1);
    for (const [index, { '#meta': meta, ...state }] of trace.states.entries()) {
      expect([meta, Object.keys(state).sort()]).toEqual([{ index }, [...trace.vars].sort()]);
      expect(Object.entries(state).flatMap(([name, value]) => wrong(value, name))).toEqual([]);
    }
    expect(trace.states[0]?.['group:8']).toMatchObject({ context: { owner_cnt: { '#bigint': '0' }, owner: { tag: 'None', value: { '#tup': [] } } } });
    expect(trace.states[1]).toMatchObject({ 'mbt::actionTaken': 'claim', 'mbt::nondetPicks': { from: 'environment', to: 'thread:vm1' } });
  });

  test('what is no value would be noticed', () => {
    for (const value of [null, 3, { a: [1] }, { tag: 'None' }, { '#bigint': 3 }, { '#bigint': '3', b: true }, { '#map': [] }]) expect([value, wrong(value, 'x').length]).toEqual([value, 1]);
  });
});

/** The messages that we write, by protos/perfetto/trace in Perfetto: numbers, names and types of their fields. An enum has its values, a message its name. */
const schema: Readonly<Record<string, Readonly<Record<number, readonly [name: string, type: string]>>>> = {
  Trace: { 1: ['packet', 'TracePacket'] },
  TracePacket: { 8: ['timestamp', 'uint64'], 10: ['trusted_packet_sequence_id', 'uint32'], 11: ['track_event', 'TrackEvent'], 13: ['sequence_flags', 'uint32'], 60: ['track_descriptor', 'TrackDescriptor'] },
  TrackDescriptor: { 1: ['uuid', 'uint64'], 2: ['name', 'string'], 5: ['parent_uuid', 'uint64'] },
  TrackEvent: { 4: ['debug_annotations', 'DebugAnnotation'], 9: ['type', 'enum 1 2 3'], 11: ['track_uuid', 'uint64'], 23: ['name', 'string'], 47: ['flow_ids', 'fixed64'], 48: ['terminating_flow_ids', 'fixed64'] },
  DebugAnnotation: { 4: ['int_value', 'int64'], 6: ['string_value', 'string'], 10: ['name', 'string'] },
};
const repeated = new Set(['packet', 'debug_annotations', 'flow_ids', 'terminating_flow_ids']);

type Decoded = { readonly [field: string]: unknown };

/** Reads protobuf by the schema and nothing else: an unknown field, a wrong wire type or a field twice is an error. */
function decoded(bytes: Buffer, type: string): Decoded {
  const out: Record<string, unknown> = {};
  let at = 0;
  const varint = (): bigint => {
    let [value, shift] = [0n, 0n];
    for (;;) {
      if (at >= bytes.length) throw new Error(`${type} ends inside a number`);
      const byte = BigInt(bytes[at++] as number);
      value |= (byte & 0x7fn) << shift;
      if (byte < 0x80n) return value;
      shift += 7n;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const [name, of] = schema[type]?.[key >> 3] ?? [];
    if (name === undefined || of === undefined) throw new Error(`${type} has no field ${key >> 3}`);
    const wire = of === 'fixed64' ? 1 : /^(u?int(32|64)|enum .*)$/.test(of) ? 0 : 2;
    if ((key & 7) !== wire) throw new Error(`${type}.${name} has wire type ${key & 7}`);
    let value: unknown;
    if (wire === 0) {
      value = varint();
      if (of.startsWith('enum') && !of.split(' ').includes(String(value))) throw new Error(`${type}.${name} has no value ${String(value)}`);
      if (of === 'uint32' && Number(value) >= 2 ** 32) throw new Error(`${type}.${name} is too large`);
    } else if (wire === 1) {
      value = bytes.readBigUInt64LE(at);
      at += 8;
    } else {
      const length = Number(varint());
      const part = bytes.subarray(at, at += length);
      if (part.length < length) throw new Error(`${type}.${name} is cut off`);
      value = of === 'string' ? new TextDecoder('utf-8', { fatal: true }).decode(part) : decoded(part, of);
    }
    if (repeated.has(name)) out[name] = [...(out[name] as unknown[] | undefined ?? []), value];
    else if (name in out) throw new Error(`${type}.${name} twice`);
    else out[name] = value;
  }
  return out;
}

interface Event { readonly type: bigint; readonly track_uuid: bigint; readonly name?: string; readonly flow_ids?: bigint[]; readonly terminating_flow_ids?: bigint[]; readonly debug_annotations?: Decoded[] }

describe('Perfetto', () => {
  test('the encoder writes what the format of protobuf says', () => {
    expect(Buffer.from(message([1, 300], [2, 'a'], [3, 1, 'fixed64'])).toString('hex')).toBe('08ac021201611901000000' + '00000000');
    expect(() => decoded(Buffer.from(message([1, message([99, 1])])), 'Trace')).toThrow('no field 99');
    expect(() => decoded(Buffer.from(message([1, message([8, 'x'])])), 'Trace')).toThrow('wire type 2');
    expect(() => decoded(Buffer.from(message([1, message([11, message([9, 7])])])), 'Trace')).toThrow('no value 7');
  });

  test('tracks are declared before they are used, times grow, slices begin and end one after the other, arrows have both ends', async () => {
    const packets = (decoded(Buffer.concat(await listed(perfetto(source, run))), 'Trace')['packet'] ?? []) as { timestamp?: bigint; track_event?: Event; track_descriptor?: { uuid: bigint; name: string; parent_uuid?: bigint }; trusted_packet_sequence_id: bigint; sequence_flags?: bigint }[];
    const tracks = new Map<bigint, string>();
    const open = new Map<bigint, string>();
    const [flows, ends] = [new Map<bigint, number>(), new Map<bigint, number>()];
    const began: string[] = [];
    let [last, facts] = [0n, 0];
    for (const [index, { timestamp, track_event: event, track_descriptor: track, trusted_packet_sequence_id: sequence, sequence_flags: flags }] of packets.entries()) {
      expect([sequence, flags ?? 0n, (event === undefined) !== (track === undefined)]).toEqual([1n, index === 0 ? 1n : 0n, true]);
      if (track !== undefined) {
        expect([tracks.has(track.uuid), track.parent_uuid === undefined || tracks.has(track.parent_uuid), track.name === '']).toEqual([false, true, false]);
        tracks.set(track.uuid, track.name);
      }
      if (event === undefined) continue;
      expect([tracks.has(event.track_uuid), (timestamp ?? -1n) >= last]).toEqual([true, true]);
      last = timestamp ?? last;
      const name = event.name ?? '';
      if (event.type === 1n) {
        expect([open.has(event.track_uuid), name === '']).toEqual([false, false]);
        open.set(event.track_uuid, name);
        began.push(`${tracks.get(event.track_uuid) ?? ''} ${name}`);
      } else if (event.type === 2n) expect(open.delete(event.track_uuid)).toBe(true);
      else {
        expect(event.debug_annotations).toEqual([{ name: 'from', string_value: expect.any(String) as string }, { name: 'fact', int_value: BigInt(facts++) }]);
        for (const flow of event.flow_ids ?? []) flows.set(flow, index);
        for (const flow of event.terminating_flow_ids ?? []) ends.set(flow, index);
      }
    }
    expect([facts, open.size]).toEqual([run.facts, 0]);
    expect(began.filter((slice) => slice.startsWith('group:8'))).toEqual(['group:8 unowned default', 'group:8 claimed blocking', 'group:8 unowned default', 'group:8 kernel_dma default']);
    expect([...ends.keys()].sort()).toEqual([...flows.keys()].sort());
    expect([...ends].every(([flow, index]) => (flows.get(flow) ?? Infinity) < index)).toBe(true);
    expect(ends.size).toBeGreaterThan(40);
  });
});
