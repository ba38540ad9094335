/**
 * How the fields of a world are put together into 64 bits.
 *
 * What belongs to actors of which there are several takes few values beside the number of worlds. So each of these values is
 * kept once, as a record, and a world holds its number. Threads and actors that are one of a kind stand in the world itself
 * when there is room: then a step changes them without a look-up. Otherwise they are numbered too: some threads together,
 * as few of their nodes meet, and those that renamings swap with the actors that name them.
 */
import { ModelError } from '../../errors.ts';
import { bitsFor, generous, type Layout } from '../layout.ts';
import { ROW_BYTES } from './header.ts';

/** Fields that share a number. */
export interface Part {
  /** Words of its record in a world that is taken apart: the kernel's row, then those of the fields. An even number. */
  readonly first: number;
  readonly words: number;
  /** Where the number stands in the 64 bits. */
  readonly shift: number;
  readonly width: number;
  readonly actors: readonly number[];
}

/** Words 0 and 1 are the 64 bits themselves; behind them stand the records of the parts. */
export interface Parted extends Layout {
  readonly parts: readonly Part[];
}

export interface Field {
  /** Values that are known. */
  readonly nodes: number;
  readonly thread: boolean;
  /** One of a kind. */
  readonly single: boolean;
  /** A renaming turns the actor into another, or a node of it. */
  readonly moved: boolean;
  /** It may do something or be busy: such actors stand side by side, see `bandsOf`. */
  readonly active: boolean;
  readonly chart: unknown;
}

/** Words before the first part, and of the row before the fields of each. */
const head = 2;
export const rowWords = ROW_BYTES / 4;
/** The widest number that the kernel remembers changes of, see `MEMORY_NUMBER`. */
const widest = 25;
/** Bits of threads that share a number: the fewer, the more often a value comes again; but each number takes bits. */
const together = [22, 27, 32];
/** Bits of numbers to begin with: of actors that are one of a kind, of some threads, of all, of actors of which there are several. */
const least = { others: 13, threads: 14, all: 20, several: 17 };

/** What is known beside the fields. */
export interface Known {
  /** Values that one batch of each worker adds to a part at most. */
  readonly reserve: number;
  /** Actors may be renamed, so all must be in parts. */
  readonly numbered: boolean;
  /** The layout that became too narrow, and the values of each of its parts; there will be half as many again. */
  readonly before?: { readonly layout: Parted; readonly counts: readonly number[] };
}

/** Actors that share a number, bits to begin with, and values that are known. */
interface Group {
  readonly actors: readonly number[];
  readonly least: number;
  readonly count: number;
}

/** A layout for all fields. @throws {ModelError} out-of-memory when 64 bits are too few */
export function partsOf(fields: readonly Field[], { reserve, numbered, before }: Known): Parted {
  const indexes = [...fields.keys()];
  const at = (index: number) => fields[index] as Field;
  const several = indexes.filter((index) => !at(index).thread && !at(index).single);
  const roomy = generous(fields.map(({ nodes }) => nodes), fields.map(({ chart }) => chart), before?.layout.bits);
  const counts = before?.counts ?? [];
  const widthOf = (group: Pick<Group, 'least' | 'count'>) => Math.max(group.least, bitsFor(Math.max(1.5 * group.count, group.count + reserve) + reserve));
  if (!numbered && counts.length <= 1) {
    const threads = indexes.filter((index) => at(index).thread);
    const plain = plainly(fields, threads, indexes.filter((index) => !at(index).thread && at(index).single), widthOf({ least: least.several, count: counts[0] ?? 0 }));
    if (plain) return put(fields.length, roomy, plain, [indexes.filter((index) => !plain.at.has(index))]);
  }
  const bitsOf = (index: number) => bitsFor(at(index).nodes - 1);
  const kept = before !== undefined && before.layout.parts.length > 1 ? before.layout.parts : undefined;
  const others = indexes.filter((index) => at(index).moved && !several.includes(index));
  let used = others.reduce((sum, index) => sum + bitsOf(index), 0);
  for (const index of indexes.filter((one) => at(one).single && !at(one).thread && !at(one).moved).sort((a, b) => at(a).nodes - at(b).nodes)) {
    used += bitsOf(index);
    (used > (together[0] as number) ? several : others).push(index);
  }
  const rest = indexes.filter((index) => at(index).thread && !at(index).moved);
  const known = (part: number) => (counts.length <= 1 ? 0 : counts.at(part) ?? 0);
  const group = (threads: readonly (readonly number[])[], bits: number): Group[] => [
    { actors: kept?.[0]?.actors ?? others, least: least.others, count: known(0) },
    ...threads.map((actors, part) => ({ actors, least: bits, count: threads.length === counts.length - 2 ? known(part + 1) : 0 })),
    { actors: kept?.at(-1)?.actors ?? several, least: least.several, count: counts.length <= 1 ? counts[0] ?? 0 : known(-1) },
  ];
  const sum = (groups: readonly Group[]) => groups.reduce((bits, one) => bits + widthOf(one), 0);
  const groups = together.map((most) => group(chunks(rest, most, bitsOf), least.threads)).find((some) => sum(some) <= 64) ?? group([rest], least.all);
  let left = 64 - sum(groups);
  if (left < 0 || groups.some((one) => widthOf(one) > widest)) throw new ModelError('out-of-memory', 'worlds have too many different parts', { at: 'topology' });
  const widths = groups.map(widthOf);
  for (let more = true; more && left > 0;) {
    more = false;
    for (let part = 0; part < widths.length && left > 0; part++) {
      if (widths[part] === widest) continue;
      widths[part]!++;
      left--;
      more = true;
    }
  }
  return put(fields.length, roomy, { at: new Map(), shift: 0, widths }, groups.map(({ actors }) => actors));
}

/** Puts neighbours together, up to so many bits. */
function chunks(indexes: readonly number[], most: number, bits: (index: number) => number): number[][] {
  const found: number[][] = [[]];
  let used = 0;
  for (const index of indexes) {
    used += bits(index);
    if (used > most) {
      found.push([]);
      used = bits(index);
    }
    (found.at(-1) as number[]).push(index);
  }
  return found;
}

/** Fields by their first bit in the 64 bits, and the width of each; then where numbers begin, and how wide they are. */
interface Plain {
  readonly at: ReadonlyMap<number, readonly [bit: number, width: number]>;
  readonly shift: number;
  readonly widths: readonly number[];
}

/**
 * Puts fields at both ends of the 64 bits, so that none crosses the middle: threads, and as many others, which have room for
 * twice as many nodes, as leave `number` bits between. Undefined when threads alone leave less.
 */
function plainly(fields: readonly Field[], threads: readonly number[], others: readonly number[], number: number): Plain | undefined {
  const widthOf = (index: number) => bitsFor((fields[index] as Field).nodes - 1);
  const widths = new Map(threads.map((index) => [index, widthOf(index)]));
  let spare = 64 - number - [...widths.values()].reduce((sum, width) => sum + width, 0);
  if (spare < 0) return undefined;
  for (const index of [...others].sort((a, b) => widthOf(a) - widthOf(b))) {
    const width = widthOf(index) === 0 ? 0 : widthOf(index) + 1;
    if (width > spare) break;
    widths.set(index, width);
    spare -= width;
  }
  const wide = [...widths.keys()].sort((a, b) => (widths.get(b) as number) - (widths.get(a) as number) || a - b);
  for (const index of wide) {
    const width = widths.get(index) as number;
    if (width === 0 || spare === 0) continue;
    widths.set(index, width + 1);
    spare--;
  }
  const at = new Map<number, readonly [number, number]>();
  let [low, high] = [0, 64];
  const rank = (index: number) => ((fields[index] as Field).active ? 0 : 1);
  for (const index of [...widths.keys()].sort((a, b) => rank(a) - rank(b) || a - b)) {
    const width = widths.get(index) as number;
    if (low + width <= 32) {
      at.set(index, [low, width]);
      low += width;
    } else {
      high -= width;
      at.set(index, [high, width]);
    }
  }
  return high < 32 ? undefined : { at, shift: low, widths: [Math.min(widest, high - low)] };
}

function put(count: number, roomy: readonly number[], { at, shift, widths }: Plain, groups: readonly (readonly number[])[]): Parted {
  const bits = new Array<number>(count).fill(0);
  const [word, offset, mask] = [0, 1, 2].map(() => new Int32Array(count)) as [Int32Array, Int32Array, Int32Array];
  const set = (index: number, into: number, from: number, width: number) => {
    bits[index] = width;
    word[index] = width === 0 ? 0 : into;
    offset[index] = width === 0 ? 0 : from;
    mask[index] = 2 ** width - 1;
  };
  for (const [index, [bit, width]] of at) set(index, bit >>> 5, bit & 31, width);
  let words = head;
  let from = shift;
  const parts = groups.map((actors, part): Part => {
    const first = words;
    words += rowWords;
    let used = 0;
    for (const index of actors) {
      const width = roomy[index] as number;
      if (used + width > 32) {
        words++;
        used = 0;
      }
      set(index, words, used, width);
      used += width;
    }
    if (used > 0) words++;
    words += words % 2;
    const width = widths[part] as number;
    from += width;
    return { first, words: words - first, shift: from - width, width, actors };
  });
  return { words, bits, word, shift: offset, mask, parts };
}
