/** What a process with an iommufd sees in v6.12.y, by the device's own node and by its group. */
import { expect, test } from 'vitest';
import { v6_12_y } from '../../machines/models/v6.12.y.ts';
import { Bench, type Bound } from './vfio.ts';

const unowned = 'unowned owner=null owner_cnt=0 domain=default';
const claimed = (owner_cnt: number, domain: string, user = 'i') => `claimed owner=iommufd_ctx:${user} owner_cnt=${owner_cnt} domain=${domain}`;
const both = { A: 'vfio-pci', B: 'vfio-pci' };
const bound = (user: string, device: string) => [`${user} iommufd_open 0`, `${user} cdev_open ${device} 0`, `${user} bind_iommufd ${device} 0`];

const rows: (readonly [name: string, bound: Bound, answers: Record<string, number[]>, lines: readonly string[]])[] = [
  ['open, bind, attach, detach, close', both, {}, [
    ...bound('i', 'A'), `| ${claimed(1, 'blocking')}`, 'i attach_pt A 0', `| ${claimed(1, 'domain:i:ioas')}`, 'i attach_pt A 0', 'i detach_pt A 0',
    `| ${claimed(1, 'blocking')}`, 'i detach_pt A 0', 'i cdev_close A 0', `| ${unowned}`, 'i iommufd_close 0',
  ]],
  ['two devices of the group in one context count two, and share the attachment', both, {}, [
    ...bound('i', 'A'), 'i cdev_open B 0', 'i bind_iommufd B 0', `| ${claimed(2, 'blocking')}`, 'i attach_pt A 0', 'i attach_pt B 0',
    'i cdev_close A 0', `| ${claimed(1, 'domain:i:ioas')}`, 'i cdev_close B 0', `| ${unowned}`,
  ]],
  ['two contexts: the group belongs to the first', both, {}, [
    ...bound('i', 'A'), 'j iommufd_open 0', 'j cdev_open B 0', 'j bind_iommufd B -EPERM', 'i cdev_close A 0', 'j bind_iommufd B 0', `| ${claimed(1, 'blocking', 'j')}`,
  ]],
  ['two contexts: one device is bound once', both, {}, [
    ...bound('i', 'A'), 'i bind_iommufd A -EINVAL', 'j iommufd_open 0', 'j cdev_open A 0', 'j bind_iommufd A -EINVAL', 'j cdev_close A 0',
    `| ${claimed(1, 'blocking')}`, 'i cdev_close A 0',
  ]],
  ['an ordinary driver on a sibling, before and after', { A: 'vfio-pci', B: 'uio' }, {}, [
    'i iommufd_open 0', 'i cdev_open A 0', 'i bind_iommufd A -EPERM', 'unbind uio B 0', 'i bind_iommufd A 0', 'bind uio B -EBUSY', 'i cdev_close A 0', 'bind uio B 0',
  ]],
  ['what is not open, not bound, or not there', { A: 'vfio-pci' }, {}, [
    'i bind_iommufd A -EBADF', 'i attach_pt A -EBADF', 'i cdev_close A -EBADF', 'i iommufd_close -EBADF', 'i cdev_open B -ENOENT', 'i cdev_open A 0',
    'i cdev_open A -EMFILE', 'i attach_pt A -EINVAL', 'i detach_pt A -EINVAL', 'i bind_iommufd A -EBADF', 'i cdev_close A 0', 'u group_open 8 0',
  ]],
  ['a group that is open blocks its nodes, and the other way round', both, {}, [
    'u group_open 8 0', 'i iommufd_open 0', 'i cdev_open A 0', 'i bind_iommufd A -EBUSY', 'u group_close 0', 'i bind_iommufd A 0', 'u group_open 8 -EBUSY',
    'i cdev_close A 0', 'u group_open 8 0',
  ]],
  ['the descriptor of the iommufd may go first; a second context of the process does not begin', both, {}, [
    ...bound('i', 'A'), 'i iommufd_close 0', `| ${claimed(1, 'blocking')}`, 'i iommufd_open -EMFILE', 'i attach_pt A 0', 'i cdev_close A 0', `| ${unowned}`, 'i iommufd_open 0',
  ]],
  ['unbind waits for the node to be closed, and nobody new opens it', { A: 'vfio-pci' }, {}, [
    ...bound('i', 'A'), 'i attach_pt A 0', 'unbind vfio-pci A blocked', 'j cdev_open A -ENOENT', 'i cdev_close A 0', 'unbind= 0', `| ${unowned}`, 'bind uio A 0',
  ]],
  ['a node that is open and not bound holds the driver too', { A: 'vfio-pci' }, {}, [
    'i cdev_open A 0', 'unbind vfio-pci A blocked', 'i cdev_close A 0', 'unbind= 0',
  ]],
  ['through the group: the claim comes with the device', both, {}, [
    'i iommufd_open 0', 'i group_open 8 0', 'i group_get_status 1', 'i group_get_device_fd A -EINVAL', 'i group_set_container 0', `| ${unowned}`, 'i group_get_status 3',
    'i group_set_container -EINVAL', 'i group_get_device_fd A 0', `| ${claimed(1, 'domain:i:ioas')}`, 'i group_get_device_fd B 0', `| ${claimed(2, 'domain:i:ioas')}`,
    'i device_close A 0', 'i device_close B 0', `| ${unowned}`, 'i group_unset_container 0', 'i group_unset_container -EINVAL', 'i group_close 0',
  ]],
  ['through the group: viable, and refused all the same', { A: 'vfio-pci', B: 'uio' }, {}, [
    'i iommufd_open 0', 'i group_open 8 0', 'i group_get_status 0', 'i group_set_container 0', 'i group_get_status 3', 'i group_get_device_fd A -EPERM',
    'unbind uio B 0', 'i group_get_device_fd A 0', 'bind uio B -EBUSY',
  ]],
  ['through the group: the file of the group may go before the device', both, {}, [
    'i iommufd_open 0', 'i group_open 8 0', 'i group_set_container 0', 'i group_get_device_fd A 0', 'i group_close 0', `| ${claimed(1, 'domain:i:ioas')}`,
    'j iommufd_open 0', 'j cdev_open A 0', 'j bind_iommufd A -EINVAL', 'u container_open 0', 'u group_open 8 0', 'u group_set_container -EPERM', 'u group_close 0',
    'j group_open 8 0', 'j group_set_container 0', 'j group_get_device_fd B -EPERM', 'j group_get_device_fd A 0', 'i device_close A 0', `| ${claimed(1, 'domain:i:ioas')}`,
    'j device_close A 0', `| ${unowned}`,
  ]],
  ['through the group: the last driver leaves', { A: 'vfio-pci' }, {}, [
    'i iommufd_open 0', 'i group_open 8 0', 'i group_set_container 0', 'unbind vfio-pci A 0', 'i group_get_status -ENODEV', 'i group_close 0', 'i iommufd_close 0', 'i iommufd_open 0',
  ]],
  ['no interrupt remapping: refused before the claim', both, { iommufd_isolated_msi: [-1] }, [
    'i iommufd_open 0', 'i cdev_open A 0', 'i bind_iommufd A -EPERM', `| ${unowned}`, 'u group_open 8 0',
  ]],
  ['the driver refuses to open: the claim is given back', both, { open_device: [-5] }, [
    'i iommufd_open 0', 'i cdev_open A 0', 'i bind_iommufd A -EIO', `| ${unowned}`, 'i cdev_close A 0', 'i group_open 8 0', 'i group_set_container 0',
    'i group_get_device_fd A -EIO', `| ${unowned}`, 'unbind vfio-pci A 0',
  ]],
  ['the attach fails: bound by its node, back again through the group', both, { 'iommu_attach_group_handle.attach': [-5] }, [
    ...bound('i', 'A'), 'i attach_pt A -EIO', `| ${claimed(1, 'blocking')}`, 'i cdev_close A 0', 'i group_open 8 0', 'i group_set_container 0',
    'i group_get_device_fd A -EIO', `| ${unowned}`,
  ]],
];

test.each(rows)('%s', (_row, drivers, answers, lines) => {
  const bench = new Bench(v6_12_y, drivers, answers);
  for (const line of lines) {
    const command = line.split(' ').slice(0, -1).join(' ');
    const got = line.startsWith('| ') ? `| ${bench.group(8)}` : line.startsWith('unbind= ') ? `unbind= ${bench.result('unbind')}` : `${command} ${bench.do(command)}`;
    expect(got).toBe(line);
  }
  expect(bench.said()).not.toContain('WARN_ON');
});

test('a second device of the group does not go to another page table', () => {
  const bench = new Bench(v6_12_y, both);
  for (const line of ['i iommufd_open', 'i cdev_open A', 'i bind_iommufd A', 'i cdev_open B', 'i bind_iommufd B', 'i attach_pt A']) bench.do(line);
  expect(bench.run('i', { type: 'attach_pt', device: 'B', pt: 'hwpt' })).toBe('-EINVAL');
  expect(bench.run('i', { type: 'attach_pt', device: 'B', pt: 'ioas' })).toBe('0');
});
