import { describe, expect, test } from 'vitest';
import { bitsFor } from '../../src/check/layout.ts';
import { partsOf, type Field, type Parted } from '../../src/check/kernel/parts.ts';
import { repacked } from '../../src/check/kernel/repack.ts';

const field = (nodes: number, given: Partial<Field> = {}): Field => ({ nodes, thread: false, single: false, moved: false, active: false, chart: given, ...given });
const device = () => [14, 117, 9].map((nodes) => field(nodes));
const thread = (nodes: number, moved = false) => field(nodes, { thread: true, active: true, moved });
const single = (nodes: number) => field(nodes, { single: true });

const few = [...device(), ...device(), single(16), single(14), thread(59), thread(50), thread(10, true), thread(10, true)];
const many = [...few, ...[83, 110, 116, 63, 44].map((nodes) => thread(nodes))];
const known = { reserve: 2600, numbered: false };

/** Bits of the 64 that nothing uses twice, and each field has room for its nodes. */
function check(fields: readonly Field[], { bits, word, shift, mask, parts }: Parted): void {
  const used = new Set<string>();
  const take = (words: number, from: number, width: number) => {
    for (let bit = from; bit < from + width; bit++) {
      const name = `${words + (bit >>> 5)} ${bit & 31}`;
      expect(used.has(name), name).toBe(false);
      used.add(name);
    }
  };
  for (const { shift: from, width } of parts) {
    expect(from + width).toBeLessThanOrEqual(64);
    take(0, from, width);
  }
  for (const [index, { nodes }] of fields.entries()) {
    expect((shift[index] as number) + (bits[index] as number)).toBeLessThanOrEqual(32);
    expect(mask[index]).toBeGreaterThanOrEqual(nodes - 1);
    take(word[index] as number, shift[index] as number, bits[index] as number);
  }
}

describe('a layout uses no bit twice', () => {
  test('threads stand in the 64 bits where there is room', () => {
    const layout = partsOf(few, known);
    check(few, layout);
    expect(layout.parts).toHaveLength(1);
    expect([8, 9, 10, 11].every((index) => (layout.word[index] as number) < 2)).toBe(true);
  });

  test.each([[few, 3], [many, 4]] as const)('threads are numbered a few together, those that are swapped with what may name them', (fields, count) => {
    const layout = partsOf(fields, { ...known, numbered: true });
    expect(layout.parts).toHaveLength(count);
    check(fields, layout);
    const [first, ...others] = layout.parts;
    expect(first?.actors).toEqual([10, 11, 7, 6]);
    for (const { actors } of others.slice(0, -1)) expect(actors.reduce((sum, index) => sum + bitsFor((fields[index] as Field).nodes - 1), 0)).toBeLessThanOrEqual(27);
  });

  test('all together where the numbers of groups take too many bits', () => {
    const layout = partsOf(many, { ...known, numbered: true });
    expect(layout.parts.length).toBeGreaterThan(3);
    const counts = layout.parts.map((_, part) => (part === 0 || part === layout.parts.length - 1 ? 1000 : 300_000));
    const wider = partsOf(many, { ...known, numbered: true, before: { layout, counts } });
    check(many, wider);
    expect(wider.parts).toHaveLength(3);
    expect(() => partsOf(many, { ...known, before: { layout: wider, counts: [2 ** 24, 2 ** 24, 2 ** 24] } })).toThrow('too many different parts');
  });
});

test('a world is the same in another layout', () => {
  const from = partsOf(few, known);
  const to = partsOf(few, { ...known, numbered: true });
  const nodes = few.map(({ nodes: count }, index) => (index * 7) % count);
  const words = (layout: Parted) => {
    const filled = new Int32Array(layout.words);
    for (const [index, node] of nodes.entries()) filled[layout.word[index] as number]! |= node << (layout.shift[index] as number);
    return filled;
  };
  const [part] = from.parts;
  const record = words(from).slice(part?.first, (part?.first ?? 0) + (part?.words ?? 0));
  const records = new Int32Array(record.length * 6);
  records.set(record, record.length * 5);
  const [low, high] = words(from) as unknown as [number, number];
  const number = 5n << BigInt(part?.shift ?? 0);
  expect(repacked([records], from, to)(low | Number(number & 0xffffffffn), high | Number(number >> 32n))).toEqual(words(to));
});
