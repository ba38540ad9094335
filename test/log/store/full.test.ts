/** Disks that are full or read-only, as file systems of their own; what was there before is untouched. Mounting takes root. */
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { register as log } from '../../../src/cli/log.ts';
import { run as shellRun } from '../../../src/cli/program.ts';
import { register as runCommand } from '../../../src/cli/run.ts';
import { draft, drafts, listed, part } from '../../../src/log/store/conformance/bed.ts';
import { openStore } from '../../../src/log/store/open.ts';
import { fill } from './fill.ts';
import { mounts } from './mounts.ts';

const { missing, small } = mounts('full');
const scenario = join(import.meta.dirname, '../../golden/refused.scenario');

async function shell(...argv: string[]) {
  const said = { out: '', err: '' };
  const code = await shellRun(argv, [log, runCommand], { stdout: { write: (text) => (said.out += text) }, stderr: { write: (text) => (said.err += text) }, env: {} });
  return { code, ...said };
}

describe.skipIf(missing !== undefined)(`small disks${missing === undefined ? '' : `: skipped, ${missing}`}`, () => {
  if (missing !== undefined) return;

  test.each(['log.db', 'log.jsonl'])('a disk that is full: %s', async (name) => {
    const disk = small(`full-${name}`, 3);
    const path = join(disk, name);
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(1_000_000));
    const store = await openStore(path, { mode: 'write' });
    const { taken, error } = await fill(store);
    expect(error).toMatchObject({ code: 'unwritable-store', message: 'the disk is full' });
    expect(taken).toBeGreaterThan(8);
    expect((await listed(store.all())).length).toBe(taken);
    await expect(store.attachments.put((async function* () { yield await Promise.resolve(Buffer.alloc(4_000_000)); })())).rejects.toMatchObject({ code: 'unwritable-store', message: 'the disk is full' });
    expect([await store.attachments.list(), readdirSync(`${path}.attachments`)]).toEqual([[], []]);
    await store.close();
    // A command says so too, with the code for what cannot be used, and leaves what was there.
    writeFileSync(join(disk, 'more'), Buffer.alloc(Math.max(0, free(disk) - 4096)));
    const { code, err } = await shell('run', scenario, '--model', 'v6.12.y', '--log', path);
    expect([code, err.split('\n')[0]]).toEqual([3, `unwritable-store: ${path}: the disk is full.`]);
    rmSync(ballast);
    const again = await openStore(path, { mode: 'write' });
    expect((await listed(again.all())).length).toBe(taken);
    expect((await again.append(part('b', 'no-stream', draft()))).ok).toBe(true);
    await again.close();
  });

  test.each(['log.db', 'log.jsonl'])('a disk that is read-only: writers are told, readers read: %s', async (name) => {
    const disk = small(`read-${name}`, 3);
    const path = join(disk, name);
    const store = await openStore(path, { mode: 'write' });
    await store.append(part('a', 'any', ...drafts(3)));
    await store.close();
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
    execFileSync('mount', ['-o', 'remount,ro', disk], { stdio: 'pipe' });
    const { code, err } = await shell('run', scenario, '--model', 'v6.12.y', '--log', path);
    expect([code, err.split(':')[0]]).toEqual([3, 'unwritable-store']);
    const reader = await openStore(path);
    expect((await listed(reader.all())).length).toBe(3);
    await reader.close();
  });
});

/** Bytes that are left. */
function free(path: string): number {
  return Number(execFileSync('df', ['-B1', '--output=avail', path], { encoding: 'utf8' }).split('\n')[1]);
}
