/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access --
   a configuration is changed as plain data, whatever its type */
import { describe, expect, test } from 'vitest';
import { changed, stateAt, type Config } from '../../machines/changed.ts';
import type { Model } from '../../machines/model.ts';
import { models } from '../../machines/models/index.ts';
import type { Coverage, Untaken } from '../../src/check/coverage.ts';
import { explore, type ExploreOptions } from '../../src/check/explore.ts';
import { small, type Small } from './subjects.ts';

const cover = async (given: Small, options: ExploreOptions = {}): Promise<Coverage> => (await explore(small(given).subject, [], options)).coverage;
const name = ({ chart, state, event, branch }: Untaken) => `${chart}.${state} ${event} ${branch}`;
const full = { partialOrder: false, symmetry: false };

const whole = models['v6.12.y'] as Model;
/** A user whose claim has branches that nothing ever takes. */
const model: Model = {
  ...whole,
  charts: { ...whole.charts, entry: { ...whole.charts.entry, dma_owner: changed(whole.charts.entry['dma_owner'] as never, (config: Config) => {
    const { on } = stateAt(config, 'idle');
    on.claim = [{ guard: function never() { return false; }, target: 'lost' }, on.claim, { target: 'lost' }];
    on.nobodySendsThis = { target: 'lost' };
    config.states.lost = { on: { claim: 'idle' } };
  }) } },
};

describe('what no world uses is named, with what never came', () => {
  const given: Small = { users: 1, model };
  test('branches, an event and a state', async () => {
    const { dead, notMet } = await cover(given, full);
    const mine = dead.filter(({ chart, state }) => chart === 'dma_owner' && ['idle', 'lost'].includes(state));
    expect(mine.map((one) => [name(one), one.why])).toEqual([
      ['dma_owner.idle claim 1', 'the guard never is never true'],
      ['dma_owner.idle claim 3', 'another branch, or a state inside, always comes first'],
      ['dma_owner.idle nobodySendsThis 1', 'nobodySendsThis never comes in this state'],
      ['dma_owner.lost claim 1', 'the state is never entered'],
    ]);
    expect(mine[0]?.guard).toBe('never');
    expect(notMet).toEqual([]);
  });

  test('nothing is dead where the search was stopped', async () => {
    const { dead, notMet, taken, transitions } = await cover(given, { ...full, limit: 5 });
    expect([dead, notMet.length]).toEqual([[], transitions - taken]);
  });

  test('answers that nobody got', async () => {
    const answers = { probe: [0, -12] };
    const all = (await cover({ sysfs: true, times: 1, answers }, full)).answers.map(({ call, ret }) => `${call} ${ret}`);
    expect(all).not.toContain('probe -12');
    expect(all).toContain('open_device 0');
    expect((await cover({ users: 1, answers }, full)).answers).toContainEqual({ call: 'probe', ret: -12 });
  });
});

test('combined guards are named by their parts', async () => {
  const { dead } = await cover({ sysfs: true, times: 1 }, full);
  expect(dead.map(({ guard }) => guard)).toContain('and(counted, sameOwner)');
});

const cases: Small[] = [
  { users: 2 }, { users: 2, sysfs: true, times: 1, only: ['bind_store', 'vm1', 'vm2'] }, { devices: 2, sysfs: true, users: 1, times: 1 },
  { sysfs: true, times: 1, answers: { probe: [0, -12, -517], firmware_dma_configure: [0, -517] } },
  { module: true, sysfs: true, times: 1 },
];
test.each(cases)('%j: what reductions call dead, is', async (given) => {
  const all = await cover(given, full);
  const dead = new Set(all.dead.map(name));
  for (const options of [{}, { partialOrder: false }]) {
    const reduced = await cover(given, options);
    expect(reduced.dead.map(name).filter((one) => !dead.has(one))).toEqual([]);
    expect(reduced.taken + reduced.dead.length + reduced.notMet.length).toBe(all.transitions);
    if (options.partialOrder === false) expect(reduced.dead).toEqual(all.dead);
    else expect(reduced.dead.length).toBeGreaterThan(0.9 * all.dead.length); // most of them, or the list would be of no use
  }
}, 30_000);
