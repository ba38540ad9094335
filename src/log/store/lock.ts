/** One writer for a file: a lock file that names its process, and is void when that process is gone. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { ModelError } from '../../errors.ts';

/** Taken until `release` is called; `held` says whether it still is ours. */
export interface Lock {
  held(): boolean;
  release(): void;
}

/**
 * Takes the lock at `path`. A lock whose process is gone is taken over. Two who take over at the same moment are told
 * apart by what stands in the file afterwards; whoever writes asks `held` before each write.
 *
 * @throws {ModelError} busy-store
 */
export function lock(path: string, of: string): Lock {
  const mine = `${process.pid} ${startOf(process.pid) ?? ''} ${randomBytes(8).toString('hex')}\n`;
  const beside = `${path}.${randomBytes(4).toString('hex')}`;
  writeFileSync(beside, mine, { flag: 'wx' });
  try {
    try {
      linkSync(beside, path); // fails where there is one
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const [pid, start] = read(path).split(' ');
      if (pid !== undefined && alive(Number(pid), start ?? ''))
        throw new ModelError('busy-store', `process ${pid} writes to it`, { at: of, hint: 'wait until it ends, or write to a database: sqlite:log.db has many writers' });
      renameSync(beside, path);
    }
  } finally {
    rmSync(beside, { force: true });
  }
  const held = () => read(path) === mine;
  if (!held()) throw new ModelError('busy-store', 'another process took the lock at this moment', { at: of, hint: 'try again' });
  return { held, release: () => { if (held()) rmSync(path, { force: true }); } };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // released meanwhile
  }
}

/** A pid may be used again: where the system tells when a process began, that has to be the same too. */
function alive(pid: number, start: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return start === '' || (startOf(pid) ?? start) === start;
}

/** The boot, and the clock ticks from it to the start of a process, from Linux's /proc; undefined elsewhere. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return undefined;
  }
}
