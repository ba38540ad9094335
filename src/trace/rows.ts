/**
 * What each probe of a recording stands for: found once for an event, by the function it sits on, or by the event's own name
 * where the function is gone.
 */
import { recorders, unprobed, type Place, type Recorder, type Tracepoint } from '../../machines/tracepoints.ts';
import { ModelError } from '../errors.ts';
import type { Seen } from './explain.ts';
import type { TraceLine } from './line.ts';

/** `foreign`: nobody's; `elsewhere`: only another model's kernel has such a function. */
export type Row = Tracepoint | 'foreign' | 'elsewhere';

/** Fields without which a line cannot be judged. */
const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  __driver_probe_device: ['dev', 'drv'], really_probe: ['dev', 'drv', 'cur'], device_release_driver_internal: ['dev', 'cur'],
  bus_notify: ['dev', 'action', 'cur'], iommu_device_use_default_domain: ['dev', 'g'], iommu_device_unuse_default_domain: ['dev', 'g'],
  iommu_group_claim_dma_owner: ['g', 'owner'], iommu_group_release_dma_owner: ['g'], device_add: ['dev'], device_del: ['dev'],
};

/** @throws {ModelError} `foreign-probes`: probes of another recorder may sit on the same functions and show too little to be judged. */
export function checkFields({ line, says, at }: Seen): void {
  const missing = at === 'entry' ? (fieldsOf[says] ?? []).filter((field) => line.fields[field] === undefined) : [];
  if (missing.length === 0) return;
  throw new ModelError('foreign-probes', `the probe ${line.event} on ${line.symbol} does not show ${missing.join(', ')}`, {
    at: `line ${line.line}`, accepted: `${says} with ${(fieldsOf[says] ?? []).join(', ')}`,
    hint: 'record with the probes of test/traces: each folder there has its kprobe_events.txt',
  });
}

export class Rows {
  readonly #recorder: Recorder;
  readonly #symbolOf: ((event: string) => string | undefined) | undefined;
  readonly #rows = new Map<string, Row>();
  readonly #byEvent = new Map<string, Row>();
  /** What functions of the model's own names have shown. */
  readonly #own = new Set<string>();

  constructor(recorder: Recorder, symbolOf?: (event: string) => string | undefined) {
    this.#recorder = recorder;
    this.#symbolOf = symbolOf;
  }

  of(line: TraceLine): Row {
    const at: Place = line.returns ? 'return' : line.offset > 4 ? 'locked' : 'entry';
    const key = `${line.event} ${line.symbol} ${at}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = this.#resolve(this.#symbolOf?.(line.event) ?? line.symbol, at);
    // A module that has been unloaded has taken its names along; the event's own name is then what remains.
    const found = row === 'foreign' ? this.#byEvent.get(`${line.event} ${at}`) ?? this.#resolve(line.event, at) : row;
    this.#rows.set(key, found);
    if (found !== 'foreign' && found !== 'elsewhere') this.#byEvent.set(`${line.event} ${at}`, found);
    return found;
  }

  #resolve(symbol: string, at: Place): Row {
    const function_ = symbol.replace(/\.(part|isra|constprop|cold)\.\d+$/, '');
    const name = `${function_} ${at}`;
    const own = this.#recorder.points.get(name) ?? unprobed.get(name);
    if (own !== undefined) {
      this.#own.add(`${own.says} ${at}`);
      return own;
    }
    const renamed = this.#recorder.renamed.get(name);
    // A kernel that has both shows the step by the function of the model's name; the other is not looked at.
    if (renamed !== undefined) return this.#own.has(`${renamed.says} ${at}`) ? 'foreign' : renamed;
    const isElsewhere = !this.#recorder.inlined.has(function_) && Object.values(recorders).some(({ points }) => points.has(name));
    return isElsewhere ? 'elsewhere' : 'foreign';
  }
}
