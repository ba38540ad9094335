/** Names for tools whose names are letters, digits and underscores: each of ours gets one, and no two get the same. */
export class Identifiers {
  readonly #given = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** `reserved`: words of the format. */
  constructor(reserved: readonly string[] = []) {
    for (const word of reserved) this.#taken.add(word);
  }

  of(name: string): string {
    const known = this.#given.get(name);
    if (known !== undefined) return known;
    const plain = name.replaceAll(/[^A-Za-z0-9_]+/g, '_').replace(/^(?=\d)/, '_');
    let made = plain;
    for (let n = 2; this.#taken.has(made); n++) made = `${plain}_${n}`;
    this.#taken.add(made);
    this.#given.set(name, made);
    return made;
  }
}
