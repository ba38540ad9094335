/** What the targets for implementations of one's own write: the folders beside this file are generated, all but their adapters, and run like any test. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { brokenModels } from '../../machines/broken/index.ts';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { smallTopology } from '../../src/cases/small.ts';
import { subjectOf } from '../../src/check/subject.ts';
import { machineChapters } from '../../src/testgen/machine.ts';
import { spokenSuite } from '../../src/testgen/spoken.ts';
import { fastCheck } from '../../src/testgen/targets/fast_check.ts';
import { forKunit, kunit } from '../../src/testgen/targets/kunit.ts';
import { vitest } from '../../src/testgen/targets/vitest.ts';
import { createSystem } from '../../src/world/live.ts';
import { System } from '../../src/world/world.ts';
import { calls, Model as Charts } from './embedding/dma_ownership.commands.ts';

const model = models['v6.12.y'] as Model;
const small = smallTopology({ devices: 1, sysfs: true, module: true, users: 1 });
const device = machineChapters(model).find(({ name }) => name === 'a user and its device')?.topology as typeof small;
const suite = (topology: typeof small) => {
  const system = new System(model, topology);
  return spokenSuite(system, subjectOf(system, { inTurn: true }), { coverage: ['transitions', 'refusals'] });
};

describe('vitest', () => {
  test.each([['embedding', small], ['live', device]] as const)('%s is what testgen writes', async (folder, topology) => {
    const { tests, generated } = await suite(topology);
    expect(generated.goals.filter(({ verdict }) => verdict === 'uncovered')).toEqual([]);
    const [written, face] = vitest(model.name, topology, tests);
    await expect(written?.text).toMatchFileSnapshot(`${folder}/${written?.name}`);
    await expect(face?.text).toMatchFileSnapshot(`${folder}/${face?.name}`);
  });
});

describe('fast-check', () => {
  test('is what testgen writes', async () => {
    const files = fastCheck(model.name, small).filter(({ name }) => name.startsWith('dma_ownership'));
    for (const { name, text } of files) await expect(text).toMatchFileSnapshot(`embedding/${name}`);
  });
});

test('random calls find a claim that does not look at the count, and shrink to the two that show it', async () => {
  const broken = brokenModels.find(({ name }) => name === 'claim without a look at the count')?.model as Model;
  const failed = await fc.check(fc.asyncProperty(fc.commands(calls, { maxCommands: 30 }), async (commands) => {
    const [right, wrong] = [new Charts(), createSystem(small, broken).start()];
    await fc.asyncModelRun(() => ({ model: right, real: { call: (thread, call) => wrong.call(thread, call as never) } }), commands);
  }), { seed: 7, numRuns: 60 });
  expect(failed.failed).toBe(true);
  expect(String(failed.errorInstance)).toContain('answers 0, and must answer -1');
  expect([...(failed.counterexample?.[0] as Iterable<unknown>)].map(String)).toEqual([expect.stringContaining('bind_store'), expect.stringContaining('claim')]);
});

describe('KUnit', () => {
  test('has what the fake bus knows, and nothing else', async () => {
    const topology = forKunit(small);
    const { tests } = await suite(topology);
    const text = kunit(model.name, topology, tests).find(({ name }) => name.endsWith('.c'))?.text ?? '';
    expect(text).not.toContain('undefined');
    expect(text.match(/KUNIT_ASSERT_EQ/g)?.length).toBe(tests.reduce((sum, { calls }) => sum + calls.length, 0));
    expect(text).toContain('KUNIT_ASSERT_EQ(test, fake_claim("vm1"), -1);');
    expect(text.match(/KUNIT_CASE\(/g)?.length).toBe(tests.length);
  });
});
