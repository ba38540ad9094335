/**
 * environment: whatever answers a call that no chart answers, as a table.
 *
 * Each row: the function, what it may answer unless the topology says otherwise (`answers`), what else it may answer in
 * a kernel, and who stands behind it. The checker takes every answer of the topology's row, a scenario scripts them, the
 * judge takes what was observed, an embedding application provides a function.
 * A draw is an answer that a call carries with it: what the IOMMU driver will say inside the critical section.
 */
import type { Message } from './chart.ts';
import { EAGAIN, EBUSY, EEXIST, EINVAL, EIO, ENODEV, ENOMEM, ENOTTY, ENXIO, EPERM, EPROBE_DEFER } from './kernel.ts';
import type { Topology } from './topology.ts';

export interface Row {
  /** Answers given when the topology is silent. */
  readonly usual: readonly number[];
  /** Everything a kernel has been seen or read to answer; the judge tries these where the recorder sees nothing. */
  readonly possible: readonly number[];
  readonly who: string;
}

const row = (usual: readonly number[], possible: readonly number[], who: string): Row => ({ usual, possible, who });
const errors = [-ENOMEM, -EINVAL, -ENODEV, -EIO, -EPROBE_DEFER] as const;

export const environment_table: Readonly<Record<string, Row>> = {
  driver_match_device: row([0, 1], [0, 1, -EPROBE_DEFER, -ENODEV], 'the id tables of the driver'),
  device_links_check_suppliers: row([0], [0, -EPROBE_DEFER, -EAGAIN], 'the suppliers of the device'),
  devres_head: row([0], [0, -EBUSY], 'resources a previous user left'),
  pinctrl_bind_pins: row([0], [0, ...errors], 'pinctrl'),
  firmware_dma_configure: row([0], [0, 1, -EPROBE_DEFER, -ENODEV, -EINVAL], 'firmware: device tree or ACPI'),
  sysfs_create_link: row([0], [0, -ENOMEM, -EEXIST], 'sysfs'),
  async_schedule_dev: row([0], [0, -ENOMEM], 'memory for an asynchronous call; without it the function runs in its caller'),
  activate: row([0], [0, ...errors], 'the pm_domain'),
  probe: row([0], [0, ...errors, -ENXIO, -EBUSY, -EEXIST, -EPERM, 1], 'the driver'),
  remove: row([0], [0], 'the driver'),
  device_add_groups: row([0], [0, -ENOMEM, -EEXIST], 'sysfs, for the dev_groups of the driver'),
  state_synced: row([0], [0, -ENOMEM], 'sysfs, for a device with sync_state'),
  test_remove: row([0], [0, 1], 'CONFIG_DEBUG_TEST_DRIVER_REMOVE'),
  __pci_reset_function_locked: row([0], [0, -ENOTTY, -EIO], 'the device that is reset'),
  probe_device: row([0], [0, -ENODEV, -EPROBE_DEFER, -ENOMEM], 'the IOMMU driver'),
  vfio_probe: row([0], [0, -EINVAL, -EBUSY, -ENOMEM, -ENODEV], 'the VFIO driver, before it registers its vfio_device'),
  open_device: row([0], [0, -EIO, -ENODEV, -EBUSY, -ENOMEM], 'the VFIO driver, when a user opens the device'),
  vfio_iommu_driver_open: row([0], [0, -ENODEV, -EINVAL, -ENOMEM], 'the VFIO IOMMU backend'),
  iommufd_isolated_msi: row([0], [0, -EPERM], 'the interrupt remapping of the machine, and allow_unsafe_interrupts'),
  iommufd_noiommu: row([0], [0, 1], 'CONFIG_IOMMUFD_NOIOMMU, and CAP_SYS_RAWIO'),
  vfio_iommu_isolated_msi: row([0], [0, -EPERM], 'the interrupt remapping of the machine, and allow_unsafe_interrupts'),
};

/** Calls that carry what the IOMMU driver will say to an attach inside them. */
export const draws: Readonly<Record<string, Row>> = {
  iommu_group_claim_dma_owner: row([0], [0, -EINVAL, -ENOMEM, -EIO], 'the IOMMU driver'),
  iommu_device_claim_dma_owner: row([0], [0, -EINVAL, -ENOMEM, -EIO], 'the IOMMU driver'),
  iommu_attach_group: row([0], [0, -EINVAL, -ENOMEM, -EIO, -ENODEV], 'the IOMMU driver'),
  iommu_attach_group_handle: row([0], [0, -EINVAL, -ENOMEM, -EIO, -ENODEV], 'the IOMMU driver'),
  __iommu_attach_device: row([0], [0, -EINVAL, -ENOMEM, -EIO], 'the IOMMU driver'),
  iommu_group_add_device: row([0], [0, -EINVAL, -ENOMEM, -EIO], 'the IOMMU driver'),
};

/** What the environment may answer to a call, in the order of the table. Empty: nobody answers such a call. */
export function answersTo(call: Message, topology: Topology): readonly number[] {
  const given = topology.answers[call.type];
  if (given !== undefined) return given;
  if (call.type === 'test_remove') return [topology.options.test_remove ? 1 : 0];
  if (call.type === 'driver_match_device') {
    const driver = topology.drivers.find(({ name }) => name === call['driver']);
    return [driver !== undefined && (driver.matches.includes('*') || driver.matches.includes(call['device'] as string)) ? 1 : 0];
  }
  return environment_table[call.type]?.usual ?? [];
}

/** What a call may carry as `attach`; empty when it carries nothing. */
export function drawsOf(call: Message, topology: Topology): readonly number[] {
  const row = draws[call.type];
  return row === undefined ? [] : topology.answers[`${call.type}.attach`] ?? row.usual;
}
