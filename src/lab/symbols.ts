/** Where functions are, and which calls one makes: from kallsyms or System.map, and from objdump. */

export class Symbols {
  /** Functions of the kernel itself, by address. */
  readonly #text: readonly (readonly [address: bigint, name: string])[];
  readonly #at = new Map<string, number>();
  /** Functions of modules, with the module. */
  readonly #modules = new Map<string, string>();

  /** Lines `ffffffff81000000 T name [module]`. */
  constructor(kallsyms: string) {
    const text: (readonly [bigint, string])[] = [];
    for (const line of kallsyms.split('\n')) {
      const [, address = '', name = '', module] = /^([0-9a-f]+) [tTwW] (\S+)(?:\s+\[(\w+)\])?$/.exec(line) ?? [];
      if (address === '') continue;
      if (module === undefined) text.push([BigInt(`0x${address}`), name]);
      else this.#modules.set(name, module);
    }
    this.#text = text.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    for (const [index, [, name]] of this.#text.entries()) if (!this.#at.has(name)) this.#at.set(name, index);
  }

  has(name: string): boolean {
    return this.#at.has(name);
  }
  /** The module that has the function; '' where the kernel itself has it, undefined where nobody has. */
  moduleOf(name: string): string | undefined {
    return this.#modules.get(name) ?? (this.has(name) ? '' : undefined);
  }
  addressOf(name: string): bigint | undefined {
    return this.#text[this.#at.get(name) ?? -1]?.[0];
  }
  /** First and last address of a function: up to the next one. */
  rangeOf(name: string): readonly [from: bigint, to: bigint] | undefined {
    const from = this.addressOf(name);
    if (from === undefined) return undefined;
    const next = this.#text.find(([address]) => address > from);
    return next === undefined ? undefined : [from, next[0]];
  }
}

/** Distances from `from` of every call of, or jump to, `callee` in a listing of `objdump -d --no-show-raw-insn`. */
export function sitesIn(listing: string, from: bigint, callee: bigint): number[] {
  const target = callee.toString(16);
  return listing.split('\n').flatMap((line) => {
    const [, at = '', to = ''] = /^\s*([0-9a-f]+):\s+(?:call|j\w+)\s+(?:0x)?([0-9a-f]+)\b/.exec(line) ?? [];
    return to === target ? [Number(BigInt(`0x${at}`) - from)] : [];
  });
}

/** Offsets of the direct members of a struct, from pahole's listing of it. Bit fields share the offset of their word. */
export function membersIn(listing: string): Map<string, number> {
  const members = new Map<string, number>();
  for (const line of listing.split('\n')) {
    // One tab: a direct member. Members of structs inside stand deeper, and offsets follow as `/*   104     8 */`.
    const [, declared = '', offset = ''] = /^\t([^\t}].*?)\/\* +(\d+)(?::\s*\d+)? +\d+ \*\//.exec(line) ?? [];
    const name = /(\w+)(?:\[[^\]]*\])*(?:__attribute__.*)?;|\(\*(\w+)\)/.exec(declared.replace(/\s*:\s*\d+;/, ';'));
    if (offset !== '' && name !== null) members.set(name[2] ?? name[1] ?? '', Number(offset));
  }
  return members;
}

/** Numbers of the constants of an enum, from pahole's listing of it. */
export const constantsIn = (listing: string): Map<string, number> =>
  new Map([...listing.matchAll(/^\s+(\w+)\s*=\s*(-?\d+),/gm)].map(([, name = '', value]) => [name, Number(value)]));
