/** The designs that were argued about, each in the same small topologies: how many worlds, and what it breaks, by how short a way. */
import { describe, expect, test } from 'vitest';
import { models, rivals } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { propertiesFor } from '../../machines/properties/index.ts';
import { explore } from '../../src/check/explore.ts';
import { subjectOf } from '../../src/check/subject.ts';
import { System } from '../../src/world/world.ts';
import { smallTopology, type Small } from './subjects.ts';

const given: Readonly<Record<string, Small>> = {
  /** Two devices, a writer for each; a probe may fail after the claim, pinctrl before it. */
  'two failing probes': { devices: 2, writers: true, only: ['bind_store 0', 'bind_store 1'], answers: { probe: [0, -12], pinctrl_bind_pins: [0, -22] }, times: 1 },
  /** One writer binds and one unbinds, beside a user. */
  'one device, one user': { sysfs: true, users: 1, answers: { probe: [0, -12], pinctrl_bind_pins: [0, -22], firmware_dma_configure: [0, -517] }, times: 1 },
  'test_remove': { sysfs: true, test_remove: true, answers: { probe: [0, -12], pinctrl_bind_pins: [0, -22] }, times: 1 },
  /** Any device may be bound to pci-stub, which leaves ownership alone, while a user owns the group. */
  'a driver without a token': { devices: 2, managed: true, sysfs: true, users: 1, only: ['bind_store', 'vm1'], answers: { probe: [0, -12] }, times: 1 },
  /** Drivers are bound before the IOMMU comes, or after. */
  'an IOMMU that comes late': { devices: 2, ungrouped: true, entries: ['bus_iommu_probe'], sysfs: true, times: 1 },
};

async function visit(name: string, model: Model, reduced: boolean) {
  const topology = smallTopology(given[name] as Small);
  const { states, complete, properties } = await explore(subjectOf(new System(model, topology)), propertiesFor(topology, model),
    reduced ? {} : { partialOrder: false, symmetry: false });
  expect(complete).toBe(true);
  return { states, broken: properties.filter(({ verdict }) => verdict !== 'holds').map(({ name: sentence, verdict, way }) => `${verdict} ${way?.steps.length ?? ''}: ${sentence}`) };
}

/** One of each kind. The others are made of the same charts: their worlds are visited without reductions only, which cost ten times as much. */
const both = ['v6.1.y', 'notifier-walk', 'notifier-walk-any-owner', 'claimed-bit', 'v1-posting', 'v6-posting'];
const beside = ['v6.1.y', 'v6.12.y', ...Object.keys(rivals)];

describe.each(Object.keys(given))('%s', (name) => {
  test('worlds and verdicts of every rival', async () => {
    const rows: string[] = [];
    for (const rival of beside) {
      const full = await visit(name, models[rival] as Model, false);
      const reduced = both.includes(rival) ? await visit(name, models[rival] as Model, true) : undefined;
      if (reduced !== undefined) expect([rival, reduced.broken]).toEqual([rival, full.broken]);
      rows.push(`${rival}: ${full.states} worlds${reduced === undefined ? '' : `, ${reduced.states} with reductions`}`, ...full.broken.map((line) => `  ${line}`));
    }
    expect(`${rows.join('\n')}\n`).toMatchSnapshot();
  }, 120_000);
});
