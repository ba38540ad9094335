/** `dma-ownership inspect` without a browser: what it shows, writes and refuses. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { exit } from '../../src/cli/exit.ts';
import { run } from '../../src/cli/program.ts';
import type { Start } from '../../src/web/server/given.ts';
import { built, root } from './bed.ts';

const folder = mkdtempSync(join(tmpdir(), 'inspect-'));
const here = (name: string) => join(folder, name);
beforeAll(() => built(), 120_000);
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

async function shell(...argv: string[]) {
  let [out, err] = ['', ''];
  const code = await run(argv, commands, { stdout: { write: (text) => (out += text) }, stderr: { write: (text) => (err += text) }, env: {} });
  return { code, out, err };
}
/** What a written file was given. */
const given = (file: string) => (JSON.parse(/<script type="application\/json" id="given">(.*?)<\/script>/s.exec(readFileSync(file, 'utf8'))?.[1] ?? 'null') as Start).given;

test('a scenario, a packed trace and a stored run are written into a file', async () => {
  const scenario = join(root, 'test/golden/refused.scenario');
  writeFileSync(here('trace.txt.gz'), gzipSync('# tracer: nop\n  bash-1 [000] ..... 1.000000: drv_register: (driver_register+0x0/0xe0) drv="d"\n'));
  await shell('run', scenario, '--log', `file:${here('log.jsonl')}`);
  expect(await shell('inspect', scenario, here('trace.txt.gz'), here('log.jsonl'), '--at', '3', '--out', here('all.html'))).toMatchObject({ code: exit.holds });
  expect(given(here('all.html'))).toMatchObject([{ kind: 'text', name: scenario }, { kind: 'text', text: expect.stringContaining('driver_register') as string }, { kind: 'run', head: { what: expect.stringContaining('refused.scenario') as string } }]);
  const [, , stored] = given(here('all.html'));
  expect(stored?.kind === 'run' ? stored.facts?.length : 0).toBeGreaterThan(50);
  const html = readFileSync(here('all.html'), 'utf8');
  expect(html).toMatch(/<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-/);
  expect(html).not.toMatch(/<(?:script|link)[^>]+(?:src|href)="(?!data:)/);
});

test.each([
  ['a scenario that cannot be read', 'bad.scenario', '# Expect: always\n# Models: v6.12.y\ndevise a\n', exit.badInput, 'line 3'],
  ['JSON that is no path', 'other.json', '{"schema":"something"}', exit.badInput, 'no path'],
  ['a file that is not there', 'missing.txt', null, exit.badInput, 'no such file'],
  ['a store that is none', 'none.db', 'text', exit.badInput, 'none.db'],
])('%s is refused before anything is served', async (_name, file, text, code, said) => {
  if (text !== null) writeFileSync(here(file), text);
  const ended = await shell('inspect', here(file), '--out', here('x.html'));
  expect(ended.code).toBe(code);
  expect(ended.err).toContain(said);
});

test('a port that is taken ends it with a clear message', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const { code, err } = await shell('inspect', '--port', String(port));
  other.close();
  expect(code).toBe(exit.badInput);
  expect(err).toContain(`port ${port} of 127.0.0.1 is taken`);
  expect((await shell('inspect', '--host', '192.0.2.1')).code).toBe(exit.wrongUse);
});
