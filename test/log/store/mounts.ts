/** Small file systems for a test, gone after it. Mounting takes root. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { folder } from './place.ts';

export interface Mounts {
  /** Why there can be none here. */
  readonly missing: string | undefined;
  readonly place: string;
  /** A file system of so many megabytes: its folder. */
  readonly small: (name: string, megabytes: number) => string;
}

/** For one test file. */
export function mounts(tag: string): Mounts {
  const place = folder(tag);
  const open: string[] = [];
  afterAll(() => { for (const path of open) execFileSync('umount', ['-l', path], { stdio: 'pipe' }); });
  const small = (name: string, megabytes: number): string => {
    const path = join(place, name);
    mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'pipe' });
    open.push(path);
    return path;
  };
  let missing: string | undefined;
  try {
    small('probe', 1);
  } catch {
    missing = 'it takes root to mount';
  }
  return { missing, place, small };
}
