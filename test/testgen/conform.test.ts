/** The conformance suite of the group chart keeps its promise: whoever has no more states and answers it as the chart does, answers everything as the chart does. */
import { describe, expect, test } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { smallTopology } from '../../src/cases/small.ts';
import { subjectOf } from '../../src/check/subject.ts';
import { answers, conform } from '../../src/testgen/conform.ts';
import { difference } from '../../src/testgen/equal.ts';
import { graphOf } from '../../src/testgen/graph.ts';
import { mutantsOf } from '../../src/testgen/mutants.ts';
import { System } from '../../src/world/world.ts';

const model = models['v6.12.y'] as Model;
const topology = smallTopology({ devices: 1, sysfs: true, users: 1, only: ['bind_store', 'unbind_store', 'vm1'] });
const subject = (of: Model) => subjectOf(new System(of, topology), { together: 1 });
const graph = graphOf(subject(model));
const at = 'group:8';

describe('the conformance suite of iommu_group', () => {
  test('has a sequence for every step, and more for more states', async () => {
    const [plain, one] = [conform(await graph, at, 0), conform(await graph, at, 1)];
    expect({ ...plain, sequences: plain.sequences.length }).toMatchInlineSnapshot(`
      {
        "address": "group:8",
        "classes": 6,
        "extra": 0,
        "messages": 6,
        "sequences": 47,
        "states": 6,
        "steps": 30,
      }
    `);
    expect(plain.classes).toBe(plain.states);
    expect(plain.sequences.length).toBeGreaterThanOrEqual(plain.steps / 2);
    expect(one.sequences.length).toBeGreaterThan(plain.sequences.length);
  });

  test('is passed by the chart, and by no mutant that the worlds can tell from it', async () => {
    const { sequences } = conform(await graph, at, 0);
    expect(answers(new System(model, topology), at, sequences)).toBeUndefined();
    const passed = mutantsOf(model, [model.charts.iommu_group] as AnyStateMachine[]).filter((_, index) => index % 5 === 0).filter((mutant) => answers(new System(mutant.model, topology), at, sequences) === undefined);
    const touched = [];
    for (const mutant of passed.slice(0, 2)) {
      const found = difference(await graph, await graphOf(subject(mutant.model)));
      if (found !== undefined) touched.push(mutant.place);
    }
    expect(touched).toEqual([]);
  });

  test('names who lives there', async () => {
    const whole = await graph;
    expect(() => conform(whole, 'group:9', 0)).toThrow(expect.objectContaining({ code: 'wrong-use', at: '--chart' }));
  });
});
