/** Archives that the kernel unpacks before its first process: cpio, "newc". Several may follow each other, each packed or not. */

export interface Entry {
  /** Path without a leading slash. */
  readonly path: string;
  /** Contents; absent: a folder. */
  readonly bytes?: Buffer;
  readonly executable?: boolean;
}

const magic = '070701';
const folder = 0o040755;
const file = 0o100644;
const program = 0o100755;

/** The archive, with the folders that the paths need, each once and before what it holds. */
export function archive(entries: readonly Entry[]): Buffer {
  const folders = new Set<string>();
  const parts: Buffer[] = [];
  const add = (entry: Entry) => { parts.push(header(entry, parts.length + 1), padded(Buffer.from(`${entry.path}\0`), 110), padded(entry.bytes ?? Buffer.alloc(0), 0)); };
  for (const entry of entries) {
    const names = entry.path.split('/');
    const above = names.map((_, at) => names.slice(0, at + 1).join('/')).slice(0, entry.bytes === undefined ? undefined : -1);
    for (const path of above.filter((one) => !folders.has(one))) {
      folders.add(path);
      add({ path });
    }
    if (entry.bytes !== undefined) add(entry);
  }
  add({ path: 'TRAILER!!!', bytes: Buffer.alloc(0) });
  return Buffer.concat(parts);
}

function header({ path, bytes, executable }: Entry, number: number): Buffer {
  const mode = bytes === undefined ? folder : executable === true ? program : file;
  const fields = [number, mode, 0, 0, 1, 0, bytes?.length ?? 0, 0, 0, 0, 0, Buffer.byteLength(path) + 1, 0];
  return Buffer.from(magic + fields.map((value) => value.toString(16).padStart(8, '0')).join(''));
}

/** Names and contents end at a multiple of four bytes; a name begins behind the header. */
function padded(bytes: Buffer, before: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - ((before + bytes.length) % 4)) % 4)]);
}
