/**
 * Names for the addresses that trace-cmd and perf print in place of a probed function.
 *
 * The definitions beside the trace say on which function an event's probe sits. Where one event has probes on several
 * functions, the address decides: an event with one function has shown where that function begins.
 */
import type { TraceLine } from './line.ts';
import type { Probe } from './recording.ts';

const place = /\((?:0x)?([0-9a-f]{8,16})(?: <- (?:0x)?[0-9a-f]{8,16})?\)/;

/** A probe at the entry may sit behind the four bytes of endbr64. */
const landings = [0n, 4n];

export class Addresses {
  readonly #probes: ReadonlyMap<string, readonly Probe[]>;
  /** Where functions begin, as far as their probes have fired. */
  readonly #begins = new Map<string, bigint>();
  readonly #known = new Map<string, Probe>();

  constructor(probes: ReadonlyMap<string, readonly Probe[]>) {
    this.#probes = probes;
  }

  /** The line with the function's name and offset; as it is where it has them, or where nothing tells. */
  named(line: TraceLine): TraceLine {
    if (line.symbol !== '' || line.mark !== null) return line;
    const digits = place.exec(line.text)?.[1];
    if (digits === undefined) return line;
    const key = `${line.event} ${line.returns ? 'return' : 'entry'} ${digits}`;
    const probe = this.#known.get(key) ?? this.#find(line, BigInt(`0x${digits}`));
    if (probe === undefined) return line;
    this.#known.set(key, probe);
    return { ...line, symbol: probe.symbol, offset: probe.returns ? 0 : probe.offset };
  }

  #find({ event, returns }: TraceLine, address: bigint): Probe | undefined {
    const probes = (this.#probes.get(event) ?? []).filter((probe) => probe.returns === returns);
    const [only] = probes;
    if (probes.length === 1 && only !== undefined) {
      if (!returns && only.offset === 0) this.#begins.set(only.symbol, address);
      return only;
    }
    return probes.find(({ symbol, offset }) => {
      const begin = this.#begins.get(symbol);
      return begin !== undefined && landings.some((landing) => begin - landing + BigInt(offset) === address);
    }) ?? (probes.every(({ symbol, offset }) => symbol === only?.symbol && offset > 4) ? only : undefined);
  }
}
