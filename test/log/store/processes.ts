/** Writers as processes: built once, started, killed, and what they were told held against what is stored. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { expect } from 'vitest';
import { listed, random } from '../../../src/log/store/conformance/bed.ts';
import { openStore } from '../../../src/log/store/open.ts';
import type { Store } from '../../../src/log/store/port.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface Writer {
  /** Numbers of the batches that were acknowledged, and the position of the last entry of each. */
  readonly acknowledged: ReadonlyMap<number, number>;
  readonly said: () => string;
  readonly opened: Promise<unknown>;
  kill(): void;
  readonly ended: Promise<unknown>;
}

/** Builds a program of the tests inside the package, where its dependencies are found. */
export async function built(source: string, tag: string): Promise<{ readonly program: string; remove(): void }> {
  const outDir = join(root, 'dist', `${tag}-${process.pid}`);
  await build({
    configFile: false, root, logLevel: 'silent', ssr: { external: ['pg', '@photostructure/sqlite'], noExternal: true },
    build: { ssr: `test/log/${source}.ts`, outDir, emptyOutDir: true, target: 'node20', minify: false },
  });
  return { program: join(outDir, `${basename(source)}.js`), remove: () => { rmSync(outDir, { recursive: true, force: true }); } };
}

/** Writers (worker.ts): each a process. */
export async function workers(tag: string): Promise<{ readonly program: string; start(store: string, writer: string, seed: number, count?: number, durable?: 'process-crash'): Writer; remove(): void }> {
  const worker = await built('store/worker', `writers-${tag}`);
  const { program } = worker;
  return {
    ...worker,
    start(store, writer, seed, count = Infinity, durable) {
      const child = spawn(process.execPath, [program, store, writer, String(seed), String(count), ...(durable === undefined ? [] : [durable])], { stdio: ['ignore', 'pipe', 'pipe'] });
      const acknowledged = new Map<number, number>();
      let [rest, all] = ['', ''];
      let open: (value: unknown) => void = () => undefined;
      const opened = new Promise((resolve) => { open = resolve; });
      child.stdout.on('data', (bytes) => {
        const lines = `${rest}${String(bytes)}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          const [number, position] = line.split(' ').map(Number);
          if (line === 'open') open(undefined);
          else if (position !== undefined && Number.isInteger(number)) acknowledged.set(number as number, position);
          else all += `${line}\n`;
        }
      });
      child.stderr.on('data', (bytes) => (all += String(bytes)));
      const ended = once(child, 'close').then(() => { open(undefined); });
      return { acknowledged, said: () => all, opened, kill: () => { child.kill('SIGKILL'); }, ended };
    },
  };
}

/** Every acknowledged batch is there, every batch that is there is whole, and positions and revisions have no gap. */
export async function hold(store: Store, writers: ReadonlyMap<string, ReadonlyMap<number, number>>): Promise<number> {
  const wrong = (what: string): never => { throw new Error(what); }; // `expect` for each entry would take longer than all the rest
  const entries = await listed(store.all());
  const revisions = new Map<string, number>();
  for (const [index, { stream, revision, data, position }] of entries.entries()) {
    if (position !== index + 1) wrong(`position ${position} stands at ${index + 1}`);
    if (revision !== (revisions.get(stream) ?? -1) + 1) wrong(`${stream} ${revision} comes after ${revisions.get(stream)}`);
    revisions.set(stream, revision);
    if (stream === 'shared') continue;
    const [number, of, place] = data as [number, number, number];
    const next = entries[index + 1];
    const whole = place === of - 1 ? next?.stream === 'shared' && JSON.stringify(next.data) === JSON.stringify([stream.slice(4), number])
      : next?.stream === stream && JSON.stringify(next.data) === JSON.stringify([number, of, place + 1]);
    if (!whole || (place > 0 && entries[index - 1]?.stream !== stream)) wrong(`batch ${number} of ${stream} is torn at ${position}`);
  }
  for (const [writer, life] of writers) {
    for (const [number, position] of life) {
      const { stream, data } = entries[position - 1] ?? wrong(`batch ${number} of ${writer} was acknowledged at ${position} and is not there`);
      if (stream !== 'shared' || JSON.stringify(data) !== JSON.stringify([writer, number])) wrong(`batch ${number} of ${writer} was acknowledged at ${position}, where ${JSON.stringify(data)} stands`);
    }
  }
  return entries.length;
}

/** Starts writers and kills them at random moments, again and again; after each time everything acknowledged has to be there. */
export async function killing(built: Awaited<ReturnType<typeof workers>>, store: string, { kills, writers, seed }: { readonly kills: number; readonly writers: number; readonly seed: number }): Promise<{ readonly entries: number; readonly acknowledged: number }> {
  const next = random(seed);
  const lives = new Map<string, ReadonlyMap<number, number>>();
  let entries = 0;
  for (let kill = 0; kill < kills; kill++) {
    const running = Array.from({ length: writers }, (_, writer) => ({ name: `w${writer}.${kill}`, process: built.start(store, `w${writer}.${kill}`, seed + kill * 31 + writer) }));
    await Promise.all(running.map(({ process }) => process.opened));
    while (running.some(({ process }) => process.acknowledged.size === 0 && process.said() === '')) await new Promise((resolve) => setTimeout(resolve, 2));
    await new Promise((resolve) => setTimeout(resolve, next() * 60));
    for (const { process } of running) process.kill();
    for (const { name, process } of running) {
      await process.ended;
      expect(process.said(), `SEED=${seed}, kill ${kill}`).toBe('');
      lives.set(name, process.acknowledged);
    }
    const opened = await openStore(store, { mode: 'write' });
    try {
      entries = await hold(opened, lives);
    } finally {
      await opened.close();
    }
  }
  return { entries, acknowledged: [...lives.values()].reduce((sum, { size }) => sum + size, 0) };
}
