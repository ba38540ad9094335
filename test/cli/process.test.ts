/** The real program as a process of its own: what a signal does to it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exit } from '../../src/cli/exit.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'process-'));
// Inside the package, because the program reads its own package.json.
const outDir = join(root, 'dist', `test-${process.pid}`);

beforeAll(async () => {
  await build({
    configFile: false, root, logLevel: 'silent', ssr: { noExternal: true },
    build: { ssr: 'src/cli/main.ts', outDir, emptyOutDir: true, target: 'node20', minify: false },
  });
});
afterAll(() => { rmSync(outDir, { recursive: true, force: true }); });

interface Ended { readonly code: number | null; readonly signal: string | null; readonly out: string; readonly err: string }

function start(...argv: string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [join(outDir, 'main.js'), 'check', '--json', ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (bytes) => (out += String(bytes)));
  child.stderr.on('data', (bytes) => (err += String(bytes)));
  return { child, ended: once(child, 'close').then(([code, signal]) => ({ code: code as number | null, signal: signal as string | null, out, err })) };
}
const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Document { states: number; transitions: number; depth: number; complete: boolean; stopped?: string; resumed?: number; properties: { kind: string; verdict: string }[] }
const told = ({ states, transitions, depth, complete, properties }: Document) => ({ states, transitions, depth, complete, properties });

describe('a process that is killed', () => {
  const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
  let state = seed;
  const random = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) / 2 ** 32;

  test.each([
    ['without reductions', ['--devices', '1', '--users', '1', '--no-partial-order', '--no-symmetry']],
    ['with reductions', ['--devices', '1', '--users', '2', '--reduce', 'always']],
  ])('goes on where it was, %s', async (name, argv) => {
    const straight = JSON.parse((await start(...argv).ended).out) as Document;
    const file = join(folder, name);
    const keep = ['--checkpoint', file, '--checkpoint-every', '0'];
    let kills = 0;
    for (; kills < 3; kills++) {
      const { child, ended } = start(...argv, ...keep, ...(existsSync(file) ? ['--resume', file] : []));
      while (kills === 0 && !existsSync(file)) await wait(5); // the first kill comes when something is kept
      await wait(kills === 0 ? random() * 200 : random() * 1500);
      child.kill('SIGKILL');
      if ((await ended).signal !== 'SIGKILL') break; // it was quicker
    }
    const { code, out, err } = await start(...argv, '--resume', file).ended;
    const resumed = JSON.parse(out) as Document;
    expect([`KILL_SEED=${seed}`, code, err, told(resumed)]).toEqual([`KILL_SEED=${seed}`, exit.holds, '', told(straight)]);
    expect(resumed.resumed).toBeGreaterThan(1);
  }, 60_000);

  test('leaves one file, and at most a piece of the next', () => {
    expect(readdirSync(folder).filter((name) => !name.endsWith(' reductions.part')).sort()).toEqual(['with reductions', 'without reductions']);
  });
});

test('Ctrl-C prints what is decided so far, and keeps it', async () => {
  const file = join(folder, 'interrupted');
  const { child, ended } = start('--devices', '3', '--users', '2', '--reduce', 'always', '--no-partial-order', '--checkpoint', file, '--checkpoint-every', '0');
  while (!existsSync(file)) await wait(5);
  child.kill('SIGINT');
  const { code, out, err } = await ended;
  const { complete, stopped, properties } = JSON.parse(out) as Document;
  expect({ code, err, complete, stopped }).toEqual({ code: exit.interrupted, err: '', complete: false, stopped: 'interrupted' });
  expect(new Set(properties.filter(({ kind }) => kind !== 'sometimes').map(({ verdict }) => verdict))).toEqual(new Set(['unknown']));
  const again = await start('--devices', '3', '--users', '2', '--reduce', 'never', '--resume', file).ended;
  expect([again.code, again.out]).toEqual([exit.badInput, expect.stringContaining('"code": "other-checkpoint"')]);
}, 60_000);
