/**
 * The search without partial order, in WebAssembly: the same worlds, levels and findings as `Search`, some ten times faster.
 */
import { kernel, sharedKernel } from './kernel/bytes.ts';
import type { Crew } from './kernel/crew.ts';
import * as header from './kernel/header.ts';
import { Kernel, type Note } from './kernel/kernel.ts';
import { webAssembly, type Module, type WebAssembly } from './kernel/webassembly.ts';
import type { Judge } from './judge.ts';
import { allocate } from './ints.ts';
import { layoutOf, widths, type Layout } from './layout.ts';
import { Search, type Mark, type Packed, type Visitor } from './search.ts';
import type { Symmetry } from './symmetry.ts';
import type { Tables } from './tables.ts';
import { pack, unpack, type Store } from './worlds.ts';

/** The kernel, ready to be used. */
export interface Compiled {
  readonly wasm: WebAssembly;
  readonly module: Module;
  /** Undefined for one worker. */
  readonly crew: Crew | undefined;
}

const compiled = new Map<string, Promise<Module>>();

/** Compiles the kernel, each kind once, for so many workers; undefined where there is no WebAssembly, or none with SIMD. */
export async function compile(workers = 1): Promise<Compiled | undefined> {
  const wasm = webAssembly;
  if (wasm === undefined) return undefined;
  const text = workers > 1 ? sharedKernel : kernel;
  let module = compiled.get(text);
  if (module === undefined) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    if (!wasm.validate(bytes)) return undefined;
    module = wasm.compile(bytes);
    compiled.set(text, module);
  }
  const crew = workers > 1 ? new (await import('./kernel/crew.ts')).Crew(workers) : undefined;
  return { wasm, module: await module, crew };
}

export interface FastOptions {
  readonly memory: number;
  readonly symmetry?: Symmetry | undefined;
  /** Somebody will ask for `goals`. */
  readonly turns?: boolean;
}

/** The worlds of a kernel. */
class KernelWorlds implements Store {
  readonly kernel: Kernel;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  get layout(): Layout {
    return this.kernel.layout;
  }

  get size(): number {
    return this.kernel.size;
  }

  get bytes(): number {
    return this.kernel.bytes;
  }

  place(words: Int32Array): number {
    const place = this.kernel.put(words);
    return place < 0 ? -1 - place : place;
  }

  find(words: Int32Array): number {
    return this.kernel.find(words);
  }

  read(place: number, nodes: Int32Array): void {
    this.kernel.read(place, nodes);
  }

  widen(): void {
    throw new Error('the kernel widens its fields by itself');
  }
}

export class FastSearch extends Search {
  readonly kernel: Kernel;
  readonly #visitor: Visitor;
  /** Worlds whose steps another kernel took. */
  #taken = 0;

  constructor({ wasm, module, crew }: Compiled, tables: Tables, judge: Judge, visitor: Visitor, { memory, ...options }: FastOptions) {
    const kernel = new Kernel(wasm, module, tables, judge, { limit: memory, crew, ...options });
    super(tables, visitor, { memory, worlds: new KernelWorlds(kernel) });
    this.kernel = kernel;
    this.#visitor = visitor;
  }

  override run(count: number): boolean {
    const { kernel } = this;
    const end = this.next + count;
    while (this.next < end && this.next < kernel.size) {
      if (this.next === this.levels[this.levels.length - 1]) this.levels.push(kernel.size);
      kernel.run(Math.min(end, this.levels[this.levels.length - 1] as number), (note) => this.#heard(note));
      this.next = kernel.next;
      this.transitions = kernel.transitions;
    }
    this.mark = this.here();
    return this.next < kernel.size;
  }

  protected override packed(size: number): Packed {
    const layout = layoutOf(widths(this.tables.nodes.map(({ length }) => length)));
    const worlds = allocate(size * layout.words);
    for (let place = 0; place < size; place++) {
      this.worlds.read(place, this.nodes);
      pack(layout, this.nodes, worlds, place * layout.words);
    }
    return { layout, worlds };
  }

  protected override unpacked({ layout, worlds }: Packed, { size, next, transitions }: Pick<Mark, 'size' | 'next' | 'transitions'>): void {
    this.#taken = next;
    this.kernel.goOn(size, (place, nodes) => unpack(layout, worlds, place, nodes), next, transitions);
  }

  /** The nearest world from which no wished one (at rest, if asked) can be reached, or -1. */
  goals(wished: (nodes: Int32Array) => boolean, rests: boolean): number {
    if (this.#taken > 0) this.kernel.relearn(this.#taken); // the way back from a goal needs every step
    this.#taken = 0;
    return this.kernel.goals((place) => {
      this.worlds.read(place, this.nodes);
      return wished(this.nodes);
    }, rests);
  }

  override mayLead(place: number, from: number, end: number): number {
    return Math.max(from, this.kernel.before(place, from, end));
  }

  #heard({ kind, place, more, most }: Note): void {
    if (kind === header.NOTE_DECIDED) {
      this.#visitor.decided(most, place, [more]);
      return;
    }
    const { nodes } = this;
    this.worlds.read(place, nodes);
    if (kind === header.NOTE_FOLD) this.#visitor.discovered(place, nodes);
    else this.#visitor.expanding(place, nodes, kind === header.NOTE_REST, 0);
  }
}
