/**
 * Writes what `Steps` knows where the kernel reads it: the header, and every table but those of worlds and pairs.
 *
 * All of it can be written anew at any time, for other sizes or another layout.
 */
import type { Image } from '../futures.ts';
import type { Ints } from '../ints.ts';
import type { Judge } from '../judge.ts';
import { layoutOf } from '../layout.ts';
import type { Leaf, Steps } from '../steps.ts';
import type { Choice } from '../tables.ts';
import { weightOf } from '../symmetry.ts';
import * as header from './header.ts';
import { bandsOf } from './bands.ts';
import { memoryEntries, notesRoom, room, type MemoryMap, type PartMap, type Sizes } from './map.ts';
import { rowWords, type Part, type Parted } from './parts.ts';

/** Where it is written, and how. */
export interface Place {
  readonly buffer: ArrayBufferLike;
  readonly map: MemoryMap;
  readonly sizes: Sizes;
  readonly layout: Parted;
}

export class Writer {
  readonly #steps: Steps;
  readonly #judge: Judge;
  readonly #watched: ReadonlySet<number>;
  /** By actor: it may do something or be busy, so it is listed; and the most choices that it has at a node. */
  readonly #active: boolean[];
  readonly #most: number[];
  /** Nodes that were looked at for that. */
  #listed = 0;
  /** By actor: small numbers for what properties see of it. */
  readonly #seen: readonly Map<number, number>[];
  #place: Place | undefined;
  #view: Int32Array = new Int32Array();
  /** How much of `steps` is written, and how many answers there is room for behind the questions. */
  #written = { nodes: 0, choices: 0, questions: 0, answers: 0 };
  /** By question: where its answers stand. */
  #rows: number[] = [];
  #rowEnd = 0;
  readonly #images: Image[] = [];
  /** By leaf: where it stands. */
  #leaves: number[] = [];
  #leafEnd = 0;
  /** Numbers of changes. */
  readonly #changes = new Map<string, number>();

  constructor(steps: Steps, judge: Judge) {
    this.#steps = steps;
    this.#judge = judge;
    this.#watched = new Set(judge.watched);
    this.#active = steps.tables.nodes.map(() => false);
    this.#most = steps.tables.nodes.map(() => 0);
    this.#seen = steps.tables.nodes.map(() => new Map<number, number>());
    steps.images?.each((image) => this.#images.push(image));
  }

  /** Ways to rename. */
  get renamings(): number {
    return this.#images.length;
  }

  /** Does a renaming turn it into another, or one of its nodes? */
  moves(actor: number): boolean {
    const nodes = this.#steps.tables.nodes[actor] as readonly unknown[];
    return this.#images.some((image) => image.actor(actor) !== actor || [...nodes.keys()].some((node) => image.node(actor, node) !== node));
  }

  /** Choices that a world has at most, as far as nodes are known. */
  choices(): number {
    this.#list();
    return this.#most.reduce((sum, most) => sum + most, 0);
  }

  /** Worlds that are expanded together. */
  batch(): number {
    return Math.max(1, Math.min(this.renamings > 0 ? header.MOST_BATCH / 2 : header.MOST_BATCH, Math.floor(header.PENDING_ROOM / Math.max(1, this.choices()))));
  }

  /** Values that a batch adds to a part at most: one for each successor, under each name. */
  values(): number {
    return this.batch() * this.choices() * (1 + this.renamings);
  }

  /** Pairs that a batch adds at most: what properties see of each world. */
  pairs(): number {
    return this.batch() * (this.choices() + 1) * (this.#judge.watched.length + 1);
  }

  #list(): void {
    const { tables, nodes } = this.#steps;
    for (; this.#listed < nodes.length; this.#listed++) {
      const { actor, node } = nodes[this.#listed] as (typeof nodes)[number];
      if (!this.#unlisted(actor, node)) continue;
      this.#active[actor] = true;
      this.#most[actor] = Math.max(this.#most[actor] as number, (tables.count[actor] as Ints).data[node] as number);
    }
  }

  /** Bytes that all leaves take. */
  leafBytes(layout: Parted): number {
    return this.#steps.leaves.length * leafBytes(layout);
  }

  /** Changes of parts that are known. */
  changes(layout: Parted): number {
    return new Set(this.#steps.leaves.flatMap((leaf) => changesOf(leaf, layout).parts.map((words, part) => `${part} ${words.join()}`))).size;
  }

  /** Answers that all questions may have. */
  rows(layout: Parted): number {
    return this.#steps.questions.reduce((sum, { actor }) => sum + (layout.mask[actor] as number) + 1, 0);
  }

  /** A value of `steps` as the kernel knows it: an address instead of a number. */
  value(value: number): number {
    const { map } = this.#place as Place;
    if (value > 0) return this.#leaves[value - 1] as number;
    return value === 0 ? 0 : -(map.asks + (-1 - value) * header.ASK_BYTES);
  }

  /** Writes everything. The sizes leave room for it. */
  write(place: Place): void {
    this.#place = place;
    this.#view = new Int32Array(place.buffer);
    const { tables } = this.#steps;
    const { buffer, map, sizes, layout } = place;
    const bytes = new Uint8Array(buffer);
    bytes.fill(0, map.parts, map.wishes);
    this.#list();
    const fields: [number, number][] = [
      [header.PARTS, layout.parts.length], [header.PARTS_AT, map.parts],
      [header.BANDS, this.#bands()], [header.BANDS_AT, map.bands],
      [header.CHOICES_AT, map.choices], [header.CHANGES_AT, map.changes], [header.CHANGE_BYTES, sizes.changeBytes],
      [header.MEMORY_AT, map.memory], [header.MEMORY_MASK, memoryEntries(sizes.parts) - 1],
      [header.TOGETHER, Math.min(tables.subject.together, 0x7fffffff)], [header.PAIRS_AT, map.pairs], [header.PAIRS_ROOM, sizes.pairSlots / 2],
      [header.PAIR_SLOTS_AT, map.pairSlots], [header.PAIR_SLOTS_MASK, sizes.pairSlots - 1], [header.FOLDS_AT, map.folds], [header.WISHES_AT, map.wishes],
      [header.WORLDS_AT, map.worlds], [header.WORLDS_ROOM, room(sizes.slots)], [header.SLOTS_AT, map.slots], [header.SLOTS_MASK, sizes.slots - 1],
      [header.NOTES_AT, map.notes], [header.NOTES_ROOM, notesRoom(sizes.workers)], [header.OWN_AT, map.own], [header.BATCH, this.batch()],
      [header.RENAMINGS, this.renamings], [header.PAIRS_RESERVE, this.pairs()], [header.PART_RESERVE, this.values()], ...this.#observations(),
    ];
    for (const [field, value] of fields) this.#view[field] = value;
    for (const [index, part] of layout.parts.entries()) this.#writePart(index, part, map.ofParts[index] as PartMap);
    this.#written = { nodes: 0, choices: 0, questions: 0, answers: 0 };
    this.#leaves = [];
    this.#leafEnd = 0;
    this.#changes.clear();
    this.#rows = [];
    this.#rowEnd = 0;
    this.append();
  }

  /** Writes what a part is, all but how many values it has. */
  #writePart(index: number, { first, words, shift, width, actors }: Part, map: PartMap): void {
    const { sizes, map: { parts } } = this.#place as Place;
    const { room: values } = sizes.parts[index] as Sizes['parts'][number];
    const bytes = new Uint8Array(this.#view.buffer);
    bytes.fill(0, map.verdicts, map.images);
    const fields: [number, number][] = [
      [header.PART_SHIFT, shift], [header.PART_MASK, 2 ** width - 1], [header.PART_HERE, first * 4], [header.PART_RECORD, words * 4], [header.PART_RECORDS_AT, map.records],
      [header.PART_ROOM, Math.min(values, 2 ** width)], [header.PART_SLOTS_AT, map.slots], [header.PART_SLOTS_MASK, values * 2 - 1],
      [header.PART_ACTORS_AT, map.actors], [header.PART_ACTORS_END, map.actors + this.#actors(this.#listedOf(actors), map.actors) * header.ACTOR_BYTES],
      [header.PART_RENAMED_AT, map.renamed], [header.PART_RENAMED_BYTES, actors.length * header.RENAMED_RECORD],
      [header.PART_VERDICTS_AT, map.verdicts], [header.PART_IMAGES_AT, map.images], [header.PART_WEIGHTS_AT, map.weights],
    ];
    for (const [field, value] of fields) this.#view[(parts + index * header.PART_BYTES + field) >>> 2] = value;
    this.#renamed(actors, map.renamed >>> 2);
  }

  /** Writes what is new behind what is written. False when it does not fit: then everything must be written anew. */
  append(): boolean {
    const steps = this.#steps;
    const { layout, map, sizes: { choices, questions, answers, leaves: bytes } } = this.#place as Place;
    const nodes = steps.nodes.slice(this.#written.nodes);
    const tight = steps.values.length > choices || steps.questions.length > questions ||
      nodes.some(({ actor, node }) => node > (layout.mask[actor] as number) || this.#unlisted(actor, node));
    if (tight) return false;
    const view = this.#view;
    while (this.#leaves.length < steps.leaves.length) {
      const record = this.#leaf(steps.leaves[this.#leaves.length] as Leaf);
      if (record === undefined || this.#leafEnd + record.byteLength > bytes) return false;
      view.set(record, (map.leaves + this.#leafEnd) >>> 2);
      this.#leaves.push(map.leaves + this.#leafEnd);
      this.#leafEnd += record.byteLength;
    }
    for (const { actor, node } of nodes) this.#node(actor, node);
    for (let question = this.#written.questions; question < steps.questions.length; question++) {
      const { actor } = steps.questions[question] as (typeof steps.questions)[number];
      const room = (layout.mask[actor] as number) + 1;
      if (this.#rowEnd + room > answers) return false;
      this.#rows.push(map.answers + this.#rowEnd * 4);
      this.#rowEnd += room;
      this.#question(question, map.asks + question * header.ASK_BYTES);
    }
    for (const choice of steps.known.slice(this.#written.choices)) this.#choice(choice, map.choices + choice * header.ASK_BYTES);
    for (const { question, node, value } of steps.answers.slice(this.#written.answers)) view[((this.#rows[question] as number) >>> 2) + node] = this.value(value);
    this.#written = { nodes: steps.nodes.length, choices: steps.known.length, questions: steps.questions.length, answers: steps.answers.length };
    return true;
  }

  /** Writes what decides how a choice goes on: its first question, or its value. */
  #choice(choice: number, at: number): void {
    const value = this.#steps.values.data[choice] as number;
    if (value < 0) this.#question(-1 - value, at);
    else this.#view.set([header.BLOCK_SELF, 0, 0, 0, at + header.ASK_VALUE, -1, this.value(value)], at >>> 2);
  }

  /** Writes who is asked, and where the values are. */
  #question(question: number, at: number): void {
    const { actor } = this.#steps.questions[question] as Steps['questions'][number];
    this.#view.set([this.#base(actor), ...this.#field(actor), this.#rows[question] as number, question], at >>> 2);
  }

  /** A leaf as the kernel reads it, see `LEAF_FLAGS`; undefined when there is no room for a change that it makes. */
  #leaf(leaf: Leaf): Int32Array | undefined {
    const { layout, map, sizes: { changes, changeBytes } } = this.#place as Place;
    const { plain: [low, high], parts } = changesOf(leaf, layout);
    const visible = leaf.changes.some(({ actor, before, after }) => this.#watched.has(actor) && this.#judge.observation(actor, before) !== this.#judge.observation(actor, after));
    const record = new Int32Array(leafBytes(layout) / 4);
    record.set([leaf.decided, visible ? header.LEAF_VISIBLE : 0, low, high]);
    for (const [part, words] of parts.entries()) {
      if (words.length === 0) continue;
      const key = `${part} ${words.join()}`;
      const change = this.#changes.get(key) ?? this.#changes.size + 1;
      if (change >= changes) return undefined;
      this.#changes.set(key, change);
      this.#view.set(words, (map.changes + change * changeBytes) >>> 2);
      record[header.LEAF_CHANGES / 4 + part] = change;
    }
    return record;
  }

  /** Where the kernel finds the node of an actor: offset from the words that it stands with, shift, mask. */
  #field(actor: number): [number, number, number] {
    const { word, shift, mask, parts } = (this.#place as Place).layout;
    const first = parts[this.#part(actor)]?.first ?? 0;
    return [((word[actor] as number) - first) * 4, shift[actor] as number, mask[actor] as number];
  }

  /** Where a block has the address of these words. */
  #base(actor: number): number {
    const part = this.#part(actor);
    return part === -1 ? header.BLOCK_SELF : header.BLOCK_PARTS + part * 4;
  }

  /** The part whose record has the node of an actor; -1: it stands in the 64 bits, or takes no bits. */
  #part(actor: number): number {
    const { word, parts } = (this.#place as Place).layout;
    return parts.findLastIndex(({ first }) => (word[actor] as number) >= first);
  }

  /** Its actor must be listed as one that may do something, or that may do so much, and is not. */
  #unlisted(actor: number, node: number): boolean {
    const { tables } = this.#steps;
    const count = (tables.count[actor] as Ints).data[node] as number;
    return count > (this.#most[actor] as number) || (!this.#active[actor] && !tables.quiet(actor, node));
  }

  #node(actor: number, node: number): void {
    const { tables } = this.#steps;
    const { buffer, map } = this.#place as Place;
    const count = (tables.count[actor] as Ints).data[node] as number;
    const first = (tables.first[actor] as Ints).data[node] as number;
    const busy = !tables.quiet(actor, node);
    const thread = tables.subject.starts.some((start) => start.actor === actor);
    const begins = count > 0 && (tables.choices[first] as Choice).start;
    const flags = count | (busy ? header.NODE_BUSY : 0) | (busy && thread ? header.NODE_INSIDE : 0) | (begins ? header.NODE_BEGINS : 0);
    const at = ((map.nodes[actor] as number) + node * header.NODE_BYTES) >>> 2;
    this.#view[at] = map.choices + first * header.ASK_BYTES;
    this.#view[at + 1] = flags;
    if (this.#watched.has(actor))
      new Uint16Array(buffer)[((map.seen[actor] as number) >>> 1) + node] = this.#observed(actor, node);
    for (const [renaming, image] of [undefined, ...this.#images].entries()) {
      if (this.renamings === 0) break;
      const [target, becomes] = image === undefined ? [actor, node] : [image.actor(actor), image.node(actor, node)];
      const [high, low] = weightOf(target, becomes);
      this.#view.set([becomes, 0, low, high], (this.#imagesAt(renaming, actor) + node * header.IMAGE_BYTES) >>> 2);
    }
  }

  /** Where the images of an actor's nodes stand; renaming 0 changes nothing. */
  #imagesAt(renaming: number, actor: number): number {
    const { map, sizes } = this.#place as Place;
    return (map.images[actor] as number) + renaming * (sizes.nodes[actor] as number) * header.IMAGE_BYTES;
  }

  /** Writes lists of these actors, one for each way to rename. */
  #renamed(actors: readonly number[], from: number): void {
    if (this.renamings === 0) return;
    let at = from;
    for (const [renaming, image] of [undefined, ...this.#images].entries()) {
      for (const actor of actors) {
        const [offset, shift] = this.#field(image?.actor(actor) ?? actor);
        this.#view.set([...this.#field(actor), this.#imagesAt(renaming, actor), offset, shift], at);
        at += header.RENAMED_RECORD / 4;
      }
    }
  }

  /** Number of what properties see of an actor, small and its own. */
  #observed(actor: number, node: number): number {
    const numbers = this.#seen[actor] as Map<number, number>;
    const seen = this.#judge.observation(actor, node);
    const known = numbers.get(seen);
    if (known !== undefined) return known;
    numbers.set(seen, numbers.size);
    return numbers.size - 1;
  }

  /** Writes a list of actors, see `ACTOR_BYTES`. Gives its length. */
  #actors(listed: readonly number[], from: number): number {
    const { map } = this.#place as Place;
    for (const [index, actor] of listed.entries()) this.#view.set([...this.#field(actor), map.nodes[actor] as number], (from + index * header.ACTOR_BYTES) >>> 2);
    return listed.length;
  }

  /** Writes all bands. Gives how many. */
  #bands(): number {
    const { map, layout } = this.#place as Place;
    const bands = bandsOf(layout, this.#plain(layout));
    let [at, rows, actors] = [map.bands, map.rows, map.actors];
    for (const band of bands) {
      const end = actors + this.#actors(band.actors, actors) * header.ACTOR_BYTES;
      this.#view.set([band.shift, 2 ** band.width - 1, rows, actors, end], at >>> 2);
      at += header.BAND_BYTES;
      rows += 2 ** band.width * header.ROW_BYTES;
      actors = end;
    }
    return bands.length;
  }

  /** Rows that all bands have. */
  bandRows(layout: Parted): number {
    return bandsOf(layout, this.#plain(layout)).reduce((sum, { width }) => sum + 2 ** width, 0);
  }

  /** Listed actors that stand in the 64 bits themselves. */
  #plain({ parts }: Parted): number[] {
    const others = new Set(parts.flatMap(({ actors }) => actors));
    return this.#listedOf([...this.#active.keys()].filter((actor) => !others.has(actor)));
  }

  #listedOf(actors: readonly number[]): number[] {
    return actors.filter((actor) => this.#active[actor]);
  }

  /** May it do something or be busy, as far as nodes are known? */
  active(actor: number): boolean {
    this.#list();
    return this.#active[actor] as boolean;
  }

  /** Actors that may do something or be busy. */
  actors(): number {
    return this.#active.filter(Boolean).length;
  }

  /** Writes the list of actors that properties look at. */
  #observations(): [number, number][] {
    const { layout, map } = this.#place as Place;
    const { watched } = this.#judge;
    const observed = layoutOf(watched.map((actor) => layout.bits[actor] as number));
    for (const [index, actor] of watched.entries())
      this.#view.set([
        ...this.#field(actor), map.seen[actor] as number, (observed.word[index] as number) * 4, observed.shift[index] as number, this.#base(actor),
      ], (map.watched + index * header.WATCHED_BYTES) >>> 2);
    return [[header.WATCHED, watched.length], [header.WATCHED_AT, map.watched], [header.OBSERVED_WORDS, observed.words]];
  }
}

/** Bytes of a leaf: an even number of words. */
const leafBytes = ({ parts }: Parted): number => header.LEAF_CHANGES + Math.ceil(parts.length / 2) * 8;

/** What to xor to the 64 bits of a world, and to the words of each part behind its row; empty where nothing changes. */
function changesOf({ changes }: Leaf, { parts, word, shift }: Parted): { readonly plain: readonly [number, number]; readonly parts: readonly (readonly number[])[] } {
  const words = new Map<number, number>();
  for (const { actor, before, after } of changes) {
    const at = word[actor] as number;
    words.set(at, (words.get(at) ?? 0) ^ ((before ^ after) << (shift[actor] as number)));
  }
  return {
    plain: [words.get(0) ?? 0, words.get(1) ?? 0],
    parts: parts.map((part) => {
      const row = Array.from({ length: part.words - rowWords }, (_, index) => words.get(part.first + rowWords + index) ?? 0);
      return row.some((change) => change !== 0) ? row : [];
    }),
  };
}
