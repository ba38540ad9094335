/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access --
   a configuration is changed as plain data, whatever its type */
/** What the checker takes for granted about charts and properties, and what it says when it is not so. */
import { assign, raise } from 'xstate';
import { describe, expect, test } from 'vitest';
import { changed, stateAt, type Config } from '../../machines/changed.ts';
import type { Model } from '../../machines/model.ts';
import { models } from '../../machines/models/index.ts';
import { propertiesFor } from '../../machines/properties/index.ts';
import { explore, type ExploreOptions } from '../../src/check/explore.ts';
import type { Property } from '../../src/check/property.ts';
import { subjectOf } from '../../src/check/subject.ts';
import { formatError, ModelError } from '../../src/errors.ts';
import { difference } from '../../src/world/plain.ts';
import { System } from '../../src/world/world.ts';
import { smallTopology } from './subjects.ts';

const whole = models['v6.12.y'] as Model;
const given = smallTopology({ users: 1 });

/** A user of a group, with one change to its chart; the user may claim and let go again and again. */
function user(change: (config: Config) => void): Model {
  const { charts } = whole;
  const entry = given.threads.find(({ name }) => name === 'vm1')?.entry as string;
  return { ...whole, charts: { ...charts, entry: { ...charts.entry, [entry]: changed(charts.entry[entry] as never, change) } } };
}
const onClaim = (action: unknown) => user((config: Config) => {
  const { on } = stateAt(config, 'idle');
  on.claim.actions = [on.claim.actions, action].flat();
});

async function refused(model: Model, options: ExploreOptions = {}, properties: readonly Property[] = propertiesFor(given)): Promise<ModelError> {
  const error: unknown = await explore(subjectOf(new System(model, given, { twice: true })), properties, options).catch((thrown: unknown) => thrown);
  if (!(error instanceof ModelError)) throw new Error(`no ModelError: ${String(error)}`);
  return error;
}

const context = (name: string, value: (context: Config) => unknown) => assign({ [name]: ({ context: now }: { context: Config }) => value(now) } as never);

describe('a chart that the tables cannot stand for', () => {
  test('counts without end: the field and a shortest way to where it shows', async () => {
    const counting = onClaim(context('tries', ({ tries = 0 }) => (tries as number) + 1));
    for (const options of [{}, { partialOrder: false, symmetry: false }]) {
      const { code, at, message, way } = await refused(counting, { locals: 60, ...options });
      expect([code, at?.startsWith('thread:vm1'), message]).toEqual(['unbounded', true, expect.stringMatching(/^more than 60 local states: its context field tries has \d+ values, here \d+$/)]);
      const tries = Number(/here (\d+)/.exec(message)?.[1]);
      expect(tries).toBeGreaterThan(4);
      expect(way.filter((line) => line.startsWith('environment -> thread:vm1 claim ')).length).toBe(tries);
      expect(way.length).toBeLessThanOrEqual(2 * tries + 1); // a claim is begun and delivered: two steps
    }
  });

  test('changes its context in place', async () => {
    const careless = user((config: Config) => {
      const { on } = stateAt(config, 'idle');
      on.claim.actions = [context('ret', (now) => { now.call = 'mine'; return 0; }), on.claim.actions];
    });
    expect(await refused(careless)).toMatchObject({ code: 'nondeterministic-step', message: expect.stringContaining('in place') as string, way: ['environment -> thread:vm1 claim group=group:8'] });
  });

  test('gives another result the second time', async () => {
    let calls = 0;
    expect((await refused(onClaim(context('ret', () => calls++)))).code).toBe('nondeterministic-step');
  });

  test('keeps what JSON does not', async () => {
    let calls = 0;
    const { code, at } = await refused(onClaim(context('owner', () => (calls++ % 2 === 0 ? NaN : null))));
    expect([code, at]).toEqual(['merged-states', expect.stringMatching(/thread:vm1.*context\.owner$/)]);
  });

  test('drops an event, its own or another\'s', async () => {
    expect(await refused(onClaim(raise({ type: 'nobody knows this' } as never)))).toMatchObject({ code: 'unhandled-event', message: expect.stringContaining('nobody knows this') as string });
    const { code, message, way } = await refused(user((config: Config) => { delete config.on; delete stateAt(config, 'in_iommu_group_claim_dma_owner').on; }));
    expect([code, message, way.length]).toEqual(['unhandled-event', 'thread:vm1 does not answer iommu_group_claim_dma_owner.ret from group:8', 2]);
  });
});

test('two observations that JSON takes for one are reported', async () => {
  const merging: Property = {
    kind: 'always', name: 'merging', why: '', holds: () => true,
    sees: { thread: ({ value }) => (value === 'idle' ? { at: 1 } : { at: 1, when: undefined }) },
  };
  expect(await refused(whole, {}, [merging])).toMatchObject({ code: 'merged-states', at: 'thread:vm1, observation.0.when' });
});

test('an error shows the way there, its middle only counted', async () => {
  const text = formatError(await refused(onClaim(context('tries', ({ tries = 0 }) => (tries as number) + 1)), { locals: 200 }));
  expect(text).toMatch(/What leads there:\n {4}environment -> thread:vm1 claim group=group:8\n(?: {4}.*\n)*? {4}\(\d+ steps\)\n/);
});

test.each([
  [1, 1, undefined], [NaN, NaN, undefined], [0, -0, 'x'], [[1, [2]], [1, [3]], 'x.1.0'], [{ a: undefined }, {}, 'x.a'], [new Map(), new Map(), 'x'], [null, {}, 'x'],
])('%j against %j: %s', (a, b, at) => {
  expect(difference(a, b, 'x')).toBe(at);
});
