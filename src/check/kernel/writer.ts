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
import * as header from './header.ts';
import { weightOf } from '../symmetry.ts';
import { memoryEntries, notesRoom, room, type MemoryMap, type Sizes } from './map.ts';
import type { Tree } from './tree.ts';

/** Where it is written, and how. */
export interface Place {
  readonly buffer: ArrayBufferLike;
  readonly map: MemoryMap;
  readonly sizes: Sizes;
  readonly layout: Tree;
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
  /** How much of `steps` is written. */
  #written = { nodes: 0, choices: 0, questions: 0, answers: 0 };
  readonly #images: Image[] = [];
  /** By leaf: where it stands behind `LEAVES_AT`. The first place is nobody's, because 0 is no value. */
  #leaves: number[] = [];
  #leafEnd = 16;
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

  /** Choices that a world has at most, as far as nodes are known. */
  choices(): number {
    this.#list();
    return this.#most.reduce((sum, most) => sum + most, 0);
  }

  /** Pairs that a batch adds at most: what stands above the words of each successor, under each name, and what properties see of it. */
  pairs({ shape }: Tree): number {
    return header.BATCH * (this.choices() + 1) * (shape.length * (1 + this.renamings) + this.#judge.watched.length + 1);
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
  leafBytes(layout: Tree): number {
    return this.#steps.leaves.reduce((bytes, leaf) => bytes + this.#leaf(leaf, layout).byteLength, 16);
  }

  /** Number of what changed words do to a root; 0: nothing. */
  #change(words: ReadonlyMap<number, number>, layout: Tree, root: 0 | 1): number {
    const below = [...words].filter(([word]) => layout.rootOf[word] === root);
    if (below.length === 0) return 0;
    const key = `${root} ${below.join()}`;
    if (layout.shifts[0] > header.MEMORY_ROOT || this.#changes.size >= header.NO_MEMORY - 1) return header.NO_MEMORY;
    if (!this.#changes.has(key)) this.#changes.set(key, this.#changes.size + 1);
    return this.#changes.get(key) as number;
  }

  /** A value of `steps` as the kernel knows it: an address instead of a leaf's number. */
  value(value: number): number {
    return value > 0 ? (this.#leaves[value - 1] as number) : value;
  }

  /** Writes everything. The sizes leave room for it. */
  write(place: Place): void {
    this.#place = place;
    this.#view = new Int32Array(place.buffer);
    const { tables } = this.#steps;
    const { buffer, map, sizes, layout } = place;
    const { words, shape, roots, shifts } = layout;
    const bytes = new Uint8Array(buffer);
    bytes.fill(0, map.shape, map.rootImages);
    for (let own = map.own + header.OWN_THIRDS; own < map.notes; own += header.OWN_BYTES) bytes.fill(0, own, own + header.THIRDS_BYTES);
    bytes.fill(0, map.folds, map.wishes);
    this.#list();
    const fields: [number, number][] = [
      [header.WORDS, words], [header.INNERS, shape.length], [header.SHAPE_AT, map.shape],
      [header.ROOT_FIRST, roots[0]], [header.ROOT_SECOND, roots[1]], [header.ROOT_THIRD, roots[2]], [header.SHIFT_SECOND, shifts[0]], [header.SHIFT_THIRD, shifts[1]],
      [header.ACTORS, this.#actors()], [header.ACTORS_AT, map.actors], [header.CHOICES_AT, map.choices], [header.ASKS_AT, map.asks],
      [header.MEMORY_AT, map.memory], [header.MEMORY_MASK, memoryEntries(sizes.pairSlots) - 1], [header.EDGES_AT, map.answers], [header.EDGES_MASK, sizes.answers - 1], [header.LEAVES_AT, map.leaves],
      [header.TOGETHER, Math.min(tables.subject.together, 0x7fffffff)], [header.PAIRS_AT, map.pairs], [header.PAIRS_ROOM, Math.min(sizes.pairSlots / 2, layout.most)],
      [header.PAIR_SLOTS_AT, map.pairSlots], [header.PAIR_SLOTS_MASK, sizes.pairSlots - 1], [header.FOLDS_AT, map.folds], [header.WISHES_AT, map.wishes],
      [header.WORLDS_AT, map.worlds], [header.WORLDS_ROOM, room(sizes.slots)], [header.SLOTS_AT, map.slots], [header.SLOTS_MASK, sizes.slots - 1],
      [header.NOTES_AT, map.notes], [header.NOTES_ROOM, notesRoom(sizes.workers)], [header.OWN_AT, map.own],
      [header.RENAMINGS, this.renamings], [header.RENAMED_AT, map.renamed], [header.RENAMED_BYTES, layout.bits.length * header.RENAMED_RECORD],
      [header.VERDICTS_AT, map.verdicts], [header.IMAGES_AT, map.rootImages], [header.WEIGHTS_AT, map.weights], [header.PAIRS_RESERVE, this.pairs(layout)],
      ...this.#observations(),
    ];
    for (const [field, value] of fields) this.#view[field] = value;
    this.#view.set(shape.flat(), map.shape >>> 2);
    this.#renamed();
    this.#written = { nodes: 0, choices: 0, questions: 0, answers: 0 };
    this.#leaves = [];
    this.#leafEnd = 16;
    this.#changes.clear();
    this.append();
  }

  /** Writes what is new behind what is written. False when it does not fit: then everything must be written anew. */
  append(): boolean {
    const steps = this.#steps;
    const { layout, map, sizes: { choices, questions, answers, leaves: bytes } } = this.#place as Place;
    const fresh = steps.leaves.slice(this.#leaves.length);
    const nodes = steps.nodes.slice(this.#written.nodes);
    const tight = steps.values.length > choices || steps.questions.length > questions || steps.answers.length * 2 > answers ||
      nodes.some(({ actor, node }) => node > (layout.mask[actor] as number) || this.#unlisted(actor, node));
    if (tight) return false;
    const view = this.#view;
    for (const leaf of fresh) {
      const record = this.#leaf(leaf, layout);
      if (this.#leafEnd + record.byteLength > bytes) return false;
      view.set(record, (map.leaves + this.#leafEnd) >>> 2);
      this.#leaves.push(this.#leafEnd);
      this.#leafEnd += record.byteLength;
    }
    for (const { actor, node } of nodes) this.#node(actor, node);
    for (const choice of steps.known.slice(this.#written.choices)) view[(map.choices >>> 2) + choice] = this.value(steps.values.data[choice] as number);
    for (let question = this.#written.questions; question < steps.questions.length; question++) {
      const { actor } = steps.questions[question] as (typeof steps.questions)[number];
      view.set([(layout.word[actor] as number) * 4, layout.shift[actor] as number, layout.mask[actor] as number], (map.asks >>> 2) + question * 3);
    }
    for (let answer = this.#written.answers; answer < steps.answers.length; answer++) this.#answer(steps.answers[answer] as (typeof steps.answers)[number]);
    this.#written = { nodes: steps.nodes.length, choices: steps.known.length, questions: steps.questions.length, answers: steps.answers.length };
    return true;
  }

  /** A leaf as the kernel reads it (see `after` there). */
  #leaf({ changes, decided }: Leaf, layout: Tree): Int32Array {
    const words = new Map<number, number>();
    let visible = 0;
    for (const { actor, before, after } of changes) {
      const word = layout.word[actor] as number;
      words.set(word, (words.get(word) ?? 0) ^ ((before ^ after) << (layout.shift[actor] as number)));
      if (this.#watched.has(actor) && this.#judge.observation(actor, before) !== this.#judge.observation(actor, after)) visible = header.LEAF_VISIBLE;
    }
    const touched = new Set(words.keys());
    const inners = layout.shape.flatMap(([left, right], inner) => {
      if (!touched.has(left) && !touched.has(right)) return [];
      touched.add(layout.words + inner);
      return [layout.words + inner, left, right];
    });
    const { roots: [, , third] } = layout;
    return Int32Array.of(decided, visible, this.#change(words, layout, 0), this.#change(words, layout, 1), words.get(third) ?? 0, words.size, inners.length / 3, ...[...words].flatMap(([word, change]) => [word * 4, change]), ...inners.map((node) => node * 4));
  }

  #answer({ question, node, value }: { question: number; node: number; value: number }): void {
    const { map, sizes: { answers } } = this.#place as Place;
    const mask = answers - 1;
    let at = (Math.imul(question, 0x9e3779b1) + Math.imul(node, 0x85ebca6b)) | 0;
    at = (at ^ (at >>> 15)) & mask;
    const first = map.answers >>> 2;
    while (this.#view[first + at * 4 + 2] !== 0) at = (at + 1) & mask;
    this.#view.set([question, node, this.value(value)], first + at * 4);
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
    this.#view[at] = first;
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

  /** Writes the lists of renamings. */
  #renamed(): void {
    const { layout, map } = this.#place as Place;
    if (this.renamings === 0) return;
    let at = map.renamed >>> 2;
    for (const [renaming, image] of [undefined, ...this.#images].entries()) {
      for (let actor = 0; actor < layout.bits.length; actor++, at += header.RENAMED_RECORD / 4) {
        const target = image?.actor(actor) ?? actor;
        this.#view.set([
          (layout.word[actor] as number) * 4, layout.shift[actor] as number, layout.mask[actor] as number, this.#imagesAt(renaming, actor),
          (layout.word[target] as number) * 4, layout.shift[target] as number, layout.rootOf[layout.word[actor] as number] as number,
        ], at);
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

  /** Writes the list of actors that may do something. Gives its length. */
  #actors(): number {
    const { tables } = this.#steps;
    const { layout, map } = this.#place as Place;
    let count = 0;
    for (const actor of tables.nodes.keys()) {
      if (!this.#active[actor]) continue;
      this.#view.set([(layout.word[actor] as number) * 4, layout.shift[actor] as number, layout.mask[actor] as number, map.nodes[actor] as number], (map.actors >>> 2) + count * 4);
      count++;
    }
    return count;
  }

  /** Writes the list of actors that properties look at. */
  #observations(): [number, number][] {
    const { layout, map } = this.#place as Place;
    const { watched } = this.#judge;
    const observed = layoutOf(watched.map((actor) => layout.bits[actor] as number));
    for (const [index, actor] of watched.entries())
      this.#view.set([
        (layout.word[actor] as number) * 4, layout.shift[actor] as number, layout.mask[actor] as number, map.seen[actor] as number,
        (observed.word[index] as number) * 4, observed.shift[index] as number,
      ], (map.watched >>> 2) + index * 6);
    return [[header.WATCHED, watched.length], [header.WATCHED_AT, map.watched], [header.OBSERVED_WORDS, observed.words]];
  }
}
