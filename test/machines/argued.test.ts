/* eslint-disable @typescript-eslint/no-unsafe-member-access -- a configuration is changed as plain data */
/** Each sentence of the argument has a model that breaks it, and one that does not: none is true for free. */
import { assign } from 'xstate';
import { expect, test } from 'vitest';
import { changed, stateAt } from '../../machines/changed.ts';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import * as argued from '../../machines/properties/argued.ts';
import { paired } from '../../machines/supposed/paired.ts';
import { decide } from '../../src/cases/decide.ts';
import { smallTopology, type Small } from '../../src/cases/small.ts';

const model = (name: string): Model => models[name] as Model;
const v6 = model('v6.1.y');
/** unuse() takes the domain as well. */
const takesMore: Model = {
  ...v6, charts: {
    ...v6.charts, iommu_group: changed(v6.charts.iommu_group, (config) => {
      const rows = stateAt(config, 'ownership.kernel_dma').on.iommu_device_unuse_default_domain as { actions: unknown[] }[];
      for (const row of rows) row.actions.unshift(assign({ domain: 'none' }));
    }),
  },
};
/** A driver whose probe() sets the flag. */
const setsFlag: Model = {
  ...v6, charts: {
    ...v6.charts, device_driver: changed(v6.charts.device_driver, (config) => {
      stateAt(config, 'registered').on.klist_add_tail.actions = [assign({ driver_managed_dma: true }), ...[stateAt(config, 'registered').on.klist_add_tail.actions as unknown].flat()];
    }),
  },
};

const sysfs: Small = { sysfs: true, users: 1, times: 1 };
const fails: Small = { sysfs: true, answers: { probe: [0, -12], pinctrl_bind_pins: [0, -22] }, times: 1 };
const byHand: Small = { sysfs: true, manual: true, answers: { sysfs_create_link: [0, -12] }, times: 1 };
const twoClaims = { ...smallTopology({}), threads: [{ name: 'vm1', entry: 'dma_owner', calls: [{ type: 'claim', group: 'group:8' }, { type: 'release', group: 'group:8' }], times: 3 }] };

test.each([
  [argued.cleanupOnlyPuts, takesMore, smallTopology(sysfs), 47, v6],
  [argued.takeTurns, paired(model('v6.5')), smallTopology({ ...fails, test_remove: true }), 37, paired(v6)],
  [argued.neverBeside, model('claim-at-bind'), smallTopology(sysfs), 25, v6],
  [argued.neverBeside, model('release-before-remove'), smallTopology(sysfs), 47, v6],
  [argued.onlyRemovesWalk, model('notifier-walk'), smallTopology(fails), 26, model('walk-at-unbound')],
  [argued.unboundBeforeLeaving, v6, smallTopology({ ...sysfs, entries: ['iommu_device_unregister'] }), 24, undefined],
  [argued.failureIsTold, v6, smallTopology(fails), 13, undefined],
  [argued.failureIsCleaned, v6, smallTopology(fails), 13, undefined],
  [argued.toldIsCleaned, v6, smallTopology(byHand), 10, undefined],
  [argued.cleanedIsTold, v6, smallTopology({ ...fails, test_remove: true }), 29, model('v6-posting')],
  [argued.toldWhileSet, v6, smallTopology(sysfs), 51, undefined],
  [argued.releaseFrees, model('v6-posting'), twoClaims, 6, model('v7-posting')],
  [argued.claimedOnce, model('v6-posting'), twoClaims, 4, model('v7-posting')],
  [argued.flagIsConstant, setsFlag, smallTopology(sysfs), 28, v6],
] as const)('$name', async (property, breaker, topology, steps, keeper) => {
  const found = await decide([breaker, ...(keeper === undefined ? [] : [keeper])].map((one) => ({ model: one, topology, property })));
  expect(found.map(({ verdict, witness, complete }) => [verdict, complete, witness?.steps.length])).toEqual([['broken', true, steps], ...(keeper === undefined ? [] : [['holds', true, undefined]])]);
});

test.each([
  [argued.cleanupHappens, v6, smallTopology(sysfs)], [argued.groupIsWalked, model('notifier-walk'), smallTopology(sysfs)],
  [argued.deviceLeaves, v6, smallTopology({ ...fails, hotplug: true })],
] as const)('$name', async (property, one, topology) => {
  const [found, never] = await decide([{ model: one, topology, property }, { model: one, topology: smallTopology({ users: 1, times: 1 }), property }]);
  expect([found?.verdict, never?.verdict]).toEqual(['holds', 'broken']);
});
