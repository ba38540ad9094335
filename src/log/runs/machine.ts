/**
 * Which machine a run was taken by: a hash over everything that decides about a step.
 *
 * That is the text of the charts and of the world, as it is being run. A chart is no data that could be hashed: its guards
 * and actions are functions, and what they close over shows nowhere else. So any edit gives another hash, and only a
 * replay says whether it matters.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

/** Read once for a process. */
let text: string | undefined;

/** In hexadecimal, 16 digits. */
export const machineHash = (model: string): string => createHash('sha256').update(`${model}\n`).update(text ??= texts()).digest('hex').slice(0, 16);

function texts(): string {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const machines = join(root, 'machines');
  // In one bundle the charts stand in this very file.
  if (!existsSync(machines)) return readFileSync(fileURLToPath(import.meta.url), 'utf8');
  const besides = /^(properties|broken)\/|\.d\.ts$/;
  const files = readdirSync(machines, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(ts|js)$/.test(name) && !besides.test(name)).sort();
  return [...files.map((name) => join(machines, name)), ...['world', 'locals'].map((name) => join(root, 'src', 'world', `${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`))]
    .map((path) => readFileSync(path, 'utf8')).join('\n');
}
