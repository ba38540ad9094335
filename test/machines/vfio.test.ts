/** What a process with a container sees, row by row as v6.1.y and v6.12.y showed it under QEMU; the other kernels differ as their rows say. */
import { describe, expect, test } from 'vitest';
import { ENODEV } from '../../machines/kernel.ts';
import { kernels, models } from '../../machines/models/index.ts';
import { Bench, type Bound } from './vfio.ts';

const unowned = 'unowned owner=null owner_cnt=0 domain=default';
const open = (user: string) => [`${user} container_open 0`, `${user} group_open 8 0`, `${user} group_set_container 0`, `${user} set_iommu 0`];
const claimed = (domain: string) => `claimed owner=vfio_group:8 owner_cnt=1 domain=${domain}`;

/** Each line is a command and what it answers; `| ` begins what group 8 looks like then. */
type Row = readonly [name: string, bound: Bound, lines: readonly string[]];

const rows: Row[] = [
  ['open, claim, attach, device, and close in the same order', { A: 'vfio-pci' }, [
    'u container_open 0', 'u group_open 8 0', 'u group_get_status 1', 'u group_set_container 0', `| ${claimed('blocking')}`,
    'u group_get_status 3', 'u set_iommu 0', `| ${claimed('domain:u')}`, 'u group_get_device_fd A 0', 'u device_close A 0',
    `| ${claimed('domain:u')}`, 'u group_close 0', `| ${unowned}`, 'u container_close 0',
  ]],
  ['container first, then group, then device: owned until the device is closed', { A: 'vfio-pci' }, [
    ...open('u'), 'u group_get_device_fd A 0', 'u container_close 0', 'u group_close 0', `| ${claimed('domain:u')}`,
    'u container_open -EMFILE', 'v group_open 8 -EBUSY', 'u device_close A 0', `| ${unowned}`, 'u container_open 0', 'v group_open 8 0',
  ]],
  ['only the claim: set, unset, set, close', { A: 'vfio-pci' }, [
    'u container_open 0', 'u group_open 8 0', 'u group_set_container 0', 'u group_unset_container 0', `| ${unowned}`, 'u group_get_status 1',
    'u group_set_container 0', `| ${claimed('blocking')}`, 'u group_close 0', `| ${unowned}`,
  ]],
  ['a second open of the group while it is open; after close', { A: 'vfio-pci' }, [
    'u group_open 8 0', 'u group_open 8 -EBUSY', 'v group_open 8 -EBUSY', 'u group_close 0', 'v group_open 8 0', 'v group_close 0', 'u group_open 8 0',
  ]],
  ['a device without a container; without SET_IOMMU', { A: 'vfio-pci' }, [
    'u group_open 8 0', 'u group_get_device_fd A -EINVAL', 'u container_open 0', 'u group_set_container 0', 'u group_get_device_fd A -EINVAL',
    'u set_iommu 0', 'u group_get_device_fd A 0', 'u group_get_device_fd A -EMFILE',
  ]],
  ['SET_IOMMU on an empty container, and twice; SET_CONTAINER twice; UNSET twice', { A: 'vfio-pci' }, [
    'u container_open 0', 'u set_iommu -EINVAL', 'u group_open 8 0', 'u group_set_container 0', 'u group_set_container -EINVAL', 'u set_iommu 0',
    'u set_iommu -EINVAL', 'u group_unset_container 0', 'u group_unset_container -EINVAL', 'u set_iommu -EINVAL',
  ]],
  ['UNSET_CONTAINER with a device open', { A: 'vfio-pci' }, [
    ...open('u'), 'u group_get_device_fd A 0', 'u group_unset_container -EBUSY', 'u device_close A 0', 'u group_unset_container 0', `| ${unowned}`,
  ]],
  ['a device of another group; one that has no VFIO driver; a group without', { A: 'vfio-pci', C: 'vfio-pci' }, [
    ...open('u'), 'u group_get_device_fd C -ENODEV', 'u group_get_device_fd B -ENODEV', 'u group_get_device_fd nothing -ENODEV',
    'unbind vfio-pci C 0', 'v group_open 4 -ENOENT',
  ]],
  ['what is not open', { A: 'vfio-pci' }, [
    'u group_get_status -EBADF', 'u group_set_container -EBADF', 'u group_unset_container -EBADF', 'u set_iommu -EBADF', 'u group_get_device_fd A -EBADF',
    'u device_close A -EBADF', 'u group_close -EBADF', 'u container_close -EBADF', 'u group_open 8 0', 'u group_set_container -EBADF',
  ]],
  ['an ordinary driver on a sibling: not viable', { A: 'vfio-pci', B: 'uio' }, [
    'u container_open 0', 'u group_open 8 0', 'u group_get_status 0', 'u group_set_container -EPERM', 'u group_get_device_fd A -EINVAL',
    '| kernel_dma owner=null owner_cnt=1 domain=default', 'unbind uio B 0', 'u group_get_status 1', 'u group_set_container 0',
  ]],
  ['a sibling on pci-stub or vfio-pci: viable', { A: 'vfio-pci' }, [
    'bind pci-stub B 0', ...open('u'), 'u group_get_device_fd A 0', 'unbind pci-stub B 0', 'bind vfio-pci B 0', 'u group_get_device_fd B 0',
  ]],
  ['the user first: an ordinary sibling is refused until the group is closed', { A: 'vfio-pci' }, [
    'u container_open 0', 'u group_open 8 0', 'bind uio B 0', 'unbind uio B 0', 'u group_set_container 0', 'bind uio B -EBUSY', 'u set_iommu 0',
    'u group_get_device_fd A 0', 'bind uio B -EBUSY', 'u device_close A 0', 'bind uio B -EBUSY', 'u group_close 0', 'bind uio B 0',
  ]],
  ['two users of one group: who comes second finds it open', { A: 'vfio-pci', B: 'vfio-pci' }, [
    ...open('u'), 'v container_open 0', 'v group_open 8 -EBUSY', 'v group_set_container -EBADF', 'u group_close 0', ...open('v').slice(1), `| ${claimed('domain:v')}`,
  ]],
  ['two groups in one container share a domain', { A: 'vfio-pci', C: 'vfio-pci' }, [
    ...open('u'), 'u group_open 4 0', 'u group_set_container 4 0', 'u group_get_status 4 3', 'u group_close 8 0', `| ${unowned}`, 'u group_close 0', 'u set_iommu -EINVAL',
  ]],
  ['a device without a group has no VFIO', {}, ['bind vfio-pci D -EINVAL', 'bind vfio-pci A 0', 'unbind vfio-pci A 0', 'u group_open 8 -ENOENT']],
];

/** What becomes of an open group when its last driver leaves: since 6.1 (ca5f21b25749). */
const leaving: Row[] = [
  ['unbind with a device open waits for its close', { A: 'vfio-pci' }, [
    ...open('u'), 'u group_get_device_fd A 0', 'unbind vfio-pci A blocked', 'v group_open 8 -EBUSY', `| ${claimed('domain:u')}`,
    'u device_close A 0', `| ${unowned}`, 'unbind= 0', 'u group_get_status -ENODEV', 'u group_close 0', 'u container_close 0',
  ]],
  ['unbind with only the group open', { A: 'vfio-pci' }, [
    'u group_open 8 0', 'unbind vfio-pci A 0', 'u group_get_status -ENODEV', 'u group_unset_container -EINVAL', 'u group_close 0', 'u group_open 8 -ENOENT',
  ]],
  ['unbind with group and container open: the claim is released, an ordinary driver binds', { A: 'vfio-pci' }, [
    ...open('u'), 'unbind vfio-pci A 0', `| ${unowned}`, 'bind uio A 0', 'u group_get_device_fd A -ENODEV', 'u group_set_container -ENODEV',
    'u group_close 0', 'u container_close 0', '| kernel_dma owner=null owner_cnt=1 domain=default',
  ]],
  ['the struct is dead, a new driver makes a new one beside the old file', { A: 'vfio-pci' }, [
    'u group_open 8 0', 'unbind vfio-pci A 0', 'bind vfio-pci A 0', 'u group_get_status -ENODEV', 'u group_open 8 -EMFILE', 'v group_open 8 0',
    'u group_close 0', 'v group_get_status 1', 'v group_close 0', 'u group_open 8 0', 'u group_get_status 1',
  ]],
  ['one of two VFIO devices leaves: the claim stays', { A: 'vfio-pci', B: 'vfio-pci' }, [
    ...open('u'), 'unbind vfio-pci B 0', `| ${claimed('domain:u')}`, 'unbind vfio-pci A 0', `| ${unowned}`,
  ]],
];
/** The same in v5.19: struct, container and claim live as long as the file. */
const leavingIn5_19: Row[] = [
  ['unbind with a device open waits for its close, and the claim stays behind', { A: 'vfio-pci' }, [
    ...open('u'), 'u group_get_device_fd A 0', 'unbind vfio-pci A blocked', 'v group_open 8 -EBUSY', `| ${claimed('domain:u')}`,
    'u device_close A 0', `| ${claimed('domain:u')}`, 'unbind= 0', 'u group_get_status 3', 'bind uio A -EBUSY', 'u group_close 0', `| ${unowned}`, 'bind uio A 0',
  ]],
  ['unbind with only the group open: the node stays, and is busy', { A: 'vfio-pci' }, [
    'u group_open 8 0', 'unbind vfio-pci A 0', 'u group_get_status 1', 'v group_open 8 -EBUSY', 'u group_close 0', 'u group_open 8 -ENOENT',
  ]],
  ['a group without a driver can still be claimed', { A: 'vfio-pci' }, [
    'u container_open 0', 'u group_open 8 0', 'unbind vfio-pci A 0', 'u group_set_container 0', `| ${claimed('blocking')}`, 'bind uio A -EBUSY',
    'u group_unset_container 0', 'bind uio A 0', 'u group_set_container -EPERM',
  ]],
  ['unbind with group and container open: refused until the file is closed', { A: 'vfio-pci' }, [
    ...open('u'), 'unbind vfio-pci A 0', `| ${claimed('domain:u')}`, 'bind uio A -EBUSY', 'u group_get_device_fd A -ENODEV', 'u container_close 0',
    'bind uio A -EBUSY', 'u group_close 0', 'bind uio A 0',
  ]],
  ['the next driver finds the same struct', { A: 'vfio-pci' }, [
    ...open('u'), 'unbind vfio-pci A 0', 'bind vfio-pci A 0', 'u group_open 8 -EBUSY', 'u group_get_device_fd A 0', 'u group_get_status 3',
  ]],
];

/** Kernels in which a group is claimed for its container. */
const claiming = Object.values(kernels).filter(({ withoutOwners }) => withoutOwners !== true).map((model) => [model.name, model] as const);
/** The token of a claim is the file of the container in v5.19, and the vfio_group later. */
const seen = (group: string) => group.replace(/owner=vfio_container:\w+/, 'owner=vfio_group:8');

describe.each(claiming)('%s', (name, model) => {
  test.each([...rows, ...(name === 'v5.19' ? leavingIn5_19 : leaving)])('%s', (_row, bound, lines) => {
    const bench = new Bench(model, bound);
    for (const line of lines) {
      if (line.startsWith('| ')) expect(`| ${seen(bench.group(8))}`).toBe(line);
      else if (line.startsWith('unbind= ')) expect(`unbind= ${bench.result('unbind')}`).toBe(line);
      else {
        const words = line.split(' ');
        expect(`${words.slice(0, -1).join(' ')} ${bench.do(words.slice(0, -1).join(' '))}`).toBe(line);
      }
    }
    expect(bench.said()).not.toContain('WARN_ON');
  });
});

/** What stands in `vfio-basic` and `unbind-open`, in this order, for one process. Claims and attaches are the group's own. */
const words: (readonly [name: string, lines: readonly string[], said: readonly string[]])[] = [
  ['set container, attach, device', open('u').map((line) => line.replace(/ 0$/, '')).concat('u group_get_status', 'u group_get_device_fd A'), [
    'vfio_group_fops_open', 'vfio_group_fops_open.ret 0',
    'vfio_group_fops_unl_ioctl SET_CONTAINER', 'vfio_container_attach_group', 'vfio_container_attach_group.ret 0', 'vfio_group_fops_unl_ioctl.ret SET_CONTAINER 0',
    'vfio_fops_unl_ioctl SET_IOMMU', 'vfio_fops_unl_ioctl.ret SET_IOMMU 0',
    'vfio_group_fops_unl_ioctl GET_STATUS', 'vfio_group_fops_unl_ioctl.ret GET_STATUS 0',
    'vfio_group_fops_unl_ioctl GET_DEVICE_FD', 'vfio_group_fops_unl_ioctl.ret GET_DEVICE_FD 0',
  ]],
  ['container and group are closed, then the device', ['u container_close', 'u group_close', 'u device_close A'], [
    'vfio_device_fops_release', 'vfio_device_fops_release.ret 0',
    'vfio_group_fops_release', 'vfio_group_detach_container', 'vfio_group_detach_container.ret', 'vfio_group_fops_release.ret 0',
  ]],
  ['unbind with group and container open', [...open('u').map((line) => line.replace(/ 0$/, '')), 'unbind vfio-pci A', 'u group_get_device_fd A', 'u group_close'], [
    'vfio_group_fops_open', 'vfio_group_fops_open.ret 0',
    'vfio_group_fops_unl_ioctl SET_CONTAINER', 'vfio_container_attach_group', 'vfio_container_attach_group.ret 0', 'vfio_group_fops_unl_ioctl.ret SET_CONTAINER 0',
    'vfio_fops_unl_ioctl SET_IOMMU', 'vfio_fops_unl_ioctl.ret SET_IOMMU 0',
    'vfio_pci_remove', 'vfio_unregister_group_dev', 'vfio_group_detach_container', 'vfio_group_detach_container.ret', 'vfio_unregister_group_dev.ret',
    'vfio_group_fops_unl_ioctl GET_DEVICE_FD', 'vfio_group_fops_unl_ioctl.ret GET_DEVICE_FD -ENODEV',
    'vfio_group_fops_release', 'vfio_group_fops_release.ret 0',
  ]],
  ['probe of a VFIO driver', ['bind vfio-pci A'], ['vfio_pci_probe', 'vfio_register_group_dev', 'vfio_register_group_dev.ret 0']],
];

/** v5.19 detaches when the file is closed, not when the driver leaves. */
const later = (said: readonly string[]): string[] => {
  const detach = said.filter((word) => word.startsWith('vfio_group_detach_container'));
  return said.filter((word) => !detach.includes(word)).flatMap((word) => (word === 'vfio_group_fops_release' ? [word, ...detach] : [word]));
};

describe.each(claiming)('%s says the functions that a recorder sees', (name, model) => {
  const bench = new Bench(model, { A: 'vfio-pci' });
  test.each(words)('%s', (_words, lines, said) => {
    const from = bench.facts.length;
    for (const line of lines) bench.do(line);
    expect(bench.said(from).filter((word) => word.startsWith('vfio_'))).toEqual(name === 'v5.19' ? later(said) : said);
  });
});

/** What the IOMMU driver and the backend may say, and what is left behind. */
const failures: (readonly [name: string, answers: Record<string, number[]>, lines: readonly string[]])[] = [
  ['no interrupt remapping: attached, detached, and the claim stays', { vfio_iommu_isolated_msi: [-1] }, [
    'u container_open 0', 'u group_open 8 0', 'u group_set_container 0', 'u set_iommu -EPERM', `| ${claimed('blocking')}`, 'u group_get_device_fd A -EINVAL', 'u group_close 0', `| ${unowned}`,
  ]],
  ['no backend', { vfio_iommu_driver_open: [-19] }, ['u container_open 0', 'u group_open 8 0', 'u group_set_container 0', 'u set_iommu -ENODEV', `| ${claimed('blocking')}`]],
  ['the attach fails', { 'iommu_attach_group.attach': [-5] }, ['u container_open 0', 'u group_open 8 0', 'u group_set_container 0', 'u set_iommu -EIO', `| ${claimed('blocking')}`]],
  ['the claim fails', { 'iommu_group_claim_dma_owner.attach': [-22] }, ['u container_open 0', 'u group_open 8 0', 'u group_set_container -EINVAL', 'u group_get_status 1', 'u group_unset_container -EINVAL', `| ${unowned}`]],
  ['the driver refuses to open', { open_device: [-5] }, [...open('u'), 'u group_get_device_fd A -EIO', 'unbind vfio-pci A 0']],
  ['the driver refuses to probe', { vfio_probe: [-16] }, ['unbind vfio-pci A 0', 'bind vfio-pci A -EBUSY', 'u group_open 8 -ENOENT']],
];

describe.each(claiming)('%s when something fails', (name, model) => {
  test.each(failures)('%s', (_row, answers, lines) => {
    const bench = new Bench(model, { A: 'vfio-pci' }, answers);
    for (const line of lines) {
      const command = line.split(' ').slice(0, -1).join(' ');
      expect(line.startsWith('| ') ? `| ${seen(bench.group(8))}` : `${command} ${bench.do(command)}`).toBe(line);
    }
    expect(bench.said()).not.toContain('WARN_ON');
    // A container that nobody uses goes with the last driver, but for v5.19.
    if (lines.at(-1) === 'unbind vfio-pci A 0') expect(bench.group(8)).toMatch(name === 'v5.19' ? /^claimed / : /^unowned /);
  });
});

test.each([['v5.19', ['A'], 0], ['v6.1.y', ['A'], 0], ['v6.2', ['A'], 0], ['v6.5', ['A'], 0], ['v6.6', [], -ENODEV], ['v6.12.y', [], -ENODEV]] as const)('%s: while unbind waits for a user, the list has %j and a look-up gets %i', (name, listed, ret) => {
  const model = models[name];
  if (model === undefined) throw new Error(name);
  const bench = new Bench(model, { A: 'vfio-pci' });
  for (const line of [...open('u').map((command) => command.replace(/ 0$/, '')), 'u group_get_device_fd A', 'unbind vfio-pci A']) bench.do(line);
  expect(bench.result('unbind')).toBe('blocked');
  expect(bench.context('vfio_group:8')['device_list']).toEqual(listed);
  const { system, world } = bench;
  const actor = system.actors[system.indexOf('vfio_device:A')];
  const { out } = actor?.move(system.local(world, 'vfio_device:A'), { type: 'vfio_device_get_from_name', from: 'thread:v', device: 'A' }) ?? {};
  expect(out).toMatchObject([{ sent: { to: 'thread:v', event: { ret } } }]);
});
