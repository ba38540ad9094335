/**
 * What a recording can show at all, and what it never shows, whatever happens: by the functions that have probes, and by the
 * program that wrote it. A verdict is about what was seen.
 */
import { unprobed, type Place, type Recorder } from '../../machines/tracepoints.ts';
import { visibleWords } from './label.ts';
import { probedBy } from './readers/bpftrace.ts';
import type { Format } from './readers/reader.ts';

/** A thing that happens, and the words of which one is enough to see it. */
interface Fact {
  readonly fact: string;
  readonly words: readonly string[];
}

/** In the order of a device's life. */
export const facts: readonly Fact[] = [
  { fact: 'a device comes or goes', words: ['device_add entry', 'device_del entry', 'kobject_uevent entry'] },
  { fact: 'a probe begins', words: ['really_probe entry', '__driver_probe_device entry', 'printk entry'] },
  { fact: 'a probe fails, and with which error', words: ['really_probe return', 'pci_device_probe return', 'printk entry'] },
  { fact: 'a probe is deferred', words: ['driver_deferred_probe_add entry', 'really_probe return', 'printk entry'] },
  { fact: 'a device is bound', words: ['driver_bound entry', 'really_probe return', 'kobject_uevent entry', 'printk entry'] },
  { fact: 'a device is unbound', words: ['device_unbind_cleanup entry', 'device_release_driver_internal entry', 'kobject_uevent entry'] },
  { fact: 'a notifier is called', words: ['bus_notify entry'] },
  { fact: 'a uevent is sent', words: ['kobject_uevent entry'] },
  { fact: 'a driver begins or ends to use its group', words: ['iommu_device_use_default_domain entry', 'iommu_device_unuse_default_domain entry'] },
  { fact: 'a driver is refused because a user has the group', words: ['iommu_device_use_default_domain return', 'pci_dma_configure return'] },
  { fact: 'a group is claimed or given up', words: ['iommu_group_claim_dma_owner entry', 'iommu_group_release_dma_owner entry'] },
  { fact: 'owner_cnt, the owner and the domain under group->mutex', words: ['iommu_device_use_default_domain locked', 'iommu_group_claim_dma_owner locked'] },
];

/** What no recording of a kind shows, beside the functions. */
export const never: Readonly<Partial<Record<Format, readonly string[]>>> = {
  perf: ['which operation of a user led to it'],
  bpftrace: ['which operation of a user led to it'],
  dmesg: ['which operation of a user led to it', 'which task does it'],
  journal: ['which operation of a user led to it', 'which task does it'],
  udevadm: ['which operation of a user led to it', 'which task does it'],
};

type Recorded = (function_: string, place: Place) => boolean;

/** What has been recorded, where no definitions of probes say it. */
const usual: Readonly<Partial<Record<Format, Recorded>>> = {
  bpftrace: probedBy,
  dmesg: (function_) => function_ === 'printk',
  journal: (function_) => function_ === 'printk',
  udevadm: (function_) => function_ === 'kobject_uevent',
};

/** Which functions a kind of recording shows; `probes` are those of the definitions beside it. */
export const recordedBy = (format: Format | null, probes: Recorded | undefined): Recorded =>
  (format === null ? undefined : usual[format]) ?? probes ?? ((function_) => function_ !== 'printk');

/** The words that such a recording shows. */
export const shownWords = (recorder: Recorder, recorded: Recorded): Set<string> =>
  new Set([...visibleWords(recorder, recorded), ...[...unprobed.keys()].filter((word) => recorded(word.split(' ')[0] ?? '', 'entry'))]);

/** Facts that such a recording never shows. Empty: it shows everything that the judge looks at. */
export function unseen(recorder: Recorder, format: Format | null, recorded: Recorded): string[] {
  const words = shownWords(recorder, recorded);
  return [...facts.filter(({ words: any }) => !any.some((word) => words.has(word))).map(({ fact }) => fact), ...(format === null ? [] : never[format] ?? [])];
}
