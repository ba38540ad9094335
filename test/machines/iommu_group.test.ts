/** iommu_group, as tables: every call in every state that it meets, and the oddities of the kernel that it copies. */
import { describe, expect, test } from 'vitest';
import { kernels, models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { walk, wildTopology } from './explore.ts';
import { Single } from './single.ts';

type Call = { readonly type: string; readonly [argument: string]: unknown };
const [ENOMEM, EINVAL] = [12, 22];

const use: Call = { type: 'iommu_device_use_default_domain' };
const unuse: Call = { type: 'iommu_device_unuse_default_domain' };
const claim: Call = { type: 'iommu_group_claim_dma_owner', owner: 'vfio' };
const claimByOther: Call = { ...claim, owner: 'other' };
const claimByNobody: Call = { ...claim, owner: null };
const claimFails: Call = { ...claim, attach: -EINVAL };
const release: Call = { type: 'iommu_group_release_dma_owner' };
const claimed: Call = { type: 'iommu_group_dma_owner_claimed' };
const attach: Call = { type: 'iommu_attach_group', domain: 'mine' };
const attachFails: Call = { ...attach, attach: -ENOMEM };
const detach: Call = { type: 'iommu_detach_group' };
const join: Call = { type: 'iommu_group_add_device', device: 'c' };
const joinFails: Call = { ...join, attach: -ENOMEM };
const leave: Call = { type: 'iommu_group_remove_device', device: 'b' };
const leaveToo: Call = { type: 'iommu_group_remove_device', device: 'a' };
const deviceClaim: Call = { type: 'iommu_device_claim_dma_owner', owner: 'vfio' };
const deviceClaimByOther: Call = { ...deviceClaim, owner: 'other' };
const deviceClaimByNobody: Call = { ...deviceClaim, owner: null };
const deviceRelease: Call = { type: 'iommu_device_release_dma_owner' };
const attachHandle: Call = { type: 'iommu_attach_group_handle', domain: 'mine' };
const detachHandle: Call = { type: 'iommu_detach_group_handle' };
const storeType: Call = { type: 'iommu_group_store_type' };
const prepare: Call = { type: 'pci_dev_reset_iommu_prepare', device: 'a' };
const done: Call = { type: 'pci_dev_reset_iommu_done', device: 'a' };
const look: Call = { type: 'iommu_group_first_device' };
const changeType: Call = { type: 'iommu_change_dev_def_domain', bound: false };
const changeTypeBound: Call = { ...changeType, bound: true };

function run(model: string, given: readonly Call[], when: Call, input: object = {}, value?: object): string {
  const group = new Single({
    address: 'group:8', chart: (models[model] as Model).charts.iommu_group, input: { address: 'group:8', devices: ['a', 'b'], ...input },
    ...(value === undefined ? {} : { value: value as Record<string, object> }),
  });
  for (const call of given) group.ask(call);
  const answer = group.ask(when).replace(/__iommu_group_set_domain(_internal)? \S+ /, '');
  const { ownership, attachment } = group.local.value as { ownership: string; attachment: string };
  const { owner, owner_cnt, domain } = group.context;
  return `${ownership} owner=${String(owner)} cnt=${String(owner_cnt)} ${attachment}=${String(domain)}: ${answer}`.replace(/(\w+)=\1:/, '$1:');
}

type Row = [given: Call[], when: Call, then: string];
/** The same in every kernel that has owners: dma-ownership sections 2 to 6. */
const shared: Row[] = [
  // use
  [[], use, 'kernel_dma owner=null cnt=1 default: ret=0'],
  [[use], use, 'kernel_dma owner=null cnt=2 default: ret=0'],
  [[claim], use, 'claimed owner=vfio cnt=1 blocking: ret=-EBUSY'],
  [[claim, attach], use, 'claimed owner=vfio cnt=1 user=mine: ret=-EBUSY'],
  [[attach], use, 'kernel_dma owner=null cnt=1 foreign=mine: ret=0'], // nothing is checked at owner_cnt == 0
  [[attach, use], use, 'kernel_dma owner=null cnt=1 foreign=mine: ret=-EBUSY'],
  [[use, attach], use, 'kernel_dma owner=null cnt=1 foreign=mine: ret=-EBUSY'],
  [[attach, use, detach], use, 'kernel_dma owner=null cnt=2 default: ret=0'],
  // unuse
  [[], unuse, 'unowned owner=null cnt=0 default: WARN_ON ret=0'],
  [[use], unuse, 'unowned owner=null cnt=0 default: ret=0'],
  [[use, use], unuse, 'kernel_dma owner=null cnt=1 default: ret=0'],
  [[claim], unuse, 'claimed owner=vfio cnt=0 blocking: ret=0'], // takes the count of the user
  [[claim, unuse], unuse, 'claimed owner=vfio cnt=0 blocking: WARN_ON ret=0'],
  // claim
  [[], claim, 'claimed owner=vfio cnt=1 blocking: ret=0'],
  [[use], claim, 'kernel_dma owner=null cnt=1 default: ret=-EPERM'],
  [[use, unuse], claim, 'claimed owner=vfio cnt=1 blocking: ret=0'],
  [[claim], claim, 'claimed owner=vfio cnt=1 blocking: ret=-EPERM'], // the same owner too
  [[claim], claimByOther, 'claimed owner=vfio cnt=1 blocking: ret=-EPERM'],
  [[claim, attach], claimByOther, 'claimed owner=vfio cnt=1 user=mine: ret=-EPERM'],
  [[attach], claim, 'unowned owner=null cnt=0 foreign=mine: ret=-EBUSY'],
  [[attach, detach], claim, 'claimed owner=vfio cnt=1 blocking: ret=0'],
  [[use, attach], claim, 'kernel_dma owner=null cnt=1 foreign=mine: ret=-EPERM'],
  [[claim, unuse], claimByOther, 'claimed owner=vfio cnt=0 blocking: ret=-EBUSY'],
  [[claim, release], claimByOther, 'claimed owner=other cnt=1 blocking: ret=0'],
  [[], claimFails, 'unowned owner=null cnt=0 default: ret=-EINVAL'],
  [[use], claimFails, 'kernel_dma owner=null cnt=1 default: ret=-EPERM'], // never gets to the attach
  // release
  [[], release, 'unowned owner=null cnt=0 default: WARN_ON ret=0'],
  [[use], release, 'kernel_dma owner=null cnt=1 default: WARN_ON ret=0'],
  [[claim], release, 'unowned owner=null cnt=0 default: ret=0'],
  [[claim, attach], release, 'unowned owner=null cnt=0 default: ret=0'],
  [[claim, unuse], release, 'claimed owner=vfio cnt=0 blocking: WARN_ON ret=0'], // the owner is stuck
  [[claim, unuse], use, 'claimed owner=vfio cnt=1 blocking: ret=0'], // and a driver comes in, with DMA blocked
  [[claim, unuse, use], release, 'unowned owner=null cnt=0 default: ret=0'], // whose count the user then gives back
  [[claim, unuse, use, release], unuse, 'unowned owner=null cnt=0 default: WARN_ON ret=0'],
  // dma_owner_claimed: drivers count too
  [[], claimed, 'unowned owner=null cnt=0 default: ret=0'],
  [[use], claimed, 'kernel_dma owner=null cnt=1 default: ret=1'],
  [[claim], claimed, 'claimed owner=vfio cnt=1 blocking: ret=1'],
  [[claim, unuse], claimed, 'claimed owner=vfio cnt=0 blocking: ret=0'],
  // attach and detach ask for no owner
  [[], attach, 'unowned owner=null cnt=0 foreign=mine: ret=0'],
  [[use], attach, 'kernel_dma owner=null cnt=1 foreign=mine: ret=0'],
  [[claim], attach, 'claimed owner=vfio cnt=1 user=mine: ret=0'],
  [[attach], attach, 'unowned owner=null cnt=0 foreign=mine: ret=-EBUSY'],
  [[claim, attach], attach, 'claimed owner=vfio cnt=1 user=mine: ret=-EBUSY'],
  [[claim], attachFails, 'claimed owner=vfio cnt=1 blocking: ret=-ENOMEM'],
  [[], detach, 'unowned owner=null cnt=0 default: ret=0'],
  [[attach], detach, 'unowned owner=null cnt=0 default: ret=0'],
  [[claim, attach], detach, 'claimed owner=vfio cnt=1 blocking: ret=0'],
  // members come and go without a count
  [[claim], join, 'claimed owner=vfio cnt=1 blocking: ret=0'],
  [[use], join, 'kernel_dma owner=null cnt=1 default: ret=0'],
  [[claim], joinFails, 'claimed owner=vfio cnt=1 blocking: ret=-ENOMEM'],
  [[claim], leave, 'claimed owner=vfio cnt=1 blocking: ret=0'],
];

describe.each(Object.values(kernels).filter(({ withoutOwners }) => withoutOwners !== true).map(({ name }) => name))('%s', (model) => {
  test.each(shared)('given %j, %j gives %s', (given, when, then) => {
    expect(run(model, given, when)).toBe(then);
  });

  test('states and fields say the same, wherever a walk goes', () => {
    for (const { address, locals } of walk(models[model] as Model, wildTopology('pci', models[model] as Model), { seed: 6, steps: models[model]?.recorded === true ? 8000 : 3000 }).actors) {
      if (address !== 'group:8') continue;
      expect(locals.length).toBeGreaterThan(10);
      for (const { value, context } of locals) {
        const { ownership, attachment } = value as { ownership: string; attachment: string };
        const { owner, owner_cnt, domain } = context as { owner: string | null; owner_cnt: number; domain: string };
        expect(owner_cnt).toBeGreaterThanOrEqual(0);
        expect({ unowned: owner_cnt === 0 && owner === null, kernel_dma: owner_cnt > 0 && owner === null, claimed: owner !== null }[ownership], JSON.stringify([value, context])).toBe(true);
        expect(['default', 'blocking', 'none'].includes(attachment) ? attachment === domain : !['default', 'blocking', 'none'].includes(domain), JSON.stringify([value, context])).toBe(true);
      }
    }
  }, 60_000);
});

/** No default domain yet: between the two passes of bus_iommu_probe(). */
const early = [{ domain: 'none' }, { ownership: 'unowned', attachment: 'none', membership: {} }] as const;

/** A NULL token is neither refused nor, once it has the group, released. */
describe.each(['v5.19', 'v6.1.y'])('%s', (model) => {
  test.each([
    [[], claimByNobody, 'claimed owner=null cnt=1 blocking: ret=0'],
    [[claimByNobody], release, 'claimed owner=null cnt=1 blocking: WARN_ON ret=0'],
    [[claimByNobody], use, 'claimed owner=null cnt=1 blocking: ret=-EBUSY'],
  ] satisfies Row[])('given %j, %j gives %s', (given, when, then) => {
    expect(run(model, given, when)).toBe(then);
  });
});

/** The type is changed for the one device of a group, under its lock (until 6.4). */
describe.each(['v5.19', 'v6.1.y', 'v6.2'])('%s', (model) => {
  test.each([
    [[], look, 'unowned owner=null cnt=0 default: ret=-EINVAL'], // two devices
    [[leave], look, 'unowned owner=null cnt=0 default: ret=0'],
    [[leave, leaveToo], look, 'unowned owner=null cnt=0 default: ret=-EINVAL'],
    [[leave], changeType, 'unowned owner=null cnt=0 default: ret=0'],
    [[leave], changeTypeBound, 'unowned owner=null cnt=0 default: ret=-EBUSY'],
    [[leave, claim], changeType, 'claimed owner=vfio cnt=1 blocking: ret=-EBUSY'],
    [[leave, claim], leaveToo, 'claimed owner=vfio cnt=1 blocking: ret=0'],
  ] satisfies Row[])('given %j, %j gives %s', (given, when, then) => {
    expect(run(model, given, when)).toBe(then);
  });

  test('without default domain a driver comes in, and so does the next', () => {
    expect([run(model, [], use, ...early), run(model, [use], use, ...early)]).toEqual([
      'kernel_dma owner=null cnt=1 none: ret=0', 'kernel_dma owner=null cnt=2 none: ret=0']);
    expect(run(model, [], changeType, ...early)).toBe('unowned owner=null cnt=0 none: ret=-EINVAL');
  });
});

/** What fails half way: which devices it leaves on the wrong domain, and that a success brings them back. */
test.each([
  ['v5.19', ['a'], ['a']], ['v6.1.y', ['a'], []], ['v6.2', [], ['a']], ['v6.5', undefined, undefined], ['v6.12.y', undefined, undefined],
] as const)('%s: a failed claim leaves %j behind, a failed attach %j', (model, afterClaim, afterAttach) => {
  const group = () => new Single({ address: 'group:8', chart: (models[model] as Model).charts.iommu_group, input: { address: 'group:8', devices: ['a', 'b'] } });
  const [claims, attaches] = [group(), group()];
  claims.ask(claimFails);
  attaches.ask(attachFails);
  expect([claims.context['strays'], attaches.context['strays']]).toEqual([afterClaim, afterAttach]);
  claims.ask(claim);
  attaches.ask(attach);
  if (afterClaim !== undefined) expect([claims.context['strays'], attaches.context['strays']]).toEqual([[], []]);
});

/** Claims by device are counted; a NULL token is refused. */
describe.each(['v6.2', 'v6.5', 'v6.6', 'v6.12.y', 'v6.15', 'v7.3'])('%s', (model) => {
  test.each([
    [[], claimByNobody, 'unowned owner=null cnt=0 default: WARN_ON ret=-EINVAL'],
    [[use], claimByNobody, 'kernel_dma owner=null cnt=1 default: WARN_ON ret=-EINVAL'],
    // claims by device are counted
    [[], deviceClaim, 'claimed owner=vfio cnt=1 blocking: ret=0'],
    [[deviceClaim], deviceClaim, 'claimed owner=vfio cnt=2 blocking: ret=0'],
    [[claim], deviceClaim, 'claimed owner=vfio cnt=2 blocking: ret=0'],
    [[deviceClaim], claim, 'claimed owner=vfio cnt=1 blocking: ret=-EPERM'],
    [[deviceClaim], deviceClaimByOther, 'claimed owner=vfio cnt=1 blocking: ret=-EPERM'],
    [[use], deviceClaim, 'kernel_dma owner=null cnt=1 default: ret=-EPERM'],
    [[attach], deviceClaim, 'unowned owner=null cnt=0 foreign=mine: ret=-EBUSY'],
    [[], deviceClaimByNobody, 'unowned owner=null cnt=0 default: WARN_ON ret=-EINVAL'],
    [[deviceClaim], use, 'claimed owner=vfio cnt=1 blocking: ret=-EBUSY'],
    [[deviceClaim], deviceRelease, 'unowned owner=null cnt=0 default: ret=0'],
    [[deviceClaim, deviceClaim], deviceRelease, 'claimed owner=vfio cnt=1 blocking: ret=0'],
    [[deviceClaim, deviceClaim], release, 'unowned owner=null cnt=0 default: ret=0'], // does not ask how many
    [[], deviceRelease, 'unowned owner=null cnt=0 default: WARN_ON ret=0'],
    [[use], deviceRelease, 'kernel_dma owner=null cnt=1 default: WARN_ON ret=0'],
    [[use, use], deviceRelease, 'kernel_dma owner=null cnt=1 default: ret=0'], // nor whose count it is
  ] satisfies Row[])('given %j, %j gives %s', (given, when, then) => {
    expect(run(model, given, when)).toBe(then);
  });
});

/** The type changes while nobody counts, whoever it be; the last device that leaves a group in use makes a warning. */
describe.each([['v6.5', 'default', 'ret=-EPERM'], ['v6.6', 'none', 'ret=-EINVAL'], ['v6.12.y', 'none', 'ret=-EINVAL']])('%s', (model, left, type) => {
  test.each([
    [[], storeType, 'unowned owner=null cnt=0 default: ret=0'],
    [[use], storeType, 'kernel_dma owner=null cnt=1 default: ret=-EPERM'],
    [[claim], storeType, 'claimed owner=vfio cnt=1 blocking: ret=-EPERM'],
    [[leave, leaveToo], storeType, `unowned owner=null cnt=0 ${left}: ${type}`], // since 6.6 the domains of an empty group are freed
    [[claim, leave], leaveToo, `claimed owner=vfio cnt=1 ${left === 'none' ? 'none' : 'blocking'}: WARN_ON ret=0`],
    [[leave, leaveToo, join], use, 'kernel_dma owner=null cnt=1 default: ret=0'],
  ] satisfies Row[])('given %j, %j gives %s', (given, when, then) => {
    expect(run(model, given, when)).toBe(then);
  });
});

test.each([['v6.5', 'ret=0'], ['v6.6', 'ret=0'], ['v6.12.y', 'ret=-EPROBE_DEFER']])('%s: use without default domain gives %s', (model, then) => {
  expect(run(model, [], use, ...early)).toContain(then);
  expect(run(model, [], storeType, ...early)).toBe('unowned owner=null cnt=0 none: ret=-EINVAL');
  expect(run(model, [join], use, ...early)).toBe('kernel_dma owner=null cnt=1 default: ret=0');
});

describe('v6.12.y', () => {
  test.each([
    // a handle in pasid_array
    [[claim], attachHandle, 'claimed owner=vfio cnt=1 user=mine: ret=0'],
    [[claim, attachHandle], unuse, 'claimed owner=vfio cnt=1 user=mine: WARN_ON ret=0'],
    [[claim, attachHandle], release, 'claimed owner=vfio cnt=1 user=mine: WARN_ON ret=0'],
    [[claim, attachHandle], deviceRelease, 'claimed owner=vfio cnt=1 user=mine: WARN_ON ret=0'],
    [[claim, attachHandle], detachHandle, 'claimed owner=vfio cnt=1 blocking: ret=0'],
    [[claim, attachHandle, detachHandle], release, 'unowned owner=null cnt=0 default: ret=0'],
    [[leave, leaveToo], use, 'unowned owner=null cnt=0 none: ret=-EPROBE_DEFER'],
  ] satisfies Row[])('given %j, %j gives %s', (given, when, then) => {
    expect(run('v6.12.y', given, when)).toBe(then);
  });
});

/** A device in reset holds its group where it is. */
test.each([
  [[prepare], claim, 'unowned owner=null cnt=0 default: ret=-EBUSY'],
  [[prepare], deviceClaim, 'unowned owner=null cnt=0 default: ret=-EBUSY'],
  [[prepare], storeType, 'unowned owner=null cnt=0 default: ret=-EBUSY'],
  [[prepare, use], claim, 'kernel_dma owner=null cnt=1 default: ret=-EPERM'],
  [[prepare], use, 'kernel_dma owner=null cnt=1 default: ret=0'],
  [[claim, prepare], attach, 'claimed owner=vfio cnt=1 blocking: ret=-EBUSY'],
  [[claim, prepare], attachHandle, 'claimed owner=vfio cnt=1 blocking: ret=-EBUSY'],
  [[claim, attach, prepare], detach, 'claimed owner=vfio cnt=1 blocking: ret=0'],
  [[claim, prepare], release, 'unowned owner=null cnt=0 default: ret=0'],
  [[prepare, done], claim, 'claimed owner=vfio cnt=1 blocking: ret=0'],
  [[prepare, leaveToo], claim, 'claimed owner=vfio cnt=1 blocking: ret=0'],
] satisfies Row[])('v7.3: given %j, %j gives %s', (given, when, then) => {
  expect(run('v7.3', given, when)).toBe(then);
});
