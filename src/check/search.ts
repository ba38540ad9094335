/**
 * The inner loop: takes worlds from the queue in the order of discovery and puts their successors behind.
 *
 * Breadth first, so the first world found is a nearest one. What is done with a world when it is new or when its turn
 * comes is up to the `Visitor`; which of its choices are taken may be narrowed by a `Reduction`.
 */
import { ModelError } from '../errors.ts';
import { Ints } from './ints.ts';
import { layoutOf, widths, type Layout } from './layout.ts';
import { direct, type Choice, type Tables } from './tables.ts';
import { pack, Worlds, type Store } from './worlds.ts';

/** A row of narrowed worlds may be this long before one is kept: rows without end are none. */
const deepest = 1000;

export interface Visitor {
  /** A world is new. `changed`: what properties see may differ from the world before. */
  discovered(place: number, nodes: Int32Array): void;
  /** The last choice of a row from the world at `place` decides properties about steps. */
  decided(properties: number, place: number, row: readonly number[]): void;
  /** It is the turn of a world; `quiet`: nothing in flight and every thread at rest; `open`: number of actors with choices. */
  expanding(place: number, nodes: Int32Array, quiet: boolean, open: number): void;
}

/** Narrows the choices of a world to those of one actor. */
export interface Reduction {
  /** Looks at the world in hand before anything else is asked. */
  survey(nodes: Int32Array): void;
  /** The actor whose choices stand for all, or -1. `open` lists the actors that have choices. */
  choose(nodes: Int32Array, open: Int32Array, count: number): number;
  /** A choice is about to be taken from the world that was surveyed. */
  taken(choice: number): void;
  /** It had these effects and led to `nodes`, which are surveyed. */
  moved(effects: readonly number[], nodes: Int32Array): void;
}

/** Maps a world to the one that stands for all that differ from it by names only. */
export interface Folding {
  /** Renames in place. */
  normalise(nodes: Int32Array): unknown;
}

/** How much of everything there was between two worlds: what lies behind may be half a world. */
export interface Mark {
  readonly size: number;
  readonly next: number;
  readonly transitions: number;
  readonly narrowed: number;
  readonly levels: number;
  readonly starts: number;
  readonly edges: number;
}

/** Worlds as plain tuples of nodes, in the order of discovery. */
export interface Packed {
  readonly layout: Layout;
  readonly worlds: Int32Array;
}

export type Resumable = Omit<Mark, 'levels' | 'starts' | 'edges'> & Packed & { readonly levels: Int32Array; readonly starts: Int32Array; readonly targets: Int32Array };

export interface SearchOptions {
  readonly memory: number;
  readonly reduction?: Reduction | undefined;
  readonly folding?: Folding | undefined;
  /** Keep the successors of every world. */
  readonly edges?: boolean;
  /** Where worlds are kept. Default: typed arrays. */
  readonly worlds?: Store | undefined;
}

export class Search {
  readonly tables: Tables;
  readonly worlds: Store;
  /** Nodes of the world in hand. */
  readonly nodes: Int32Array;
  /** Effects of the last `apply`. */
  readonly effects: number[] = [];
  /** First place of each level. */
  readonly levels: number[] = [0];
  /** Next place to expand. */
  next = 0;
  transitions = 0;
  /** Worlds of which one actor's choices stood for all. */
  narrowed = 0;
  /** By place: where its successors begin in `targets`. */
  readonly starts = new Ints(1);
  readonly targets = new Ints(1);
  readonly #options: SearchOptions;
  #words: Int32Array;
  readonly #changed: Int32Array;
  readonly #before: Int32Array;
  #changes = 0;
  readonly #stamp: Int32Array;
  #now = 0;
  readonly #open: Int32Array;
  readonly #queue: number[] = [];
  #gated = 0;
  readonly #visitor: Visitor;
  /** Choices since the world that is expanded. */
  readonly #row: number[] = [];
  /** The choice that is being taken. */
  #taking = -1;
  #told: ((row: readonly number[]) => void) | undefined;

  constructor(tables: Tables, visitor: Visitor, options: SearchOptions) {
    this.tables = tables;
    this.#visitor = visitor;
    this.#options = options;
    const actors = tables.nodes.length;
    this.worlds = options.worlds ?? new Worlds(this.#layout(), options.memory);
    this.#words = new Int32Array(this.worlds.layout.words);
    [this.nodes, this.#changed, this.#before, this.#stamp, this.#open] =
      Array.from({ length: 5 }, () => new Int32Array(actors)) as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
    this.#place();
    visitor.discovered(0, this.nodes);
    this.mark = this.here();
  }

  protected here(): Mark {
    const { worlds: { size }, next, transitions, narrowed, levels, starts, targets } = this;
    return { size, next, transitions, narrowed, levels: levels.length, starts: starts.length, edges: targets.length };
  }

  /** All that another search over tables with the same numbers needs to go on from the last mark. */
  save(): Resumable {
    const { mark, levels, starts, targets } = this;
    return {
      ...mark, ...this.packed(mark.size), levels: Int32Array.from(levels.slice(0, mark.levels)),
      starts: starts.data.subarray(0, mark.starts), targets: targets.data.subarray(0, mark.edges),
    };
  }

  /** Goes on from where another search stood. @throws {ModelError} `other-checkpoint` when steps are needed that it did not keep */
  restore(saved: Resumable): void {
    if (this.#options.edges && saved.starts.length < saved.next)
      throw new ModelError('other-checkpoint', 'it was made with another kernel, which keeps no steps', { hint: 'resume where there is WebAssembly, or begin anew without --resume' });
    this.unpacked(saved, saved);
    this.#words = new Int32Array(this.worlds.layout.words);
    ({ next: this.next, transitions: this.transitions, narrowed: this.narrowed } = saved);
    this.levels.splice(0, this.levels.length, ...saved.levels);
    this.starts.take(saved.starts);
    this.targets.take(saved.targets);
    this.mark = this.here();
  }

  /** The first `size` worlds, as they are packed. */
  protected packed(size: number): Packed {
    const { layout, data } = this.worlds as Worlds;
    return { layout, worlds: data.subarray(0, size * layout.words) };
  }

  /** Takes worlds over, in their order. */
  protected unpacked({ layout, worlds }: Packed, { size }: Pick<Mark, 'size' | 'next' | 'transitions'>): void {
    (this.worlds as Worlds).restore(layout, worlds, size);
  }

  /** Where the last `run` ended, or the one that failed began. */
  mark: Mark;

  /** Expands up to `count` worlds. False when the queue is empty. @throws {ModelError} out-of-memory */
  run(count: number): boolean {
    const end = this.next + count;
    while (this.next < end && this.next < this.worlds.size) this.#expand(this.next++);
    this.mark = this.here();
    if (this.bytes > this.#options.memory) throw new ModelError('out-of-memory', `worlds and steps take ${this.bytes} bytes`, { at: `memory of ${this.#options.memory} bytes` });
    return this.next < this.worlds.size;
  }

  /** What worlds take, and their steps where they are kept. */
  get bytes(): number {
    return this.worlds.bytes + this.starts.data.byteLength + this.targets.data.byteLength;
  }

  /** Levels begun so far; level 0 is the initial world alone. */
  get depth(): number {
    return this.levels.length - 1;
  }

  /**
   * Calls `each` for every successor of a world, which is in `nodes` meanwhile. Every choice, no reduction.
   * `thread`: the actor that the choice is a step of, at the end of the chain of callers.
   */
  successors(place: number, each: (choice: number, decided: number, thread: number) => void): void {
    this.worlds.read(place, this.nodes);
    const { nodes } = this;
    const full = this.#full();
    for (let actor = 0; actor < nodes.length; actor++) {
      const [first, count] = this.#choices(actor);
      if (full && count > 0 && this.#begins(actor, nodes[actor] as number)) continue;
      const thread = this.tables.root(actor, nodes);
      for (let choice = first; choice < first + count; choice++) {
        const decided = this.apply(choice);
        each(choice, decided, thread);
        this.revert();
      }
    }
  }

  /** Every choice in the world in hand, actor by actor. */
  choices(): number[] {
    const full = this.#full();
    const found: number[] = [];
    for (let actor = 0; actor < this.nodes.length; actor++) {
      const [first, count] = this.#choices(actor);
      if (full && count > 0 && this.#begins(actor, this.nodes[actor] as number)) continue;
      for (let choice = first; choice < first + count; choice++) found.push(choice);
    }
    return found;
  }

  /** No world from `from` up to the one that this gives, below `end`, has a step to the one at `place`. */
  mayLead(_place: number, from: number, _end: number): number {
    return from;
  }

  /** The same with the reduction of the search: `row` leads to the next world that was kept, which is in `nodes`. */
  rows(place: number, each: (row: readonly number[]) => void): void {
    this.#told = each;
    const { transitions, narrowed } = this;
    this.worlds.read(place, this.nodes);
    const open = this.#open.slice();
    const count = this.#survey(open);
    this.#options.reduction?.survey(this.nodes);
    for (let index = 0; index < count; index++) this.#take(place, open[index] as number);
    this.#told = undefined;
    [this.transitions, this.narrowed] = [transitions, narrowed];
  }

  /** Takes a choice in the world in hand. Gives the properties that it decides; `revert` undoes it. */
  apply(choice: number): number {
    const { tables, nodes } = this;
    this.#changes = 0;
    this.#now++;
    this.effects.length = 0;
    const target = tables.target.data[choice] as number;
    let effect: number;
    this.#taking = choice;
    const { actor } = tables.choices[choice] as Choice;
    if (target === direct) {
      effect = tables.own.data[choice] as number;
    } else {
      effect = tables.effect(choice, nodes[target] as number);
      this.#set(target, tables.effectTarget.data[effect] as number);
    }
    this.effects.push(effect);
    this.#set(actor, tables.effectActor.data[effect] as number);
    let decided = tables.effectDecided.data[effect] as number;
    const rest = tables.effectRest.data[effect] as number;
    if (rest !== 0) decided |= this.#finish(rest);
    this.#taking = -1;
    return decided;
  }

  /** After an error: the world whose turn it was and the choices taken from there. Gives them up. */
  abandoned(): { readonly place: number; readonly row: readonly number[]; readonly then: Choice | undefined } {
    const row = this.#row.splice(0);
    if (this.#taking !== -1) row.push(this.#taking);
    this.#taking = -1;
    return { place: Math.max(0, this.next - 1), row, then: this.tables.computing };
  }

  revert(): void {
    for (let index = 0; index < this.#changes; index++) this.nodes[this.#changed[index] as number] = this.#before[index] as number;
  }

  /** Place of the world in hand, or -1 when it was never met. */
  find(): number {
    const { layout } = this.worlds;
    if (this.nodes.some((node, actor) => node > (layout.mask[actor] as number))) return -1;
    if (this.#words.length !== layout.words) this.#words = new Int32Array(layout.words);
    pack(layout, this.nodes, this.#words);
    return this.worlds.find(this.#words);
  }

  /** Puts the messages that are left to their receivers. */
  #finish(rest: number): number {
    const { tables, nodes } = this;
    const queue = this.#queue;
    let decided = 0;
    for (let from = rest; from !== 0;) {
      const count = tables.rest.data[from] as number;
      for (let index = 0; index < count; index++) queue.push(tables.rest.data[from + 1 + 2 * index] as number, tables.rest.data[from + 2 + 2 * index] as number);
      from = 0;
      while (queue.length > 0 && from === 0) {
        const actor = queue.shift() as number;
        const code = queue.shift() as number;
        if ((code & 1) === 1) {
          this.#set(actor, tables.keep(actor, nodes[actor] as number, code >> 1));
        } else {
          const effect = tables.receive(actor, nodes[actor] as number, code >> 1);
          this.effects.push(effect);
          this.#set(actor, tables.effectActor.data[effect] as number);
          decided |= tables.effectDecided.data[effect] as number;
          from = tables.effectRest.data[effect] as number;
        }
      }
    }
    return decided;
  }

  #set(actor: number, node: number): void {
    const { nodes } = this;
    if (this.#stamp[actor] !== this.#now) {
      this.#stamp[actor] = this.#now;
      this.#changed[this.#changes] = actor;
      this.#before[this.#changes++] = nodes[actor] as number;
    }
    nodes[actor] = node;
  }

  #choices(actor: number): [first: number, count: number] {
    const node = this.nodes[actor] as number;
    const { tables } = this;
    if (((tables.first[actor] as Ints).data[node] as number) === -1) tables.expand(actor, node);
    return [(tables.first[actor] as Ints).data[node] as number, (tables.count[actor] as Ints).data[node] as number];
  }

  #expand(place: number): void {
    const { nodes, worlds } = this;
    if (place === this.levels[this.levels.length - 1]) this.levels.push(worlds.size);
    worlds.read(place, nodes);
    const open = this.#open.slice();
    const count = this.#survey(open);
    let quiet = true;
    for (let actor = 0; quiet && actor < nodes.length; actor++) quiet = this.tables.quiet(actor, nodes[actor] as number);
    this.#visitor.expanding(place, nodes, quiet, count + this.#gated);
    if (this.#options.edges) this.starts.push(this.targets.length);
    this.#options.reduction?.survey(nodes);
    for (let index = 0; index < count; index++) this.#take(place, open[index] as number);
  }

  /** Lists the actors that have choices, and counts those that may not begin now because too many have. */
  #survey(open: Int32Array): number {
    const { tables, nodes } = this;
    let count = 0;
    this.#gated = 0;
    const full = this.#full();
    for (let actor = 0; actor < nodes.length; actor++) {
      const node = nodes[actor] as number;
      if (((tables.first[actor] as Ints).data[node] as number) === -1) tables.expand(actor, node);
      if ((tables.count[actor] as Ints).data[node] === 0) continue;
      if (full && this.#begins(actor, node)) this.#gated++;
      else open[count++] = actor;
    }
    return count;
  }

  /** As many threads are inside a call as may be, or one of them can go on before another begins. */
  #full(): boolean {
    const { subject } = this.tables;
    if (subject.inTurn && this.nodes.some((node, actor) => this.tables.inFlight(actor, node))) return true;
    if (subject.together === Infinity) return false;
    let busy = 0;
    for (const { actor } of subject.starts) if (!this.tables.quiet(actor, this.nodes[actor] as number)) busy++;
    return busy >= subject.together;
  }

  #begins(actor: number, node: number): boolean {
    return (this.tables.choices[(this.tables.first[actor] as Ints).data[node] as number] as Choice).start;
  }

  /** Takes every choice of an actor in the world at `place`. */
  #take(place: number, actor: number): void {
    const { nodes, worlds } = this;
    const { reduction, folding, edges } = this.#options;
    const [first, count] = this.#choices(actor);
    for (let choice = first; choice < first + count; choice++) {
      if (reduction) reduction.taken(choice);
      const decided = this.apply(choice);
      this.transitions++;
      if (decided !== 0 && !this.#told) this.#visitor.decided(decided, place, [choice]);
      if (reduction || folding || this.#told) {
        reduction?.moved(this.effects, nodes);
        this.#row.push(choice);
        this.#slide(place);
        this.#row.pop();
        worlds.read(place, nodes);
        reduction?.survey(nodes);
      } else {
        const before = worlds.size;
        const found = this.#near(place);
        if (found === before) this.#visitor.discovered(found, nodes);
        if (edges) this.targets.push(found);
        this.revert();
      }
    }
  }

  /**
   * Lets the world in hand go on as long as the choices of one actor stand for all, and keeps the world where they no
   * longer do. What lies between is not kept: it looks the same to every property.
   */
  #slide(place: number, deep = 0): void {
    const { nodes, worlds } = this;
    const { reduction, folding, edges } = this.#options;
    const chosen = reduction && deep < deepest ? this.#narrow(reduction) : -1;
    if (reduction && chosen !== -1) {
      this.narrowed++;
      const [first, count] = this.#choices(chosen);
      const here = count === 1 ? undefined : nodes.slice();
      for (let choice = first; choice < first + count; choice++) {
        if (choice !== first) {
          nodes.set(here as Int32Array);
          reduction.survey(nodes);
        }
        reduction.taken(choice);
        const decided = this.apply(choice);
        this.transitions++;
        reduction.moved(this.effects, nodes);
        this.#row.push(choice);
        if (decided !== 0 && !this.#told) this.#visitor.decided(decided, place, this.#row);
        this.#slide(place, deep + 1);
        this.#row.pop();
      }
      return;
    }
    if (this.#told) {
      this.#told(this.#row);
      return;
    }
    folding?.normalise(nodes);
    const before = worlds.size;
    const found = this.#place();
    if (found === before) this.#visitor.discovered(found, nodes);
    if (edges) this.targets.push(found);
  }

  #narrow(reduction: Reduction): number {
    return reduction.choose(this.nodes, this.#open, this.#survey(this.#open));
  }

  /** Place of the world in hand, which differs from the one at `place` by the last `apply`. */
  #near(place: number): number {
    const { nodes, worlds } = this;
    const changed = this.#changed;
    let { layout } = worlds;
    if (!(worlds instanceof Worlds)) return this.#place();
    for (let index = 0; index < this.#changes; index++) {
      const actor = changed[index] as number;
      if ((nodes[actor] as number) > (layout.mask[actor] as number)) return this.#place();
    }
    const words = this.#words;
    ({ layout } = worlds);
    const base = place * layout.words;
    for (let word = 0; word < layout.words; word++) words[word] = worlds.data[base + word] as number;
    for (let index = 0; index < this.#changes; index++) {
      const actor = changed[index] as number;
      const shift = layout.shift[actor] as number;
      const word = layout.word[actor] as number;
      words[word] = ((words[word] as number) & ~((layout.mask[actor] as number) << shift)) | ((nodes[actor] as number) << shift);
    }
    return worlds.place(words);
  }

  #place(): number {
    const { nodes, worlds } = this;
    for (let actor = 0; actor < nodes.length; actor++) {
      if ((nodes[actor] as number) <= (worlds.layout.mask[actor] as number)) continue;
      worlds.widen(this.#layout(worlds.layout));
      this.#words = new Int32Array(worlds.layout.words);
      break;
    }
    pack(worlds.layout, nodes, this.#words);
    return worlds.place(this.#words);
  }

  #layout(before?: Layout): Layout {
    return layoutOf(widths(this.tables.nodes.map(({ length }) => length), before?.bits));
  }
}
