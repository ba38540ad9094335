/**
 * A disk with a write cache that forgets, as a process: one file by FUSE, for a loop device to stand on.
 *
 * `disk_server FILE MEGABYTES`. What was written counts as on the platters only after a flush. `cut SEED` on standard input
 * takes the power away: of the sectors written since the last flush chance keeps some, none or all, in any order, and nothing
 * is answered but an I/O error until `on`. Speaks the protocol of /dev/fuse, of
 * which a file that is the root of its file system needs little (include/uapi/linux/fuse.h).
 */
import { spawnSync } from 'node:child_process';
import { openSync, read, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { random } from '../../../src/log/store/conformance/bed.ts';

const [file = '', megabytes = ''] = process.argv.slice(2);
const size = Number(megabytes) << 20;
const sector = 512;
const [EIO, ENOSYS] = [-5, -38];
const op = { getattr: 3, setattr: 4, open: 14, read: 15, write: 16, release: 18, fsync: 20, flush: 25, init: 26, interrupt: 36, forget: 2, destroy: 38 } as const;

/** What a reader gets, and what outlives the power. */
const cached = Buffer.alloc(size);
const stable = Buffer.alloc(size);
let dirty = new Set<number>();
let [powered, flushes] = [true, 0];

function flush(): void {
  for (const at of dirty) cached.copy(stable, at * sector, at * sector, (at + 1) * sector);
  dirty = new Set();
  flushes++;
}

/** How many sectors were not flushed, and how many of them are there all the same. */
function cut(seed: number): string {
  const next = random(seed);
  const share = [0, 0.5, 0.9, 1][Math.floor(next() * 4)] ?? 0;
  let kept = 0;
  for (const at of dirty) if (next() < share) {
    cached.copy(stable, at * sector, at * sector, (at + 1) * sector);
    kept++;
  }
  const unflushed = dirty.size;
  stable.copy(cached);
  dirty = new Set();
  powered = false;
  return `cut ${unflushed} ${kept}`;
}

const fuse = openSync('/dev/fuse', 'r+');
const how = spawnSync('mount', ['-i', '-t', 'fuse', 'disk', file, '-o', 'fd=3,rootmode=100000,user_id=0,group_id=0'], { stdio: ['ignore', 'ignore', 'pipe', fuse], encoding: 'utf8' });
if (how.status !== 0) {
  writeSync(2, how.stderr);
  process.exit(1);
}

function answer(unique: bigint, error: number, body: Buffer = Buffer.alloc(0)): void {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + body.length, 0);
  header.writeInt32LE(error, 4);
  header.writeBigUInt64LE(unique, 8);
  writeSync(fuse, Buffer.concat([header, body]));
}

/** struct fuse_attr_out. */
function attributes(): Buffer {
  const out = Buffer.alloc(104);
  out.writeBigUInt64LE(1n, 16); // ino
  out.writeBigUInt64LE(BigInt(size), 24);
  out.writeBigUInt64LE(BigInt(size / sector), 32);
  out.writeUInt32LE(0o100600, 76); // mode
  out.writeUInt32LE(1, 80); // nlink
  out.writeUInt32LE(4096, 96); // blksize
  return out;
}

function serve(request: Buffer): void {
  const [code, unique, body] = [request.readUInt32LE(4), request.readBigUInt64LE(8), request.subarray(40)];
  const place = () => [Number(body.readBigUInt64LE(8)), body.readUInt32LE(16)] as const;
  switch (code) {
    case op.forget: case op.interrupt: return;
    case op.init: {
      const out = Buffer.alloc(64);
      [7, 31, 0, (1 << 5) | (1 << 22)].forEach((value, index) => out.writeUInt32LE(value, index * 4)); // version, no readahead, big writes, max_pages
      out.writeUInt32LE(1 << 20, 20); // max_write
      out.writeUInt16LE(256, 28); // max_pages
      return answer(unique, 0, out);
    }
    case op.getattr: case op.setattr: return answer(unique, 0, attributes());
    case op.open: {
      const out = Buffer.alloc(16);
      out.writeUInt32LE(1, 8); // FOPEN_DIRECT_IO: nothing between the loop device and us
      return answer(unique, 0, out);
    }
    case op.read: {
      if (!powered) return answer(unique, EIO);
      const [at, length] = place();
      return answer(unique, 0, cached.subarray(at, Math.min(at + length, size)));
    }
    case op.write: {
      if (!powered) return answer(unique, EIO);
      const [at, length] = place();
      body.copy(cached, at, 40, 40 + length);
      for (let one = Math.floor(at / sector); one * sector < at + length; one++) dirty.add(one);
      const out = Buffer.alloc(8);
      out.writeUInt32LE(length, 0);
      return answer(unique, 0, out);
    }
    case op.fsync: {
      if (!powered) return answer(unique, EIO);
      flush();
      return answer(unique, 0);
    }
    case op.flush: case op.release: case op.destroy: return answer(unique, 0);
    default: return answer(unique, ENOSYS);
  }
}

const buffer = Buffer.alloc((1 << 20) + 8192);
function next(): void {
  read(fuse, buffer, 0, buffer.length, null, (error, length) => {
    if (error !== null) {
      if (error.code === 'ENODEV') process.exit(0); // unmounted
      if (error.code !== 'EINTR' && error.code !== 'ENOENT' && error.code !== 'EAGAIN') throw error;
    } else serve(buffer.subarray(0, length));
    next();
  });
}
next();
writeSync(1, 'ready\n');

createInterface(process.stdin).on('line', (line) => {
  const [word, value = '0'] = line.split(' ');
  if (word === 'cut') writeSync(1, `${cut(Number(value))}\n`);
  if (word === 'on') {
    powered = true;
    writeSync(1, `on ${flushes}\n`);
  }
});
