/** Suites for real machines: the form, and a first one whose steps can be checked by hand. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { suiteOf, testOf } from '../../src/testgen/played.ts';
import { parseSuite, printSuite } from '../../src/testgen/suite.ts';

const text = readFileSync(new URL('first.scenario', import.meta.url), 'utf8');
const model = models['v6.12.y'] as Model;
const suite = suiteOf(model, parseScenario(text, 'first').topology, [testOf(text, 'who comes first', model)]);

describe('a scenario as a test for a machine', () => {
  test('each call has its answer', () => {
    expect(suite.tests[0]?.steps.map(({ by, call, expect: { ...expected }, ends }) => `${by}: ${call} = ${JSON.stringify(expected)}${ends.length > 0 ? ` ends ${JSON.stringify(ends)}` : ''}`)).toMatchInlineSnapshot(`
      [
        "admin: bind_store uio_pci_generic B = {"ret":-19,"errno":"ENODEV"}",
        "admin: driver_override_store B uio_pci_generic = {"ret":0}",
        "admin: bind_store uio_pci_generic B = {"ret":0}",
        "admin: bind_store uio_pci_generic B = {"ret":-16,"errno":"EBUSY"}",
        "admin: driver_override_store A vfio-pci = {"ret":0}",
        "admin: drivers_probe_store A = {"ret":0}",
        "vm1: container_open = {"ret":0}",
        "vm1: group_open 1 = {"ret":0}",
        "vm1: group_get_status = {"ret":0}",
        "vm1: group_set_container = {"ret":-1,"errno":"EPERM"}",
        "admin: unbind_store uio_pci_generic B = {"ret":0}",
        "vm1: group_set_container = {"ret":0}",
        "vm1: set_iommu = {"ret":0}",
        "vm1: group_get_device_fd A = {"ret":0}",
        "admin: bind_store uio_pci_generic B = {"ret":-16,"errno":"EBUSY"}",
        "admin: drivers_probe_store B = {"ret":-22,"errno":"EINVAL"}",
        "admin: unbind_store vfio-pci A = {"waits":true}",
        "vm1: device_close A = {"ret":0} ends [{"step":16,"ret":0}]",
        "vm1: group_close = {"ret":0}",
        "vm1: container_close = {"ret":0}",
      ]
    `);
  });

  test('is written and read', async () => {
    const written = printSuite(suite);
    expect(printSuite(parseSuite(JSON.parse(written), 'suite.json'))).toBe(written);
    await expect(written).toMatchFileSnapshot('first.suite.json');
  });

  test.each([
    ['call admin device_bind_driver uio_pci_generic A', 'cannot be called from user space'],
    ['start admin unbind_store uio_pci_generic A', 'it is no call'],
  ])('%s is refused', (line, why) => {
    expect(() => testOf(`${text}\n${line}\n`, 'first', model)).toThrow(why);
  });

  test('what is no suite is refused with its place', () => {
    expect(() => parseSuite({ ...suite, users: [7] }, 'suite.json')).toThrow(expect.objectContaining({ code: 'bad-suite', at: 'users.0 of suite.json' }));
  });
});
