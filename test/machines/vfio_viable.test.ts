/** What a process with a container sees in v5.15, where nobody owns a group: who may come is found out when a device is opened. */
import { describe, expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { Bench, type Bound } from './vfio.ts';

const v5_15 = models['v5.15'] as Model;
const open = (user: string) => [`${user} container_open 0`, `${user} group_open 8 0`, `${user} group_set_container 0`, `${user} set_iommu 0`];

/** Each line is a command and what it answers; `| ` begins the domain of group 8; `BUG` says that the kernel has stopped by now. */
const rows: (readonly [name: string, bound: Bound, lines: readonly string[]])[] = [
  ['open, attach, device, and close in the same order', { A: 'vfio-pci' }, [
    'u container_open 0', 'u group_open 8 0', 'u group_get_status 1', 'u group_set_container 0', '| default', 'u group_get_status 3', 'u group_get_device_fd A -EINVAL',
    'u set_iommu 0', '| domain:u', 'u group_get_device_fd A 0', 'u group_set_container -EINVAL', 'u device_close A 0', '| domain:u', 'u group_close 0', '| default', 'u container_close 0',
  ]],
  ['the group is closed first: busy until the device is closed, which detaches', { A: 'vfio-pci' }, [
    ...open('u'), 'u group_get_device_fd A 0', 'u container_close 0', 'u group_close 0', '| domain:u', 'v group_open 8 -EBUSY', 'u device_close A 0', '| default', 'v group_open 8 0',
  ]],
  ['UNSET_CONTAINER: nothing set, a device open, and then not', { A: 'vfio-pci' }, [
    'u container_open 0', 'u group_open 8 0', 'u group_unset_container -EINVAL', 'u group_set_container 0', 'u set_iommu 0', 'u group_get_device_fd A 0',
    'u group_unset_container -EBUSY', 'u device_close A 0', 'u group_unset_container 0', '| default', 'u group_get_status 1',
  ]],
  ['who is not open, and who is open already', { A: 'vfio-pci' }, [
    'u group_set_container -EBADF', 'u group_open 8 0', 'u group_set_container -EBADF', 'v group_open 8 -EBUSY', 'u group_open 8 -EBUSY', 'v group_open 4 -ENOENT',
  ]],
  ['an ordinary driver on a sibling: attached all the same, and no device', { A: 'vfio-pci', B: 'uio' }, [
    'u container_open 0', 'u group_open 8 0', 'u group_get_status 0', 'u group_set_container 0', 'u set_iommu 0', '| domain:u', 'u group_get_status 2',
    'u group_get_device_fd A -EINVAL', 'unbind uio B 0', 'u group_get_device_fd A 0',
  ]],
  ['a sibling on pci-stub, on nothing, on vfio-pci: viable', { A: 'vfio-pci', B: 'pci-stub' }, [
    ...open('u'), 'u group_get_status 3', 'unbind pci-stub B 0', 'u group_get_status 3', 'bind vfio-pci B 0', 'u group_get_device_fd B 0', 'u group_get_device_fd nothing -ENODEV',
  ]],
  ['a driver is bound in a live group: the kernel stops', { A: 'vfio-pci', B: 'vfio-pci' }, [...open('u'), 'unbind vfio-pci B 0', 'bind pci-stub B 0', 'unbind pci-stub B 0', 'bind uio B 0', 'BUG']],
  ['the same before the container is set: nothing, until it is', { A: 'vfio-pci' }, ['u container_open 0', 'u group_open 8 0', 'bind uio B 0', 'u group_set_container 0', 'u group_get_device_fd A -EINVAL']],
  ['the last device waits until the container is unset, though nobody has it open', { A: 'vfio-pci' }, [
    ...open('u'), 'unbind vfio-pci A blocked', 'u group_get_device_fd A -ENODEV', 'u group_unset_container 0', 'unbind= 0', '| default', 'u group_get_status 1', 'u group_close 0', 'u group_open 8 -ENOENT',
  ]],
  ['with a device open it waits for that too', { A: 'vfio-pci' }, [
    ...open('u'), 'u group_get_device_fd A 0', 'unbind vfio-pci A blocked', 'u group_get_status 3', 'u device_close A 0', 'unbind= blocked', 'u group_close 0', 'unbind= 0', 'bind uio A 0',
  ]],
  ['a device that leaves stays viable until its driver has gone', { A: 'vfio-pci', B: 'vfio-pci' }, [
    ...open('u'), 'u group_get_device_fd B 0', 'unbind vfio-pci B blocked', 'u group_get_status 3', 'u device_close B 0', 'unbind= 0', 'u group_get_status 3',
  ]],
];

test.each(rows)('%s', (_row, bound, lines) => {
  const bench = new Bench(v5_15, bound);
  for (const line of lines) {
    if (line === 'BUG') continue;
    if (line.startsWith('| ')) expect(`| ${String(bench.context('group:8')['domain'])}`).toBe(line);
    else if (line.startsWith('unbind= ')) expect(`unbind= ${bench.result('unbind')}`).toBe(line);
    else expect(`${line.slice(0, line.lastIndexOf(' '))} ${bench.do(line.slice(0, line.lastIndexOf(' ')))}`).toBe(line);
  }
  const said = bench.said();
  expect(said).not.toContain('WARN_ON');
  expect(said.includes('BUG')).toBe(lines.at(-1) === 'BUG');
});

describe('when something fails', () => {
  test.each([
    ['a first device that cannot be opened, and one that waits for the container', { open_device: [-5] }, [...open('u'), 'u group_get_device_fd A -EIO', 'unbind vfio-pci A blocked', 'u group_close 0', 'unbind= 0']],
    ['the attach', { 'iommu_attach_group.attach': [-5] }, ['u container_open 0', 'u group_open 8 0', 'u group_set_container 0', 'u set_iommu -EIO', '| default', 'u group_get_device_fd A -EINVAL']],
  ] as const)('%s', (_row, answers, lines) => {
    const bench = new Bench(v5_15, { A: 'vfio-pci' }, answers);
    for (const line of lines) {
      const [command, expected] = [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)];
      expect(line.startsWith('| ') ? String(bench.context('group:8')['domain']) : command === 'unbind=' ? bench.result('unbind') : bench.do(command)).toBe(expected);
    }
  });
});
