/** The handlers of the automata on recorded lines instead of in a kernel: the same events, from the same places. */
import type { TraceLine } from '../../trace/line.ts';
import type { Automaton } from './automaton.ts';
import { dma_pairing, group_owner } from './monitors.ts';

/** What a handler tells its monitor. */
export interface Observed {
  readonly automaton: Automaton;
  /** Device or group. */
  readonly of: string;
  readonly event: string;
  readonly line: number;
}

type Owned = { readonly owner: unknown; readonly owner_cnt: number };
const entry = 4; // a probe behind endbr64 sits there

export class Handlers {
  /** As the last critical section of each group left it. */
  readonly #groups = new Map<unknown, Owned>();
  /** Devices of the calls that each task is in, by function: what a kretprobe instance keeps. */
  readonly #calls = new Map<string, string[]>();

  /** What the line means to the monitors; most mean nothing. */
  observe(line: TraceLine): Observed[] {
    const seen = (automaton: Automaton, of: string | number | undefined, event: string | undefined): Observed[] =>
      (event === undefined || of === undefined ? [] : [{ automaton, of: String(of), event, line: line.line }]);
    if (!line.returns && line.offset > entry) return seen(group_owner, line.fields['g'] ?? undefined, this.#unlocked(line));
    const { device, event } = this.#device(line);
    return seen(dma_pairing, device, event);
  }

  #unlocked({ symbol, fields }: TraceLine): string | undefined {
    const { g: group, oc: owner_cnt, ow: owner, dom, ddom } = fields;
    if (typeof owner_cnt !== 'number' || group === undefined || !/^iommu_.*(default_domain|dma_owner)$/.test(symbol)) return undefined;
    const before = this.#groups.get(group);
    this.#groups.set(group, { owner, owner_cnt });
    const owned = owner !== '0x0';
    const grown = before !== undefined && owner_cnt > before.owner_cnt;
    if (symbol.includes('unuse')) return owner_cnt === 0 ? 'unuse_last' : 'unuse';
    if (symbol.includes('release')) return owner_cnt === 0 ? 'release_last' : 'release';
    if (symbol.includes('claim')) return owned && owner !== before?.owner ? 'claim' : owned && grown ? 'claim_again' : 'claim_refused';
    if (owned) return grown ? 'use' : 'use_refused';
    if (!grown && (dom !== ddom || ddom === '0x0')) return 'use_deferred';
    return owner_cnt === 1 ? 'use_first' : 'use';
  }

  #device({ symbol, returns, pid, fields }: TraceLine): { readonly device?: string; readonly event?: string } {
    const key = `${pid} ${symbol}`;
    const stack = this.#calls.get(key) ?? [];
    if (!returns) {
      const device = String(fields['dev']);
      if (symbol in enters) this.#calls.set(key, [...stack, device]);
      return { device, event: enters[symbol] ?? undefined } as { device: string; event?: string };
    }
    const device = stack.at(-1);
    const leaving = leaves[symbol];
    if (device === undefined || leaving === undefined) return {};
    this.#calls.set(key, stack.slice(0, -1));
    return { device, event: leaving(fields['ret']) };
  }
}

/** Null: the entry is kept for the return only. */
const enters: Readonly<Record<string, string | null>> = { pci_dma_configure: 'configure', pci_dma_cleanup: 'cleanup', iommu_device_unuse_default_domain: 'unuse', iommu_device_use_default_domain: null };
const leaves: Readonly<Record<string, (ret: unknown) => string>> = {
  pci_dma_configure: (ret) => (ret === 0 ? 'configure_ok' : 'configure_failed'),
  pci_dma_cleanup: () => 'cleanup_done',
  iommu_device_use_default_domain: (ret) => (ret === 0 ? 'use_ok' : 'use_failed'),
};

/** A monitor refuses what its automaton has no arrow for, and begins anew. */
export interface Refusal extends Observed {
  readonly state: string;
  readonly possible: readonly string[];
}

/** Instances of the automata, as the kernel's RV keeps them. */
export class Monitors {
  readonly #states = new Map<string, string>();
  /** Events that moved an instance, and instances. */
  steps = 0;
  get instances(): number {
    return this.#states.size;
  }

  take(observed: Observed): Refusal | undefined {
    const { automaton, of, event } = observed;
    const key = `${automaton.name} ${of}`;
    const state = this.#states.get(key);
    if (state === undefined) {
      const begin = automaton.begins.find((one) => one.event === event);
      if (begin !== undefined) this.#states.set(key, begin.after === true ? automaton.initial : automaton.states[automaton.initial]?.[event] as string);
      return undefined;
    }
    const row = automaton.states[state] ?? {};
    const next = row[event];
    if (next === undefined) {
      this.#states.delete(key);
      return { ...observed, state, possible: Object.keys(row) };
    }
    this.steps++;
    this.#states.set(key, next);
    return undefined;
  }
}
