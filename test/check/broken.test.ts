import { describe, expect, test } from 'vitest';
import { brokenModels } from '../../machines/broken/index.ts';
import { models } from '../../machines/models/index.ts';
import { propertiesFor } from '../../machines/properties/index.ts';
import { explore, type ExploreOptions } from '../../src/check/explore.ts';
import { small, smallTopology, type Small } from './subjects.ts';

const errors = { probe: [0, -12], sysfs_create_link: [0, -12], pinctrl_bind_pins: [0, -22] };
const bind: Small = { sysfs: true, times: 1, answers: errors };
const share: Small = { sysfs: true, users: 1, times: 1 };

/** Where each fault shows, and after how many steps at the earliest. */
const where: Readonly<Record<string, [Small, number]>> = {
  'test_remove without dma_cleanup': [{ ...bind, test_remove: true }, 29],
  'cleanup after a refused configure': [share, 26],
  'cleanup at once': [share, 20],
  'NOT_BOUND without BIND': [bind, 13],
  'sysfs removed before it is added': [share, 20],
  'lost error': [share, 21],
  'sysfs failure leaks the count': [bind, 23],
  'probe before the device is ready': [{ hotplug: true, module: true, absent: true, bus: 'platform', only: ['plug', 'driver_register', 'driver_unregister'], times: 1 }, 26],
  'dev->driver stays after a failed probe': [bind, 15],
  'unuse ignores': [bind, 27],
  'claim without a look at the count': [share, 20],
  'claim that asks first': [share, 21],
  'claim keeps the default domain': [share, 2],
  'release keeps the count': [{ users: 1 }, 2],
  'bind keeps device_lock': [bind, 17],
  'listener takes device_lock': [{ sysfs: true }, 1],
  'listener takes device_lock, once': [{ sysfs: true, times: 1 }, 25],
  'dev->driver is cleared early': [bind, 38],
  'a dead device is bound by hand': [{ bus: 'usb', hotplug: true, manual: true, times: 1 }, 73],
  'unregister passes a writer': [{ sysfs: true, module: true, times: 1, only: ['bind_store', 'driver_unregister'] }, 35],
  'unregister passes a walker': [{ hotplug: true, module: true, absent: true, bus: 'platform', only: ['plug', 'driver_register', 'driver_unregister'], times: 1 }, 53],
  'scan without a lock': [{ hotplug: true, times: 1 }, 17],
};

const verdicts = async (given: Small, options: ExploreOptions) => {
  const report = await explore(small(given).subject, propertiesFor(smallTopology(given)), options);
  return { report, verdicts: Object.fromEntries(report.properties.map(({ name, verdict }) => [name, verdict])) };
};

describe('every broken chart is found, by a shortest path', () => {
  test.each(brokenModels.map((broken) => [broken.name, broken] as const))('%s', async (name, { model, breaks }) => {
    const [given, steps] = where[name] as [Small, number];
    const full = await explore(small({ ...given, model }).subject, propertiesFor(smallTopology(given)), { partialOrder: false, symmetry: false });
    const found = full.properties.find((property) => property.name === breaks);
    expect([name, found?.verdict, found?.way?.steps.length]).toEqual([name, 'broken', steps]);
    const reduced = await explore(small({ ...given, model }).subject, propertiesFor(smallTopology(given)));
    expect(reduced.properties.map((one) => [one.name, one.verdict, one.verdict === 'broken' && one.kind !== 'canAlways' ? one.way?.steps.length : 0]))
      .toEqual(full.properties.map((one) => [one.name, one.verdict, one.verdict === 'broken' && one.kind !== 'canAlways' ? one.way?.steps.length : 0]));
  }, 30_000);
});

describe('the shipped charts hold where the broken ones fail', () => {
  const topologies = [...new Map(Object.values(where).map(([given]) => [JSON.stringify(given), given])).values()];
  test.each(topologies.flatMap((given) => Object.keys(models).map((model) => [{ ...given, model }])))('%j', async (given) => {
    const { verdicts: full } = await verdicts(given, { partialOrder: false, symmetry: false });
    const { verdicts: reduced } = await verdicts(given, {});
    expect(reduced).toEqual(full);
    expect(Object.entries(full).filter(([, verdict]) => verdict !== 'holds')).toEqual([]);
  }, 30_000);
});
