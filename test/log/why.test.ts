/** Chains of causes in kernel words, and who stood in the way of a refusal. */
import { describe, expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { FactLog } from '../../src/log/facts.ts';
import { holders, renderHolder } from '../../src/log/holder.ts';
import { callOf, eventText, renderChain, why } from '../../src/log/why.ts';
import { isAnswer } from '../../src/world/world.ts';
import { walk, wildTopology } from '../machines/explore.ts';
import { nic, run, topology, v6_12_y } from './run.ts';

const bind = { type: 'bind_store', device: nic, driver: 'e1000e' };
const claim = { type: 'claim', group: 'group:8' };
const [EPERM, ENOMEM, ENXIO] = [1, 12, 6];

const last = (r: ReturnType<typeof run>, type: string) => {
  for (let seq = r.log.length - 1; ; seq--) if (r.log.fact(seq).event.type === type) return seq;
};

describe('a chain leads from what happened to who began it', () => {
  test.each([
    ['sysfs_create_link', -ENOMEM, 'dma_cleanup', `dma_cleanup of ${nic} <- BUS_NOTIFY_DRIVER_NOT_BOUND <- sysfs_failed <- driver_sysfs_add.ret -ENOMEM \
<- sysfs_create_link.ret -ENOMEM <- BUS_NOTIFY_BIND_DRIVER <- driver_sysfs_add <- dma_configure.ret 0 <- pinctrl_bind_pins.ret 0 <- really_probe \
<- __driver_probe_device <- device_driver_attach <- write to e1000e/bind`],
    ['device_add_groups', -ENOMEM, 'dma_cleanup', `dma_cleanup of ${nic} <- BUS_NOTIFY_DRIVER_NOT_BOUND <- sysfs_failed <- driver_sysfs_remove <- probe_failed \
<- remove.ret 0 <- remove <- pci_device_remove <- dev_groups_failed <- device_add_groups.ret -ENOMEM <- probe.ret 0 <- probe <- pci_device_probe \
<- sysfs_create_link.ret 0 <- BUS_NOTIFY_BIND_DRIVER <- driver_sysfs_add <- dma_configure.ret 0 <- pinctrl_bind_pins.ret 0 <- really_probe \
<- __driver_probe_device <- device_driver_attach <- write to e1000e/bind`],
    ['pinctrl_bind_pins', -ENOMEM, 'bind_store.ret', `bind_store.ret -ENOMEM <- device_driver_attach.ret -ENOMEM of ${nic} <- __driver_probe_device.ret -ENOMEM \
<- really_probe.ret -ENOMEM <- device_unbind_cleanup <- device_links_no_driver <- pinctrl_bind_failed <- pinctrl_bind_pins.ret -ENOMEM <- really_probe \
<- __driver_probe_device <- device_driver_attach <- write to e1000e/bind`],
    ['probe', -ENXIO, '__driver_probe_device.ret', `__driver_probe_device.ret ENXIO of ${nic} <- really_probe.ret ENXIO <- device_unbind_cleanup \
<- device_links_no_driver <- pinctrl_bind_failed <- dma_cleanup.ret 0 <- BUS_NOTIFY_DRIVER_NOT_BOUND <- sysfs_failed <- driver_sysfs_remove <- probe_failed \
<- pci_device_probe.ret -ENXIO <- probe.ret -ENXIO <- probe <- pci_device_probe <- sysfs_create_link.ret 0 <- BUS_NOTIFY_BIND_DRIVER <- driver_sysfs_add \
<- dma_configure.ret 0 <- pinctrl_bind_pins.ret 0 <- really_probe <- __driver_probe_device <- device_driver_attach <- write to e1000e/bind`],
  ])('%s answers %i: why %s', (function_, ret, event, chain) => {
    const r = run(v6_12_y, topology(), { [function_]: [ret] });
    r.call('bind', bind);
    expect(renderChain(why(r.log, last(r, event)))).toBe(chain);
  });

  test('with every hop, when asked', () => {
    const r = run(v6_12_y, topology());
    r.call('vm1', claim);
    expect(renderChain(why(r.log, r.log.length - 1, { all: true }))).toBe(
      'claim.ret 0 <- iommu_group_claim_dma_owner.ret 0 on group:8 <- __iommu_group_set_domain_internal.ret 0 <- __iommu_group_set_domain_internal <- iommu_group_claim_dma_owner <- claim by thread:vm1');
  });

  test('a thread that waited for device_lock keeps its own chain, and says for whom it waited', () => {
    const r = run(v6_12_y, topology());
    const of = (thread: string) => ({ to, event }: { to: string; event: { from: string } }) => [to, event.from].includes(`thread:${thread}`);
    r.begin('bind', bind);
    r.play((event) => event.type === '__driver_probe_device');
    r.begin('bind2', bind);
    r.play(undefined, of('bind2'));
    expect(r.system.local(r.log.world, `device:${nic}`).context['waiting']).toEqual(['thread:bind2']);
    r.play();
    const answer = last(r, 'bind_store.ret');
    expect(renderChain(why(r.log, answer))).toBe(
      `bind_store.ret -EBUSY <- device_driver_attach.ret -EBUSY of ${nic} <- __driver_probe_device.ret -EBUSY <- __driver_probe_device <- device_driver_attach <- write to e1000e/bind`);
    expect(renderChain(why(r.log, answer, { all: true }))).toContain('<- device_lock.ret, which thread:bind held, <- device_driver_attach');
    expect(holders(r.log, answer).map(renderHolder)).toEqual([`${nic} bound to e1000e since fact 24 (device_set_driver)`]);
  });
});

describe('a refusal names who holds what was refused', () => {
  test.each<[string, [string, { type: string; group?: string }][], string[]]>([
    ['a claim, while a driver uses the group', [['bind', bind], ['vm1', claim]], [`group:8 used by ${nic} since fact 24 (iommu_device_use_default_domain)`]],
    ['a driver, while a user has claimed the group', [['vm1', claim], ['bind', bind]], ['group:8 claimed by thread:vm1 since fact 1 (iommu_group_claim_dma_owner)']],
    ['a second claim', [['vm1', claim], ['vm2', claim]], ['group:8 claimed by thread:vm1 since fact 1 (iommu_group_claim_dma_owner)']],
    ['a claim over a foreign domain', [['vm1', { type: 'attach', group: 'group:8' }], ['vm2', claim]], ['group:8 attached to domain:thread:vm1 since fact 1 (iommu_attach_group)']],
    ['a bind, while a driver is bound', [['bind', bind], ['bind2', bind]], [`${nic} bound to e1000e since fact 16 (device_set_driver)`]],
    ['a module that is loaded', [['modprobe', { type: 'driver_register' }]], ['e1000e registered from the start']],
    ['a change of type, while a user has claimed the group', [['vm1', claim], ['type', { type: 'group_store_type', group: 'group:8' }]],
      ['group:8 claimed by thread:vm1 since fact 1 (iommu_group_claim_dma_owner)']],
    ['nobody, when nothing was refused', [['bind', bind]], []],
  ])('%s', (_what, calls, expected) => {
    const r = run(v6_12_y, topology());
    for (const [thread, call] of calls) r.call(thread, call.type === 'driver_register' ? { ...call, driver: 'e1000e', bus: 'pci' } : call);
    expect(holders(r.log, r.log.length - 1).map(renderHolder)).toEqual(expected);
  });

  test('nobody, when the driver itself says -EBUSY', () => {
    const r = run(v6_12_y, topology(), { probe: [-16] });
    const answer = r.call('bind', bind);
    expect([eventText(r.log.fact(answer).event), holders(r.log, answer)]).toEqual(['bind_store.ret -EBUSY', []]);
  });

  test('drivers that were bound from the start, and one that came later', () => {
    const devices = [{ name: nic, group: 8 }, { name: '0000:02:00.1', group: 8, driver: 'e1000e' }];
    const r = run(v6_12_y, topology({ devices }));
    r.call('bind', bind);
    const answer = r.call('vm1', claim);
    expect(r.log.fact(answer).event['ret']).toBe(-EPERM);
    expect(holders(r.log, answer).map(renderHolder)).toEqual([
      'group:8 used by 0000:02:00.1 from the start', `group:8 used by ${nic} since fact 24 (iommu_device_use_default_domain)`]);
  });

  test('v6.1.y: the driver of the one device keeps the type', () => {
    const model = models['v6.1.y'] as Model;
    const r = run(model, topology({ devices: [{ name: nic, group: 8 }] }));
    r.call('bind', bind);
    const answer = r.call('type', { type: 'group_store_type', group: 'group:8' });
    expect([eventText(r.log.fact(answer).event), ...holders(r.log, answer).map(renderHolder)]).toEqual([
      'group_store_type.ret -EBUSY', `${nic} bound to e1000e since fact 16 (device_set_driver)`]);
  });

  test('the holder has a chain of its own', () => {
    const r = run(v6_12_y, topology());
    r.call('vm1', claim);
    const [holder] = holders(r.log, r.call('vm2', claim));
    expect(renderChain(why(r.log, holder?.since ?? -1))).toBe('iommu_group_claim_dma_owner on group:8 <- claim by thread:vm1');
  });
});

test('v7.3: a claim is refused while a device is reset, and the chain says which', () => {
  const base = topology();
  const r = run(models['v7.3'] as Model, { ...base, threads: [...base.threads, { name: 'reset', entry: 'reset_store', calls: [], times: null }] });
  r.begin('reset', { type: 'reset_store', device: nic });
  r.play((event) => event.type === 'pci_dev_reset_iommu_prepare.ret');
  r.begin('vm1', claim);
  r.play(undefined, ({ to, event }) => [to, event.from].includes('thread:vm1'));
  const answer = last(r, 'claim.ret');
  expect(r.log.fact(answer).event['ret']).toBe(-16);
  expect(holders(r.log, answer).map(renderHolder).join()).toMatch(new RegExp(`^group:8 held by the reset of ${nic} since fact \\d+ \\(pci_dev_reset_iommu_prepare\\)$`));
});

test.each(Object.values(models).map((model) => [model.name, model] as const))('%s: in a random run every fact has a chain from outside, and every refusal of a group has a holder', (_name, model) => {
  const log = { current: undefined as FactLog | undefined };
  walk(model, wildTopology('pci', model), { seed: 4, steps: 2500 }, (world, system) => {
    log.current ??= new FactLog(system, world);
  }, (step) => log.current?.record(step));
  const facts = log.current as FactLog;
  expect(facts.length).toBeGreaterThan(2000);
  let refusals = 0;
  for (let seq = 0; seq < facts.length; seq++) {
    const fact = facts.fact(seq);
    const chain = why(facts, seq, { all: seq % 2 === 0 });
    expect(chain.at(-1)?.kind, `fact ${seq}: ${renderChain(chain)}`).toBe('outside');
    expect(chain.map((hop) => hop.seq)).toEqual(chain.map((hop) => hop.seq).sort((a, b) => b - a));
    if (isAnswer(fact.event) && fact.from !== 'environment') expect(callOf(facts, fact)?.event.type).toBe(fact.event.type.slice(0, -4));
    if (!fact.from.startsWith('group:') || ![-1, -16].includes(Number(fact.event['ret']))) continue;
    // A group that all its devices have left refuses another type, and nobody holds that.
    if (fact.event.type === 'iommu_group_store_type.ret' && (callOf(facts, fact)?.after?.context['devices'] as readonly string[]).length === 0) continue;
    refusals++;
    expect(holders(facts, seq), `fact ${seq}: ${renderChain(chain)}`).not.toEqual([]);
  }
  expect(refusals).toBeGreaterThan(3);
}, 60_000);

test('a log takes the next step only, and knows what it has', () => {
  const r = run(v6_12_y, topology());
  expect(() => r.log.fact(0)).toThrow('there is no fact 0');
  const step = r.system.step(r.log.world, r.system.start('thread:vm1', claim));
  r.log.record(step);
  expect(() => r.log.record(step)).toThrow('fact 0 is not the next one');
});
