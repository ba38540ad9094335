/** Folders for stores, gone when the test is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder that is removed after all tests of the file. */
export function folder(name: string): string {
  const made = mkdtempSync(join(tmpdir(), `${name}-`));
  afterAll(() => { rmSync(made, { recursive: true, force: true }); });
  return made;
}
