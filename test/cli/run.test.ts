import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exit, type Exit } from '../../src/cli/exit.ts';
import { run } from '../../src/cli/program.ts';
import { register } from '../../src/cli/run.ts';

const script = `# A user asks for a free group.
# Expect: always granted.
# Models: v6.1.y v6.12.y
device 0000:02:00.0 group 8
user vm1

call vm1 claim 8
`;
const output = `vm1 -> group 8                  iommu_group_claim_dma_owner
group 8 -> vm1                  iommu_group_claim_dma_owner.ret 0
vm1                             claim.ret 0
0000:02:00.0 unbound   group 8 claimed owner_cnt=1 domain=blocking owner=vm1
`;
const files: Readonly<Record<string, string>> = {
  'right.scenario': `${script}----\n${output}`,
  'wrong.scenario': `${script}----\n${output.replace('ret 0\nvm1', 'ret -EPERM\nvm1')}`,
  'open.scenario': script,
  'broken.scenario': script.replace('claim 8', 'claim 9'),
  'refused.scenario': `${script.replace('call', 'driver e1000e matches 0000:02:00.0\nthread admin\ncall')}call admin bind_store e1000e 0000:02:00.0\n`,
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scenario-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});
afterEach(() => rmSync(folder, { recursive: true }));
const text = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** Names that end in `.scenario` are files of the folder. */
async function shell(line: string): Promise<{ code: Exit; out: string; err: string }> {
  const ended = { out: '', err: '' };
  const argv = line.split(' ').map((word) => (word.endsWith('.scenario') ? join(folder, word) : word));
  const code = await run(argv, [register], {
    stdout: { write: (written) => (ended.out += written) }, stderr: { write: (written) => (ended.err += written) }, env: {},
  });
  return { code, out: ended.out.replaceAll(`${folder}/`, ''), err: ended.err.replaceAll(`${folder}/`, '') };
}

describe('exit codes', () => {
  test.each([
    ['run right.scenario', exit.holds],
    ['run open.scenario', exit.holds],
    ['run right.scenario wrong.scenario', exit.violation],
    ['run wrong.scenario --json', exit.violation],
    ['run wrong.scenario --all', exit.holds],
    ['run wrong.scenario --why', exit.holds],
    ['run wrong.scenario --update', exit.holds],
    ['run right.scenario --model v6.1.y', exit.holds],
    ['run right.scenario --model v6.3', exit.wrongUse],
    ['run', exit.wrongUse],
    ['run - --update', exit.wrongUse],
    ['run right.scenario --update --all', exit.wrongUse],
    ['run broken.scenario', exit.badInput],
    ['run missing.scenario', exit.badInput],
    ['run docs', exit.badInput], // a folder
  ] satisfies [string, Exit][])('%j ends with %i', async (line, code) => {
    expect((await shell(line)).code).toBe(code);
  });
});

test('what happens is printed, with the commands that made it happen', async () => {
  expect((await shell('run right.scenario --model v6.12.y')).out).toBe(`right.scenario, v6.12.y\n> call vm1 claim 8\n${output}`);
});

test('the first difference is shown as a patch would show it', async () => {
  expect((await shell('run wrong.scenario --model v6.12.y')).out).toContain(`
@@ wrong.scenario, line 10, v6.12.y @@
 vm1 -> group 8                  iommu_group_claim_dma_owner
-group 8 -> vm1                  iommu_group_claim_dma_owner.ret -EPERM
+group 8 -> vm1                  iommu_group_claim_dma_owner.ret 0
`);
});

test('--json says the same in one document', async () => {
  const document = JSON.parse((await shell('run wrong.scenario --json')).out) as { schema: string; files: { models: object[] }[] };
  expect(document.schema).toBe('dma-ownership/run@1');
  expect(document.files[0]?.models[1]).toMatchObject({
    model: 'v6.12.y', verdict: 'differs', difference: { line: 10, produced: expect.stringContaining('.ret 0') as string },
    blocks: [{ facts: [{ seq: 0, from: 'environment', to: 'thread:vm1' }, {}, {}, { cause: 2 }], text: output.trimEnd().split('\n') }],
  });
});

test('--all prints every fact', async () => {
  expect((await shell('run right.scenario --all --model v6.12.y')).out).toContain('environment -> vm1              claim group=8');
});

test('--why says why and who stood in the way', async () => {
  const { out } = await shell('run refused.scenario --why --model v6.12.y');
  expect(out).toMatch(/^ {4}bind_store\.ret -EBUSY <- .*pinctrl_bind_failed.* <- write to e1000e\/bind$/m);
  expect(out).toMatch(/^ {4}group:8 claimed by thread:vm1 since fact \d+/m);
});

test('--update writes what happens, and leaves nothing beside the file', async () => {
  await shell('run wrong.scenario open.scenario --update');
  expect(text('wrong.scenario')).toBe(files['right.scenario']);
  expect(text('open.scenario')).toBe(files['right.scenario']);
  expect(readdirSync(folder).sort()).toEqual(Object.keys(files).sort());
});

test('--update writes nothing when one of the files is not valid', async () => {
  await shell('run wrong.scenario broken.scenario --update');
  expect(text('wrong.scenario')).toBe(files['wrong.scenario']);
});

test('an invalid scenario is named with its line', async () => {
  expect((await shell('run broken.scenario')).err).toMatchInlineSnapshot(`
    "bad-scenario: line 7 of broken.scenario: there is no group 9.
      Possible here: 8.
      Usual cause: a misspelt call, or an address that the topology does not have.
    "
  `);
});
