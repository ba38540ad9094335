/** What is counted and not checked: messages of one call that nothing disturbs, and how much of a design is written more than once. */
import { groupAt, kindOf } from '../../../machines/address.ts';
import type { Model } from '../../../machines/model.ts';
import type { Topology } from '../../../machines/topology.ts';
import { System, type Fact } from '../../world/world.ts';
import { smallTopology } from '../small.ts';
import { named } from './checks.ts';
import type { Measure } from './claim.ts';

const device = '0000:02:00.0';

/** Calls one after the other, each alone until it has ended; the environment gives its first answer. The facts of each call. */
export function alone(model: Model, topology: Topology, ...calls: readonly { readonly type: string; readonly driver: string; readonly device: string }[]): Fact[][] {
  const system = new System(model, topology);
  let world = system.initial();
  return calls.map((call) => {
    const facts: Fact[] = [];
    for (let choice = system.start(`thread:${call.type}`, call); ;) {
      const step = system.step(world, choice);
      world = step.world;
      facts.push(step.fact);
      const next = system.choices(world).find(({ kind }) => kind !== 'start');
      if (next === undefined) return facts;
      choice = next;
    }
  });
}

const bind = (driver = 'e1000e') => ({ type: 'bind_store', driver, device });
const unbind = (driver = 'e1000e') => ({ type: 'unbind_store', driver, device });
const length = (facts: readonly Fact[] | undefined): number => facts?.length ?? 0;

/** Messages of one bind on pci and on a bus without callbacks, by model. */
export function stepsToBind(models: readonly string[]): Measure[] {
  return ['pci', 'host1x'].flatMap((bus) => models.map((name) => {
    const [facts] = alone(named(name), smallTopology({ bus, sysfs: true }), bind());
    return { what: `messages of one bind on ${bus}, ${name}`, value: length(facts) };
  }));
}

/** Messages of an unbind and of a probe that fails, by model and size of the group; the other devices have no driver. */
export function stepsBySize(models: readonly string[], sizes: readonly number[]): Measure[] {
  const row = (name: string, counted: (devices: number) => number) => sizes.map(counted).join(', ') + ` (${name})`;
  const unbinds = (devices: number, model: Model) => length(alone(model, smallTopology({ devices, sysfs: true }), bind(), unbind())[1]);
  const fails = (devices: number, model: Model) => length(alone(model, smallTopology({ devices, sysfs: true, answers: { probe: [-12] } }), bind())[0]);
  return [
    ...models.map((name) => ({ what: `messages of one bind, ${name}`, value: stepsToBind([name])[0]?.value ?? 0 })),
    ...models.map((name) => ({ what: `messages of one unbind in a group of ${sizes.join(', ')}`, value: row(name, (devices) => unbinds(devices, named(name))) })),
    ...models.map((name) => ({ what: `messages of a probe that fails in a group of ${sizes.join(', ')}`, value: row(name, (devices) => fails(devices, named(name))) })),
  ];
}

/** From the driver core to the group when a driver is removed: the actors that a release passes through, by model. */
export function wayOfRelease(models: readonly string[]): Measure[] {
  return models.map((name) => {
    const facts = alone(named(name), smallTopology({ sysfs: true }), bind(), unbind())[1] ?? [];
    const at = facts.find(({ to, event }) => to === groupAt(8) && ['iommu_device_unuse_default_domain', 'walk'].includes(event.type));
    const way: string[] = [];
    for (let fact = at; fact !== undefined && kindOf(fact.to) !== 'binding'; fact = facts.find(({ seq }) => seq === fact?.cause)) way.unshift(kindOf(fact.to));
    return { what: `what a release passes through, ${name}`, value: `${way.length} messages: ${way.join(', ')}` };
  });
}

/** How often driver_managed_dma is read in one bind and one unbind, by model. */
export function readsOfFlag(models: readonly string[]): Measure[] {
  return models.map((name) => ({
    what: `reads of driver_managed_dma in one bind and one unbind, ${name}`,
    value: alone(named(name), smallTopology({ sysfs: true }), bind(), unbind()).flat().filter(({ event }) => event.type === 'driver_managed_dma').length,
  }));
}

/** On how many buses the rule stands (a dma_configure that asks for the driver's flag and claims), and in how many different texts. */
export function copiesOfRule(models: readonly string[]): Measure[] {
  return models.map((name) => {
    const { bus_dma, iommu_dma = {} } = named(name).charts;
    const claiming = [...Object.values(bus_dma), ...Object.values(iommu_dma)].filter(({ events }) => events.map(String).includes('iommu_device_use_default_domain.ret'));
    return { what: `callbacks that have the rule, and how many of them differ, ${name}`, value: `${claiming.length}, ${new Set(claiming).size}` };
  });
}

/** Buses whose dma_configure the IOMMU core calls too, when a device meets its IOMMU, by model. */
export function calledByIommu(models: readonly string[]): Measure[] {
  return models.map((name) => ({ what: `buses whose dma_configure is called when a device meets its IOMMU, ${name}`, value: Object.keys(named(name).charts.iommu_dma ?? {}).length }));
}
