/** What is left of declaration files in the package. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { neededDeclarations } from '../../.ci/package/declarations.mjs';

const folder = mkdtempSync(join(tmpdir(), 'trim-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

function trimmed(files: Readonly<Record<string, string>>): Record<string, string> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return Object.fromEntries([...neededDeclarations([join(folder, 'entry.d.ts')])].map(([path, text]) => [path.slice(folder.length + 1), text]));
}

test('what an entry names stays, with its documentation; what nobody names goes', () => {
  expect(trimmed({
    'entry.d.ts': "/** The entry. */\nexport { explore, type Report as Told } from './explore.ts';\nexport type { Call } from 'xstate';\n",
    'explore.d.ts': `/** The head of a file. */
import { type World, type Other } from './world.ts';
import type { Zod } from 'zod';
declare const limits: { most: number };
type Hidden = import('./hidden.ts').Hidden;
/** Looks. */
export declare function explore(world: World): typeof limits;
/** Told. */
export interface Report {
    /** How many. */
    readonly hidden: Hidden;
}
export declare const nobody: Other & Zod;
`,
    'world.d.ts': "import type { Deep } from './deep.ts';\nexport interface World { }\nexport interface Other { deep: Deep }\n",
    'deep.d.ts': 'export interface Deep { }\n',
    'hidden.d.ts': 'interface Inner { }\nexport type Hidden = Inner;\nexport declare function left(): void;\n',
  })).toEqual({
    'entry.d.ts': "export { explore, type Report as Told } from './explore.ts';\nexport type { Call } from 'xstate';\n",
    'explore.d.ts': `import { type World } from './world.ts';
declare const limits: { most: number };
type Hidden = import('./hidden.ts').Hidden;
/** Looks. */
export declare function explore(world: World): typeof limits;
/** Told. */
export interface Report {
	/** How many. */
	readonly hidden: Hidden;
}
`,
    'world.d.ts': 'export interface World { }\n',
    'hidden.d.ts': 'interface Inner { }\nexport type Hidden = Inner;\n',
  });
});

test('an entry that names what is not there is refused', () => {
  expect(() => trimmed({ 'entry.d.ts': "export { gone } from './other.ts';\n", 'other.d.ts': 'export {};\n' })).toThrow('other.d.ts exports no gone');
});
