/** Fixtures as text and as lines, and the seed that the random tests of this folder share. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const pathOf = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

export const textOf = (name: string) => readFileSync(pathOf(name), 'utf8');

export const linesOf = (name: string) => textOf(name).replace(/\n$/, '').split('\n');

/** New with each run and shown in the names of the tests; `SEED=n` plays a run again. */
export const seed = Number(process.env['SEED'] ?? (Date.now() & 0x7fffffff));
