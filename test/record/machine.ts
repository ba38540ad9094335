/** A machine made of files, for the recorder: what a real kernel says of its types, functions and code, in the forms that it has on a running one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

type Members = ReadonlyMap<string, number>;

/** Types as a kernel carries them: header, records of three words and what follows, names. Structs, with pointers, enums and a function between them. */
export function btf(structs: ReadonlyMap<string, Members>): Buffer {
  let names = '\0';
  const places = new Map<string, number>();
  const place = (name: string): number => {
    const known = places.get(name);
    if (known !== undefined) return known;
    const at = names.length;
    names += `${name}\0`;
    places.set(name, at);
    return at;
  };
  const words: number[] = [place('int'), 1 << 24, 4, 0x0100_0020];
  for (const [name, members] of structs) {
    words.push(place(name), 7 << 24, 0); // a forward declaration of the same name
    words.push(place(name), (4 << 24) + 1, 8, place('unrelated'), 1, 0); // and another struct of it
    words.push(0, 2 << 24, 1, place('colour'), (6 << 24) + 1, 4, place(name), 5);
    words.push(place(name), (4 << 24) + members.size, 4096, ...[...members].flatMap(([member, offset]) => [place(member), 1, offset * 8]));
    words.push(0, (13 << 24) + 1, 1, place(name), 1, place('f'), 12 << 24, 2);
  }
  const types = Buffer.from(Uint32Array.from(words).buffer);
  const header = Buffer.from(Uint32Array.from([0x1_eb9f, 24, 0, types.length, types.length, names.length]).buffer);
  return Buffer.concat([header, types, Buffer.from(names, 'latin1')]);
}

/** The memory of a kernel as /proc/kcore shows it, with text at `start` and a page of something else before: `call` at each of these places, nops elsewhere. */
export function kcore(start: number, length: number, calls: readonly { readonly at: number; readonly to: number }[]): Buffer {
  const header = Buffer.alloc(8192);
  header.write('\x7fELF', 'latin1');
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(2, 56);
  for (const [index, [type, from, offset, size]] of ([[4, 0n, 0n, 0n], [1, 0xffff_ffff_0000_0000n + BigInt(start), 8192n, BigInt(length)]] as const).entries()) {
    const at = 64 + index * 56;
    header.writeUInt32LE(type, at);
    header.writeBigUInt64LE(offset, at + 8);
    header.writeBigUInt64LE(from, at + 16);
    header.writeBigUInt64LE(size, at + 32);
  }
  const text = Buffer.alloc(length, 0x90);
  for (const { at, to } of calls) {
    text[at - start] = 0xe8;
    text.writeInt32LE((to - at - 5) | 0, at - start + 1);
  }
  return Buffer.concat([header, text]);
}

/** Puts the files below a folder of their own. */
export function machine(files: Readonly<Record<string, string | Buffer>>): string {
  const root = mkdtempSync(join(tmpdir(), 'dma-ownership-machine-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

export const removed = (root: string): void => { rmSync(root, { recursive: true, force: true }); };
