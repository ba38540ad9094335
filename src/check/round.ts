/** One search, with what it found on the way. */
import { isModelFault } from '../errors.ts';
import { Ample } from './ample.ts';
import { FastSearch, type Compiled } from './fast.ts';
import { lines } from './growth.ts';
import { Judge } from './judge.ts';
import { layoutOf, widths } from './layout.ts';
import { Lossy } from './lossy.ts';
import { pathTo, stepAs } from './path.ts';
import type { Property } from './property.ts';
import type { Explanation, ExploreOptions } from './explore.ts';
import { Search, type Visitor } from './search.ts';
import { Symmetry } from './symmetry.ts';
import type { Tables } from './tables.ts';

/** Where a property was decided: at a world, or on the last choice of a row that was taken from one. */
export interface Found {
  readonly place: number;
  readonly row: readonly number[];
}

/** What the WebAssembly kernel keeps images for: to rename anything else costs it more than it saves. */
const compiledSymmetry = { threads: true, most: 24 };

/** A search that decides properties as it goes. */
export class Round implements Visitor {
  readonly search: Search;
  readonly judge: Judge;
  readonly ample: Ample | undefined;
  /** Undefined when nothing can be swapped. */
  readonly symmetry: Symmetry | undefined;
  readonly #why: string | undefined;
  readonly found = new Map<Property, Found>();
  readonly #tables: Tables;
  readonly properties: readonly Property[];
  /** A property tells interchangeable actors apart, so they are not. */
  lopsided = false;
  #fold = -1;

  constructor(tables: Tables, properties: readonly Property[], options: ExploreOptions, { before, compiled, resumed = false }: { before?: Ample | undefined; compiled?: Compiled | undefined; resumed?: boolean } = {}) {
    this.#tables = tables;
    this.properties = properties;
    this.judge = new Judge(tables, properties);
    const eventual = properties.some(({ kind }) => kind === 'leadsTo');
    const fast = compiled !== undefined && options.lossy === undefined && !eventual && options.partialOrder === false && !tables.subject.inTurn;
    const symmetry = (options.symmetry ?? true) && !eventual ? new Symmetry(tables, fast ? compiledSymmetry : {}) : undefined;
    this.symmetry = symmetry?.orbits.length ? symmetry : undefined;
    if ((options.partialOrder ?? true) && !eventual) this.ample = new Ample(tables, this.judge, this.symmetry, before);
    this.#why = eventual ? 'off: what happens sooner or later is not kept under other names' : symmetry ? symmetry.why : 'switched off';
    const memory = options.memory ?? 2 ** 32;
    const lossy = options.lossy && new Lossy(options.lossy, layoutOf(widths(tables.nodes.map(({ length }) => length))), memory);
    const always = properties.some(({ kind }) => kind === 'canAlways');
    if (fast) {
      this.search = new FastSearch(compiled, tables, this.judge, this, { memory, symmetry: this.symmetry, turns: always });
    } else {
      this.search = new Search(tables, this, { memory, reduction: this.ample, folding: this.symmetry, worlds: lossy, edges: !lossy && (eventual || always) });
      this.ample?.follow(this.search, resumed);
    }
  }

  /** Expands up to `count` worlds. False when the queue is empty. @throws {ModelError} what a chart does wrong, with the way there */
  run(count: number): boolean {
    try {
      return this.search.run(count);
    } catch (error) {
      if (!isModelFault(error) || this.search instanceof FastSearch) throw error;
      const { place, row, then } = this.search.abandoned();
      throw error.leadingThere(lines(pathTo(this, place, row, then && stepAs(this, then)).steps));
    }
  }

  discovered(place: number, nodes: Int32Array): void {
    const fold = this.judge.fold(nodes);
    if (fold === this.#fold) return;
    this.#fold = fold;
    const answers = this.judge.answers(fold, nodes);
    if (this.symmetry && !this.symmetry.agrees(this.judge, fold, nodes)) this.lopsided = true;
    for (const [index, property] of this.properties.entries()) {
      const yes = ((answers[index] as number) & 1) === 1;
      if (property.kind === 'always' ? !yes : property.kind === 'sometimes' && !property.rests && !property.step && yes) this.note(property, place, []);
    }
  }

  decided(properties: number, place: number, row: readonly number[]): void {
    for (const [bit, property] of this.#tables.watched.entries()) if (((properties >> bit) & 1) === 1) this.note(property, place, row);
  }

  expanding(place: number, nodes: Int32Array, quiet: boolean, open: number): void {
    if (quiet) {
      const answers = this.judge.answers(this.judge.fold(nodes), nodes);
      for (const [index, property] of this.properties.entries()) {
        const yes = ((answers[index] as number) & 1) === 1;
        if (property.kind === 'atRest' ? !yes : property.kind === 'sometimes' && property.rests && yes) this.note(property, place, []);
      }
    } else if (open === 0) {
      for (const property of this.properties) if (property.kind === 'neverStuck') this.note(property, place, []);
    }
  }

  explanation(): Omit<Explanation, 'partialOrder'> {
    const { worlds } = this.search;
    return {
      symmetry: { on: this.symmetry !== undefined, orbits: this.symmetry?.orbits ?? [], ...(this.#why ? { why: this.#why } : {}) },
      kernel: this.search instanceof FastSearch ? 'wasm' : 'javascript', moves: this.#tables.moves, nodes: this.#tables.nodes.reduce((sum, { length }) => sum + length, 0),
      bits: worlds.layout.bits.reduce((sum, width) => sum + width, 0), bytes: worlds.bytes,
    };
  }

  /** Keeps the first place where a property is decided. */
  note(property: Property, place: number, row: readonly number[]): void {
    if (!this.found.has(property)) this.found.set(property, { place, row: [...row] });
  }
}
