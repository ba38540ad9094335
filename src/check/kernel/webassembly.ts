/** What we use of WebAssembly: its types belong to the browser's library, which nothing else here needs. */

export interface Memory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  /** @throws {RangeError} no more memory */
  grow(pages: number): number;
}

/** Compiled code. */
export type Module = object & { readonly __module?: never };

export interface WebAssembly {
  /** Does this machine take it? Not where it lacks what the code needs, such as SIMD. */
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<Module>;
  readonly Memory: new (pages: { initial: number; maximum?: number; shared?: boolean }) => Memory;
  readonly Instance: new (module: Module, imports: Record<string, Record<string, unknown>>) => { readonly exports: unknown };
}

/** Undefined where there is none. */
export const webAssembly: WebAssembly | undefined = (globalThis as { WebAssembly?: WebAssembly }).WebAssembly;
