/**
 * Output of docs/reference/binding.bt, as text or by `bpftrace -f json`: lines of the trace file, under a heading of our own.
 *
 *     Attaching 36 probes...
 *     # dma-ownership bpftrace 1
 *               labctl-194     [000] ..... 15.216328123: really_probe: (really_probe+0x0) dev="0000:00:05.0" drv="told" cur=(fault)
 *
 * bpftrace empties the buffers of the CPUs one after the other, however long that takes, so lines come out of order: they are
 * put in order again by their times, among the last 50 000.
 */
import type { Place } from '../../../machines/tracepoints.ts';
import { parseLine, type Item, type TraceLine } from '../line.ts';
import type { Lines, Reader } from './reader.ts';

/** Lines that are kept back, because an earlier one may still come. */
const mostKept = 50_000;

const heading = /^# dma-ownership bpftrace (\d+)/;
const json = /^\{"type": ?"(attached_probes|printf|lost_events|map|hist|value|time)"/;
const lost = /^Lost (\d+) events/;

const pairs = ['device_driver_attach', '__driver_probe_device', 'really_probe', 'device_attach', 'device_add', 'device_del', 'driver_register', 'driver_unregister',
  'device_release_driver_internal', 'pci_dma_configure', 'pci_dma_cleanup', 'iommu_device_use_default_domain', 'iommu_device_unuse_default_domain',
  'iommu_group_claim_dma_owner', 'iommu_group_release_dma_owner'];
const entries = ['driver_bound', 'device_unbind_cleanup', 'driver_deferred_probe_add', 'driver_deferred_probe_del', 'deferred_probe_work_func'];

/** The probes of binding.bt. */
export const probed: ReadonlySet<string> = new Set([...pairs.flatMap((name) => [`${name} entry`, `${name} return`]), ...entries.map((name) => `${name} entry`)]);
export const probedBy = (function_: string, place: Place): boolean => probed.has(`${function_} ${place}`);

class Ordered implements Lines {
  /** Events that an earlier one may still come before, in order. */
  readonly #kept: TraceLine[] = [];

  take(text: string, line: number): readonly Item[] {
    const item = readLine(text, line);
    if (item.kind !== 'event') return [item];
    let at = this.#kept.length;
    while (at > 0 && (this.#kept[at - 1] as TraceLine).seq > item.seq) at--;
    this.#kept.splice(at, 0, item);
    return this.#kept.length > mostKept ? this.#kept.splice(0, 1) : [];
  }

  end(): readonly Item[] {
    return this.#kept.splice(0);
  }

  get since(): number {
    return this.#kept.reduce((least, { line }) => Math.min(least, line), Infinity);
  }
}

/** As text, or as an object of `-f json` with the text in it. */
function readLine(text: string, line: number): Item {
  const type = json.exec(text)?.[1];
  if (type === undefined) return readText(text, text, line);
  const data = dataOf(text);
  if (type === 'lost_events') return { kind: 'lost', line, text, cpu: -1, count: typeof data === 'object' && data !== null && 'events' in data ? Number(data.events) : null };
  return typeof data === 'string' && type === 'printf' ? readText(data.replace(/\n$/, ''), text, line) : { kind: 'header', line, text, tracer: '', release: '' };
}

function readText(said: string, text: string, line: number): Item {
  const count = lost.exec(said)?.[1];
  if (count !== undefined) return { kind: 'lost', line, text, cpu: -1, count: Number(count) };
  if (/^Attaching \d+ probes?\.\.\.$/.test(said)) return { kind: 'header', line, text, tracer: '', release: '' };
  const item = parseLine(said, line);
  return { ...item, text };
}

function dataOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { data?: unknown }).data;
  } catch {
    return null;
  }
}

export const bpftrace: Reader = {
  format: 'bpftrace',
  knows: (text) => heading.test(text) || /^Attaching \d+ probes?\.\.\.$/.test(text) || json.test(text),
  open: () => new Ordered(),
};
