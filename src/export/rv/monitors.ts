/** Who owns a group, and whether dma_configure and dma_cleanup come in pairs, as automata for the kernel. */
import type { Automaton } from './automaton.ts';

const use = 'iommu_device_use_default_domain';
const unuse = 'iommu_device_unuse_default_domain';
const claims = 'iommu_group_claim_dma_owner, iommu_device_claim_dma_owner';
const releases = 'iommu_group_release_dma_owner, iommu_device_release_dma_owner';

/**
 * The order of critical sections is that of group->mutex, which returns do not keep: so handlers sit at the unlock. They
 * keep owner and owner_cnt as the last one saw them, to know whether a call was granted.
 */
export const group_owner: Automaton = {
  name: 'group_owner', per: 'group',
  about: 'a group that a user owns is used by no driver, a group that drivers use is owned by nobody, and every use is given back',
  initial: 'unowned',
  states: {
    unowned: { use_first: 'kernel_dma', use_deferred: 'unowned', claim: 'claimed', claim_refused: 'unowned' },
    kernel_dma: { use: 'kernel_dma', use_deferred: 'kernel_dma', unuse: 'kernel_dma', unuse_last: 'unowned', claim_refused: 'kernel_dma' },
    claimed: { use_refused: 'claimed', claim_again: 'claimed', claim_refused: 'claimed', release: 'claimed', release_last: 'unowned' },
  },
  begins: [{ event: 'unuse_last', after: true }, { event: 'release_last', after: true }, { event: 'use_first' }, { event: 'claim' }],
  handlers: [
    { function: use, at: 'unlock', event: 'use_first', when: 'no owner, owner_cnt is 1 now' },
    { function: use, at: 'unlock', event: 'use', when: 'owner_cnt is 2 or more now, or has grown under an owner' },
    { function: use, at: 'unlock', event: 'use_refused', when: 'there is an owner, owner_cnt has not grown' },
    { function: use, at: 'unlock', event: 'use_deferred', when: 'no owner, owner_cnt has not grown: the group is not on its default domain, or has none' },
    { function: unuse, at: 'unlock', event: 'unuse_last', when: 'owner_cnt is 0 now' },
    { function: unuse, at: 'unlock', event: 'unuse', when: 'owner_cnt is not 0 now' },
    { function: claims, at: 'unlock', event: 'claim', when: 'the owner is another now' },
    { function: claims, at: 'unlock', event: 'claim_again', when: 'the same owner, owner_cnt has grown (claims by device)' },
    { function: claims, at: 'unlock', event: 'claim_refused', when: 'nothing has changed' },
    { function: releases, at: 'unlock', event: 'release_last', when: 'owner_cnt is 0 now' },
    { function: releases, at: 'unlock', event: 'release', when: 'owner_cnt is not 0 now' },
  ],
};

/** All under device_lock, so entries and returns are in order. The return handler of `use` takes the device from its entry (kretprobe instance data). */
export const dma_pairing: Automaton = {
  name: 'dma_pairing', per: 'device',
  about: 'dma_configure and dma_cleanup come in pairs, and so do use and unuse inside them',
  initial: 'unconfigured',
  states: {
    unconfigured: { configure: 'configuring' },
    configuring: { use_ok: 'using', use_failed: 'refused', configure_ok: 'managed', configure_failed: 'unconfigured' },
    refused: { configure_failed: 'unconfigured' },
    using: { configure_ok: 'in_use' },
    in_use: { cleanup: 'cleaning_up' },
    cleaning_up: { unuse: 'given_back' },
    given_back: { cleanup_done: 'unconfigured' },
    managed: { cleanup: 'cleaning_managed' },
    cleaning_managed: { cleanup_done: 'unconfigured' },
  },
  begins: [{ event: 'cleanup_done', after: true }, { event: 'configure' }],
  handlers: [
    { function: 'pci_dma_configure', at: 'entry', event: 'configure', when: '' },
    { function: use, at: 'return', event: 'use_ok', when: '0' },
    { function: use, at: 'return', event: 'use_failed', when: 'not 0' },
    { function: 'pci_dma_configure', at: 'return', event: 'configure_ok', when: '0' },
    { function: 'pci_dma_configure', at: 'return', event: 'configure_failed', when: 'not 0' },
    { function: 'pci_dma_cleanup', at: 'entry', event: 'cleanup', when: '' },
    { function: unuse, at: 'entry', event: 'unuse', when: '' },
    { function: 'pci_dma_cleanup', at: 'return', event: 'cleanup_done', when: '' },
  ],
};

export const automata: readonly Automaton[] = [group_owner, dma_pairing];
