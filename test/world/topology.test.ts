/** Topologies from outside: the short form, its defaults, and everything that does not fit. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buses } from '../../machines/kernel.ts';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { formatError, ModelError } from '../../src/errors.ts';
import { editDistance, nearest } from '../../src/world/nearest.ts';
import { checkTopology, defaultTopology, parseTopology } from '../../src/world/topology.ts';
import { System } from '../../src/world/world.ts';

const model = (name: string) => models[name] as Model;
const v6_12_y = model('v6.12.y');

/** What the error says, or the topology as one word. */
function run(json: unknown, under: Model | undefined = v6_12_y): string {
  try {
    parseTopology(json, 'x.json', under);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    expect(error.code).toBe('bad-topology');
    return `${error.at}: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`;
  }
}

const nic = { name: '0000:02:00.0', group: 8 };
const e1000e = { name: 'e1000e' };
const bind = (call: object) => ({ name: 'a', entry: 'bind_store', calls: [{ type: 'bind_store', device: '0000:02:00.0', driver: 'e1000e', ...call }] });

describe('the short form', () => {
  test('fills in what it leaves out', () => {
    const short = {
      devices: [nic], drivers: [e1000e],
      threads: [
        { name: 'a', entry: 'driver_register', calls: [{ type: 'driver_register', driver: 'e1000e' }] },
        { name: 'b', entry: 'dma_owner', calls: [{ type: 'claim', group: 8 }] },
        { name: 'c', entry: 'driver_override_store', calls: [{ type: 'driver_override_store', device: '0000:02:00.0' }] },
      ],
      answers: { probe: [0, '-ENOMEM'], 'iommu_group_claim_dma_owner.attach': ['-EINVAL'] },
    };
    expect(parseTopology(short, 'x.json', v6_12_y)).toEqual({
      devices: [{ name: '0000:02:00.0', bus: 'pci', group: 8, driver: null, present: true, driver_override: null, grouped: true }],
      drivers: [{ name: 'e1000e', bus: 'pci', driver_managed_dma: false, async: false, vfio: false, registered: true, matches: [] }],
      threads: [
        { name: 'a', entry: 'driver_register', calls: [{ type: 'driver_register', driver: 'e1000e', bus: 'pci' }], times: null },
        { name: 'b', entry: 'dma_owner', calls: [{ type: 'claim', group: 'group:8' }], times: null },
        { name: 'c', entry: 'driver_override_store', calls: [{ type: 'driver_override_store', device: '0000:02:00.0', driver_override: null }], times: null },
      ],
      options: { test_remove: false, drivers_autoprobe: true, detach_dev: true },
      answers: { probe: [0, -12], 'iommu_group_claim_dma_owner.attach': [-22] },
    });
  });

  test('what it returns is what it takes', () => {
    const topology = defaultTopology({ devices: 2, users: 2 });
    expect(parseTopology(JSON.parse(JSON.stringify(topology)), 'x.json', v6_12_y)).toEqual(topology);
  });
});

describe('what does not fit is refused with its place', () => {
  test.each([
    [{ devices: [nic] }, 'accepted'],
    [[], 'x.json: [] does not fit'],
    [{}, 'devices of x.json: this is missing'],
    [{ devices: [] }, 'devices of x.json: [] does not fit'],
    [{ devices: [{ name: 'a b' }] }, 'devices[0].name of x.json: "a b" does not fit'],
    [{ devices: [{ ...nic, group: '8' }] }, 'devices[0].group of x.json: "8" does not fit'],
    [{ devices: [{ ...nic, drivr: 'e1000e' }] }, 'devices[0].drivr of x.json: there is no "drivr" here (did you mean driver?)'],
    [{ devices: [nic], options: { autoprobe: true } }, 'options.autoprobe of x.json: there is no "autoprobe" here'],
    [{ devices: [nic, nic] }, 'devices[1].name of x.json: 0000:02:00.0 is the name of devices[0] already (give it another name, or remove it)'],
    [{ devices: [nic], drivers: [e1000e, e1000e] }, 'drivers[1].name of x.json: e1000e is the name of drivers[0] already (give it another name, or remove it)'],
    [{ devices: [{ ...nic, driver: 'e1000' }], drivers: [e1000e] }, 'devices[0].driver of x.json: there is no driver e1000 (did you mean e1000e?)'],
    [{ devices: [{ ...nic, bus: 'platform', driver: 'e1000e' }], drivers: [e1000e] },
      'devices[0].driver of x.json: e1000e is a driver of bus pci, the device is on bus platform (write "bus" on both the device and the driver)'],
    [{ devices: [{ ...nic, driver: 'e1000e' }], drivers: [{ ...e1000e, registered: false }] },
      'devices[0].driver of x.json: e1000e is not registered, so no device is bound to it (write "driver": null, or "registered": true on e1000e)'],
    [{ devices: [{ ...nic, driver: 'e1000e', present: false }], drivers: [e1000e] },
      'devices[0].driver of x.json: a device that is not present is bound to no driver (write "driver": null, or "present": true)'],
    [{ devices: [{ ...nic, bus: 'fslmc' }] }, 'devices[0].bus of x.json: there is no bus fslmc (did you mean fsl-mc?)'],
    [{ devices: [{ ...nic, bus: 'usb' }] }, 'accepted'],
    [{ devices: [{ ...nic, bus: 'isa' }] }, 'devices[0].bus of x.json: there is no bus isa (for a bus without callbacks, write "usb" or "auxiliary")'],
    [{ devices: [nic], drivers: [{ ...e1000e, bus: 'plattform' }] }, 'drivers[0].bus of x.json: there is no bus plattform (did you mean platform?)'],
    [{ devices: [nic], threads: [{ name: 'a', entry: 'iommu_device_register', calls: [{ type: 'iommu_device_register', bus: 'platform' }] }] },
      'threads[0].calls[0].bus of x.json: there is no device on bus platform'],
    [{ devices: [nic], threads: [{ name: 'a', entry: 'iommu_device_register', calls: [{ type: 'iommu_device_register' }] }] },
      'threads[0].calls[0].bus of x.json: iommu_device_register needs a bus (add "bus")'],
    [{ devices: [nic], drivers: [{ ...e1000e, matches: ['*', '0000:02:00.1'] }] }, 'drivers[0].matches[1] of x.json: there is no device 0000:02:00.1 (did you mean 0000:02:00.0?)'],
    [{ devices: [nic], threads: [{ name: 'a', entry: 'bindstore', calls: [{ type: 'x' }] }] },
      'threads[0].entry of x.json: v6.12.y has no entry point bindstore (did you mean bind_store?)'],
    [{ devices: [nic], threads: [{ name: 'async:1', entry: 'bind_store', calls: [{ type: 'x' }] }] },
      "threads[0].name of x.json: thread:async:1 is a thread of the kernel's own (rename it)"],
    [{ devices: [nic], drivers: [e1000e], threads: [bind({ type: 'unbind_store' })] },
      'threads[0].calls[0].type of x.json: a thread of bind_store takes no unbind_store (did you mean bind_store?)'],
    [{ devices: [nic], drivers: [e1000e], threads: [bind({ device: '0000:03:00.0' })] },
      'threads[0].calls[0].device of x.json: there is no device 0000:03:00.0 (did you mean 0000:02:00.0?)'],
    [{ devices: [nic], drivers: [e1000e], threads: [bind({ driver: 7 })] }, 'threads[0].calls[0].driver of x.json: there is no driver 7'],
    [{ devices: [nic], drivers: [e1000e], threads: [{ name: 'a', entry: 'bind_store', calls: [{ type: 'bind_store', driver: 'e1000e' }] }] },
      'threads[0].calls[0].device of x.json: bind_store needs a device (add "device")'],
    [{ devices: [nic, { name: 'p', bus: 'platform' }], drivers: [e1000e], threads: [bind({ device: 'p' })] },
      'threads[0].calls[0].driver of x.json: e1000e is a driver of bus pci, p is on bus platform (write "bus" on both the device and the driver)'],
    [{ devices: [nic], threads: [{ name: 'a', entry: 'device_del', calls: [{ type: 'device_del', device: '0000:02:00.0', bus: 'amba' }] }] },
      'threads[0].calls[0].bus of x.json: 0000:02:00.0 is on bus pci, not amba (leave "bus" out)'],
    [{ devices: [nic], threads: [{ name: 'vm', entry: 'dma_owner', calls: [{ type: 'claim', group: 9 }] }] },
      'threads[0].calls[0].group of x.json: there is no group group:9 (did you mean group:8?)'],
    [{ devices: [nic], answers: { porbe: [0] } }, 'answers["porbe"] of x.json: the environment answers no porbe (did you mean probe?)'],
    [{ devices: [nic], answers: { probe: [12] } }, 'answers["probe"][0] of x.json: probe never answers ENOMEM (write -ENOMEM)'],
    [{ devices: [nic], answers: { probe: ['-ENOMEN'] } }, 'answers["probe"][0] of x.json: -ENOMEN is no errno (write the number, with its sign)'],
    [{ devices: [nic], answers: { 'iommu_attach_group.attach': [-16] } }, 'answers["iommu_attach_group.attach"][0] of x.json: iommu_attach_group.attach never answers -EBUSY'],
  ])('%j: %s', (json, expected) => {
    expect(run(json)).toBe(expected);
  });

  test('cdx only where the kernel has it', () => {
    const json = { devices: [{ name: 'cdx-00:00', bus: 'cdx', group: 1 }] };
    expect([run(json, model('v6.1.y')), run(json)]).toEqual(['devices[0].bus of x.json: v6.1.y has no bus cdx (take another model, or another bus)', 'accepted']);
  });

  test('the error as people read it', () => {
    const json = { devices: [{ ...nic, driver: 'e1000' }], drivers: [e1000e] };
    let text = '';
    try { parseTopology(json, 'x.json'); } catch (error) { text = formatError(error as ModelError); }
    expect(text).toMatchInlineSnapshot(`
      "bad-topology: devices[0].driver of x.json: there is no driver e1000.
        Possible here: e1000e, null, for an unbound device.
        Usual cause: a driver that the topology does not list.
        What to do: did you mean e1000e?"
    `);
  });
});

describe('the page', () => {
  const page = readFileSync(new URL('../../docs/reference/topology.md', import.meta.url), 'utf8');
  test('its example is valid', () => {
    expect(run(JSON.parse(/```json\n([^]*?)```/.exec(page)?.[1] ?? ''))).toBe('accepted');
  });
  test.each([
    ['Device', { devices: [{ ...nic, x: 1 }] }], ['Driver', { devices: [nic], drivers: [{ ...e1000e, x: 1 }] }],
    ['Thread', { devices: [nic], threads: [{ ...bind({}), x: 1 }] }], ['Option', { devices: [nic], options: { x: true } }],
  ])('its table for a %s has every key', (table, json) => {
    let known: readonly string[] = [];
    try { parseTopology(json, 'x.json'); } catch (error) { known = (error as ModelError).accepted; }
    const rows = page.split(`| ${table} |`)[1]?.split('\n\n')[0] ?? '';
    expect([...rows.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, keys = '']) => [...keys.matchAll(/`(\w+)`/g)].map(([, key]) => key)).sort()).toEqual([...known].sort());
  });
  test('and the buses', () => {
    for (const bus of Object.keys(buses)) expect(page).toContain(`\`${bus}\``);
  });
});

test.each(['pci', 'platform', 'amba', 'fsl-mc', 'usb'])('the default topology on %s fits every model', (bus) => {
  for (const model of Object.values(models)) {
    const topology = defaultTopology({ devices: 2, users: 2, bus, managed: true, bound: true, models: [model] });
    checkTopology(topology, 'x', model);
    const system = new System(model, topology);
    expect(system.atRest(system.initial())).toBe(true);
    expect(system.choices(system.initial())).not.toEqual([]);
  }
});

test('the nearest word', () => {
  expect([editDistance('', 'abc'), editDistance('kitten', 'sitting'), editDistance('same', 'same'), editDistance('porbe', 'probe')]).toEqual([3, 3, 0, 1]);
  expect([nearest('e1000', ['ixgbe', 'e1000e']), nearest('nothing', ['like', 'this']), nearest('VFIO', ['vfio'])]).toEqual(['e1000e', undefined, 'vfio']);
});
