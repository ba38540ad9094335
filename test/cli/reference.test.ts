/** Pages of the reference that are printed from the command line itself: `npx vitest run test/cli/reference.test.ts -u` prints them again. */
import { expect, test } from 'vitest';
import { documents } from '../../src/cli/documents/index.ts';
import { endings, exit, type Ending } from '../../src/cli/exit.ts';
import { every } from '../../src/cli/surface.ts';
import { printerOf, surface } from './here.ts';

const leaves = every(surface()).filter(({ commands, path }) => commands.length === 0 && path.length > 0);
const again = 'printed by `npx vitest run test/cli/reference.test.ts -u`';

test('docs/reference/exit-codes.md', async () => {
  const names = (Object.keys(exit) as Ending[]).filter((name) => name !== 'wrongUse' && name !== 'fault');
  const page = `# Exit codes

From \`src/cli/exit.ts\` and what each command says of itself, ${again}. Scripts may branch on them: a number never changes its meaning.

| Code | |
| --- | --- |
${(Object.keys(exit) as Ending[]).map((name) => `| ${exit[name]} | ${endings[name]} |`).join('\n')}

Every command may also end with ${exit.wrongUse}, and with ${exit.fault} when this program is wrong. Each line of the table below is held by a run in \`test/cli/endings.test.ts\`, but what needs QEMU.

| Command | ${names.map((name) => exit[name]).join(' | ')} |
| --- | ${names.map(() => '---').join(' | ')} |
${leaves.map(({ path, endings: own }) => `| \`${path.join(' ')}\` | ${names.map((name) => (own as Partial<Record<Ending, string>>)[name] ?? '').join(' | ')} |`).join('\n')}
`;
  await expect(page).toMatchFileSnapshot('../../docs/reference/exit-codes.md');
});

test('docs/reference/json.md', async () => {
  const rows = Object.keys(documents).sort((a, b) => (printerOf(a) < printerOf(b) ? -1 : 1)).map((name) => `| \`${printerOf(name) === '' ? 'any, when it fails' : printerOf(name)}\` | [\`dma-ownership/${name}\`](json/${name}.schema.json) |`);
  const page = `# Documents of --json

With \`--json\` a command prints one document on stdout and nothing else; remarks still go to stderr. Each says by \`schema\` what it is, and has a JSON Schema (draft 2020-12) in \`docs/reference/json/\`, ${again.replace('reference', 'schemas')} from
\`src/cli/documents/\`, from which the types of the program follow too. A validator that is not ours holds what the commands print against them (\`test/cli/endings.test.ts\`).

A field may be added in any minor version, so a reader should not refuse what it does not know, although these schemas do. A field that goes or changes its meaning gives the document a new number.
Exit codes are the same with and without \`--json\` ([exit-codes.md](exit-codes.md)).

| Command | Document |
| --- | --- |
${rows.join('\n')}
`;
  await expect(page).toMatchFileSnapshot('../../docs/reference/json.md');
});

test('each command prints a document, but those that only talk to a terminal', () => {
  const printing = new Set(Object.keys(documents).map(printerOf));
  expect(leaves.map(({ path }) => path.join(' ')).filter((path) => !printing.has(path))).toEqual(['lab shell']);
  expect([...printing].filter((command) => command !== '' && !leaves.some(({ path }) => path.join(' ') === command))).toEqual([]);
});
