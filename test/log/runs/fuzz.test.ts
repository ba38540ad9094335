/** Logs whose bytes were changed. `npm run fuzz` changes them a hundred thousand times; `SEED=...` does the same again. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ModelError } from '../../../src/errors.ts';
import { digestOf, factsOf, runNamed } from '../../../src/log/runs/stored.ts';
import { exported, imported } from '../../../src/log/runs/transfer.ts';
import { verified } from '../../../src/log/runs/verify.ts';
import { draft, listed, part, random } from '../../../src/log/store/conformance/bed.ts';
import { memoryStore } from '../../../src/log/store/memory.ts';
import { openStore } from '../../../src/log/store/open.ts';
import type { Store } from '../../../src/log/store/port.ts';
import { folder } from '../store/place.ts';
import { kept, played } from './walks.ts';

const place = folder('fuzz');
const rounds = Number(process.env['FUZZ'] ?? 400);
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const patience = 60_000 + rounds * 60;
/** A disk is slower than memory. */
const onDisk = Math.ceil(rounds / 5);

const bytes = async function* (content: Buffer) { yield await Promise.resolve(content); };
const said = async (store: Store) => (await listed(store.all())).map(({ id, type, version, data, meta, stream, revision, position, recordedAt }) => JSON.stringify([id, type, version, data, meta, stream, revision, position, recordedAt]));
const tell = (what: string) => { if (process.env['FUZZ'] !== undefined) process.stdout.write(`${what} (SEED=${seed})\n`); };

let content: Buffer;
let was: string[];
let id: string;
beforeAll(async () => {
  const small = memoryStore();
  id = await kept(small, played('manual-bind-fails.scenario'));
  content = Buffer.from((await listed(exported(small, [], 7))).join(''));
  was = await said(small);
});

/** One change: bits, bytes, lines, pieces. */
function mutated(original: Buffer, next: () => number): Buffer {
  const at = Math.floor(next() * original.length);
  const swap = (change: (all: string[], index: number) => void) => {
    const all = original.toString('latin1').split('\n');
    change(all, Math.floor(next() * all.length));
    return Buffer.from(all.join('\n'), 'latin1');
  };
  switch (Math.floor(next() * 8)) {
    case 0: { const copy = Buffer.from(original); copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(next() * 8)); return copy; }
    case 1: { const copy = Buffer.from(original); copy[at] = Math.floor(next() * 256); return copy; }
    case 2: return Buffer.concat([original.subarray(0, at), original.subarray(at + 1 + Math.floor(next() * 20))]);
    case 3: return Buffer.concat([original.subarray(0, at), Buffer.from('\0\n{}[]"'.slice(Math.floor(next() * 7))), original.subarray(at)]);
    case 4: return swap((all, index) => all.splice(index, 1));
    case 5: return swap((all, index) => all.splice(index, 0, all[Math.floor(next() * all.length)] ?? ''));
    case 6: return swap((all, index) => { const other = Math.floor(next() * all.length); [all[index], all[other]] = [all[other] ?? '', all[index] ?? '']; });
    default: return original.subarray(0, at);
  }
}

/** Works, or says what is wrong; anything else is a fault of ours. */
async function guarded(round: number, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof ModelError) || !['damaged-log', 'not-a-store', 'newer-store', 'no-such-run', 'no-such-model', 'bad-topology'].includes(error.code)) throw new Error(`SEED=${seed}, round ${round}`, { cause: error });
    return false;
  }
}
const beginning = (now: readonly string[], round: number): void => {
  if (now.some((entry, index) => entry !== was[index])) throw new Error(`SEED=${seed}, round ${round}: another entry than was written`);
};

test(`an exported log that was changed anywhere is refused, or gives a beginning of what it was (SEED=${seed})`, async () => {
  const next = random(seed);
  let [refused, taken, partly] = [0, 0, 0];
  for (let round = 0; round < rounds; round++) {
    const bad = mutated(content, next);
    const store = memoryStore();
    if (await guarded(round, async () => { await imported(store, bytes(bad), 'the file', { recover: next() < 0.5 }); })) taken++;
    else refused++;
    const now = await said(store);
    if (now.length > 0) partly++;
    beginning(now, round);
  }
  tell(`${rounds} exported logs changed: ${refused} refused, ${taken} taken, as a beginning or whole; ${partly} not empty`);
  expect(refused).toBeGreaterThan(rounds / 4);
  expect(Math.min(taken, partly)).toBeGreaterThan(rounds / 8);
}, patience);

test(`a file that was changed anywhere is refused and left as it is, or goes on behind what is whole (SEED=${seed})`, async () => {
  const next = random(seed + 1);
  const path = join(place, 'log.jsonl');
  const open = content.subarray(0, content.lastIndexOf('\n', content.length - 2) + 1); // without its trailer it takes more
  let [refused, written] = [0, 0];
  for (let round = 0; round < onDisk; round++) {
    const bad = mutated(open, next);
    writeFileSync(path, bad);
    const went = await guarded(round, async () => {
      const store = await openStore(path, { mode: 'write', durable: 'process-crash' });
      try {
        beginning(await said(store), round);
        await store.append(part('more', 'any', draft('more')));
      } finally {
        await store.close();
      }
      const again = await openStore(path);
      const now = await said(again);
      await again.close();
      beginning(now.slice(0, -1), round);
      if (!now.at(-1)?.includes('"more"')) throw new Error(`SEED=${seed}, round ${round}: what was acknowledged is not there`);
      written++;
    });
    if (went) continue;
    refused++;
    if (!readFileSync(path).equals(bad)) throw new Error(`SEED=${seed}, round ${round}: a file that was refused was changed`);
  }
  tell(`${onDisk} files changed: ${refused} refused, ${written} written to`);
  expect(Math.min(refused, written)).toBeGreaterThan(onDisk / 16);
}, patience);

test(`a database that was changed anywhere never gives another run as whole (SEED=${seed})`, async () => {
  const original = join(place, 'log.db');
  const store = await openStore(original, { mode: 'write', durable: 'process-crash' });
  await imported(store, bytes(content), 'the file');
  const facts = JSON.stringify(await listed(factsOf(store, await runNamed(store, id))));
  await store.close();
  const whole = readFileSync(original);
  const next = random(seed + 2);
  let [refused, same, noticed] = [0, 0, 0];
  for (let round = 0; round < onDisk; round++) {
    const bad = Buffer.from(next() < 0.1 ? whole.subarray(0, Math.floor(next() * whole.length)) : whole);
    for (let change = 0; change < 1 + next() * 4; change++) bad[Math.floor(next() * bad.length)] = Math.floor(next() * 256);
    const path = join(place, `changed-${round}.db`);
    writeFileSync(path, bad);
    const went = await guarded(round, async () => {
      const mode = next() < 0.5 ? 'read' : 'write';
      const changed = await openStore(path, { mode, durable: 'process-crash' });
      try {
        await said(changed);
        const run = await runNamed(changed, id);
        if (JSON.stringify(await listed(factsOf(changed, run))) === facts) same++;
        else if (run.ended?.digest !== await digestOf(changed, id)) noticed++;
        else if ((await verified(changed, run)).ok) throw new Error(`SEED=${seed}, round ${round}: other facts that hold`);
        if (mode === 'write') await changed.append(part('more', 'any', draft('more')));
      } finally {
        await changed.close();
      }
    });
    if (!went) refused++;
    for (const beside of ['', '-wal', '-shm']) rmSync(`${path}${beside}`, { force: true });
    if (round % 100 === 99) {
      globalThis.gc?.(); // @photostructure/sqlite keeps the files of a closed database until its statements are collected
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  tell(`${onDisk} databases changed: ${refused} refused, ${same} with the facts as they were, ${noticed} with another digest`);
  expect(Math.min(refused, same, noticed)).toBeGreaterThan(0);
}, patience);
