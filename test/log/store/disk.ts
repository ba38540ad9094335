/**
 * A machine's disk for a test, with the power in our hand: ext4 on a loop device on a disk that forgets what was not flushed
 * (disk_server.ts). Needs root, loop devices and FUSE.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Why there can be no such disk here; undefined: there can. */
export function withoutDisk(): string | undefined {
  if (process.getuid?.() !== 0) return 'it takes root to mount';
  for (const device of ['/dev/loop-control', '/dev/fuse']) {
    try {
      accessSync(device, constants.R_OK | constants.W_OK);
    } catch {
      return `there is no ${device}`;
    }
  }
  try {
    command('losetup', '-f');
    command('mkfs.ext4', '-V');
  } catch (error) {
    return `no free loop device, or no mkfs.ext4: ${String(error)}`;
  }
  return undefined;
}

const command = (name: string, ...args: string[]): string => execFileSync(name, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

export interface Disk {
  /** Where its file system is mounted. */
  readonly path: string;
  /** Takes the power away. Sectors that were not flushed, and how many of them chance left on it. */
  cut(seed: number): Promise<{ readonly unflushed: number; readonly kept: number }>;
  /** Mounts again what is left: everybody who had files open there is gone by now. */
  on(): Promise<void>;
  remove(): Promise<void>;
}

/** A disk of so many megabytes with an empty file system, below a folder. `program`: disk_server.ts as it was built. */
export async function disk(program: string, folder: string, megabytes: number): Promise<Disk> {
  const [file, path] = [join(folder, 'disk'), join(folder, 'mounted')];
  writeFileSync(file, '');
  mkdirSync(path);
  const server = spawn(process.execPath, [program, file, String(megabytes)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');
  const lines: AsyncIterator<string> = createInterface(server.stdout)[Symbol.asyncIterator]();
  const ask = async (line: string): Promise<string> => {
    if (line !== '') server.stdin.write(`${line}\n`);
    const answer = await lines.next();
    if (answer.done === true) throw new Error('the disk is gone');
    return answer.value;
  };
  await ask('');
  let device: string | undefined;
  const attach = () => { device = command('losetup', '-f', '--show', file); };
  const detach = async () => {
    if (device === undefined) return;
    for (let tries = 0; ; tries++) {
      try {
        command('umount', path);
        break;
      } catch (error) {
        // Who was killed while he waited for the disk lets go a moment later; @photostructure/sqlite keeps the files of a
        // closed database until its statements are collected.
        if (tries > 100) throw error;
        globalThis.gc?.();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    command('losetup', '-d', device);
    device = undefined;
  };
  attach();
  command('mkfs.ext4', '-q', '-E', 'nodiscard,lazy_itable_init=0,lazy_journal_init=0', '-m', '0', device ?? '');
  command('mount', '-o', 'noatime,nodiscard', device ?? '', path);
  return {
    path,
    async cut(seed) {
      const [, unflushed, kept] = (await ask(`cut ${seed}`)).split(' ').map(Number);
      return { unflushed: unflushed ?? NaN, kept: kept ?? NaN };
    },
    async on() {
      await detach();
      await ask('on');
      attach();
      command('mount', '-o', 'noatime,nodiscard', device ?? '', path);
    },
    async remove() {
      await detach();
      command('umount', file);
      server.stdin.end();
      await ended;
    },
  };
}
