/**
 * What a stored run comes to, read off its facts without the charts: who owned which group when, which clean-ups ran and
 * because of what, which driver each device had, which claims and probes were refused and who held the group, and what is
 * still held at the end.
 *
 * Each is a fold. How far it has read is kept as a checkpoint with what it has come to, so that it goes on where it was; a
 * rebuilt one is the same (test/log/runs/projections.test.ts).
 */
import { kindOf, nameOf } from '../../../machines/address.ts';
import type { Address, Plain } from '../../../machines/chart.ts';
import { eventText } from '../why.ts';
import type { Store } from '../store/port.ts';
import { factOf, runStream, type Began, type StoredFact } from './forms.ts';
import type { Run } from './stored.ts';

export interface Projection<State> {
  readonly name: string;
  /** A changed fold has another version: what was kept of an older one is not looked at. */
  readonly version: number;
  readonly begin: (began: Began) => State;
  /** The state after one fact more; the one before belongs to it and may be changed. */
  readonly evolve: (state: State, fact: StoredFact, seq: number) => State;
}

/** How a group is owned since a fact; null: from the start. */
export interface Owned {
  readonly seq: number | null;
  readonly ownership: string;
  readonly owner: Address | null;
  readonly owner_cnt: number | null;
  readonly domain: string;
  /** What happened, and whose call it was. */
  readonly event: string | null;
  readonly by: Address | null;
}

type Context = Readonly<Record<string, unknown>>;
const owned = (value: unknown, context: Context): Omit<Owned, 'seq' | 'event' | 'by'> => ({
  ownership: typeof value === 'string' ? value : (value as { ownership?: string }).ownership ?? Object.keys(value as object)[0] ?? '',
  owner: (context['owner'] as string | null | undefined) ?? null, owner_cnt: (context['owner_cnt'] as number | undefined) ?? null, domain: typeof context['domain'] === 'string' ? context['domain'] : '',
});
const groupsOf = (began: Began) => Object.entries(began.initial).filter(([address]) => kindOf(address) === 'group');

/** Ownership of each group over time. */
export const owners: Projection<Record<Address, Owned[]>> = {
  name: 'owners', version: 1,
  begin: (began) => Object.fromEntries(groupsOf(began).map(([address, { value, context }]) => [address, [{ seq: null, ...owned(value, context), event: null, by: null }]])),
  evolve: (groups, { to, from, event, after }, seq) => {
    const history = groups[to];
    const last = history?.at(-1);
    if (history === undefined || after === undefined || last === undefined) return groups;
    const now = owned(after.value, after.context);
    if (now.ownership !== last.ownership || now.owner !== last.owner || now.owner_cnt !== last.owner_cnt || now.domain !== last.domain) history.push({ seq, ...now, event: eventText(event), by: from });
    return groups;
  },
};

/** A device with its driver since a fact; null: from the start. */
export interface Bound {
  readonly seq: number | null;
  readonly presence: string;
  readonly driver: string | null;
}

const bound = (value: unknown, context: Context): Omit<Bound, 'seq'> =>
  ({ presence: (value as { presence?: string }).presence ?? '', driver: (context['driver'] as string | null | undefined) ?? null });

/** Presence and driver of each device over time. */
export const bindings: Projection<Record<string, Bound[]>> = {
  name: 'bindings', version: 1,
  begin: ({ initial }) => Object.fromEntries(Object.entries(initial).filter(([address]) => kindOf(address) === 'device').map(([address, { value, context }]) => [nameOf(address), [{ seq: null, ...bound(value, context) }]])),
  evolve: (devices, { to, after }, seq) => {
    const history = kindOf(to) === 'device' ? devices[nameOf(to)] : undefined;
    const last = history?.at(-1);
    if (history === undefined || last === undefined || after === undefined) return devices;
    const now = bound(after.value, after.context);
    if (now.presence !== last.presence || now.driver !== last.driver) history.push({ seq, ...now });
    return devices;
  },
};

/** A call of dma_cleanup, and what it came from. */
export interface Cleanup {
  readonly seq: number;
  readonly device: string;
  /** The event from outside that began it. */
  readonly root: number;
  readonly begun: string;
  /** The last failure on the way, if one made it necessary. */
  readonly failure: number | null;
  readonly failed: string | null;
}

interface Audit {
  /** For each fact: the event from outside, and the last failure, that it came from; -1: none. */
  readonly roots: number[];
  readonly failures: number[];
  readonly texts: Record<number, string>;
  readonly cleanups: Cleanup[];
}

/** The audit of clean-ups: each with its causes. The whole chain is `why(facts, seq)`. */
export const cleanups: Projection<Audit> = {
  name: 'cleanups', version: 1,
  begin: () => ({ roots: [], failures: [], texts: {}, cleanups: [] }),
  evolve: (audit, { event, cause, to }, seq) => {
    const root = cause === null ? seq : audit.roots[cause] ?? seq;
    const ret = event['ret'];
    const fails = event.type.endsWith('.ret') && typeof ret === 'number' && ret < 0;
    const failure = fails ? seq : cause === null ? -1 : audit.failures[cause] ?? -1;
    audit.roots.push(root);
    audit.failures.push(failure);
    if (cause === null || fails) audit.texts[seq] = eventText(event);
    if (event.type === 'dma_cleanup') audit.cleanups.push({
      seq, device: nameOf(to), root, begun: audit.texts[root] ?? '', failure: failure < 0 ? null : failure, failed: failure < 0 ? null : audit.texts[failure] ?? null,
    });
    return audit;
  },
};

/** A group that refused, and how it was held at that moment. */
export interface Refusal {
  readonly seq: number;
  readonly group: Address;
  readonly to: Address;
  readonly answer: string;
  readonly owner: Address | null;
  /** Devices whose drivers use the DMA API, with the fact since which; null: from the start. */
  readonly users: readonly { readonly device: string; readonly since: number | null }[];
  readonly domain: string;
}

interface Holding {
  readonly groups: Record<Address, { owner: Address | null; domain: string; owner_cnt: number; since: number | null; users: { device: string; since: number | null }[] }>;
  readonly refusals: Refusal[];
}

/** Refusals with who held the group; and who holds it in the end. */
export const refusals: Projection<Holding> = {
  name: 'refusals', version: 1,
  begin: (began) => ({
    refusals: [],
    groups: Object.fromEntries(groupsOf(began).map(([address, { value, context }]) => {
      const { owner, domain, owner_cnt } = owned(value, context);
      const managed = new Set(began.topology.drivers.filter(({ driver_managed_dma }) => driver_managed_dma).map((driver) => driver.name));
      const users = began.topology.devices.filter(({ group, present, grouped, driver }) => present && grouped && address === `group:${group}` && driver !== null && !managed.has(driver));
      return [address, { owner, domain, owner_cnt: owner_cnt ?? users.length, since: null, users: users.map((device) => ({ device: device.name, since: null })) }];
    })),
  }),
  evolve: (state, { from, to, event, after }, seq) => {
    const held = state.groups[to];
    if (held !== undefined && after !== undefined) {
      const { owner, domain, owner_cnt } = owned(after.value, after.context);
      const count = owner_cnt ?? held.users.length;
      const device = nameOf(from);
      if (event.type === 'iommu_device_use_default_domain' && count > held.owner_cnt) held.users.push({ device, since: seq });
      if (event.type === 'iommu_device_unuse_default_domain' && count < held.owner_cnt) held.users.splice(Math.max(0, held.users.findIndex((user) => user.device === device)), 1);
      if (owner !== held.owner) held.since = seq;
      Object.assign(held, { owner, domain, owner_cnt: count });
    }
    const refusing = state.groups[from];
    if (refusing !== undefined && (event['ret'] === -1 || event['ret'] === -16)) state.refusals.push({
      seq, group: from, to, answer: eventText(event), owner: refusing.owner, users: refusing.owner === null ? refusing.users.map((user) => ({ ...user })) : [], domain: refusing.domain,
    });
    return state;
  },
};

/** What nobody gives back any more. */
export interface Leak {
  readonly group: Address;
  /** `device`: it counts, and has no driver. `owner`: the group is claimed still. */
  readonly kind: 'device' | 'owner';
  readonly who: string;
  readonly since: number | null;
}

/** What is held at the end: users without a driver, and owners that have not released. */
export function leaks({ groups }: Holding, devices: Readonly<Record<string, readonly Bound[]>>): Leak[] {
  return Object.entries(groups).flatMap(([group, { owner, since, users }]): Leak[] => [
    ...(owner === null ? [] : [{ group, kind: 'owner', who: owner, since } as const]),
    ...users.filter(({ device }) => owner === null && devices[device]?.at(-1)?.driver == null).map(({ device, since: begun }) => ({ group, kind: 'device', who: device, since: begun }) as const),
  ]);
}

/** What a projection comes to before fact `to`. Goes on where it was left, unless told to begin anew. @throws {ModelError} damaged-log */
export async function project<State>(store: Store, run: Run, { name, version, begin, evolve }: Projection<State>, { to = run.facts, rebuild = false }: { readonly to?: number; readonly rebuild?: boolean } = {}): Promise<State> {
  const [key, definition] = [`${name}/${run.id}`, `${name}@${version}`];
  const kept = rebuild ? null : await store.checkpoints.load(key);
  const known = kept !== null && kept.definition === definition && kept.position <= to;
  let state = known ? kept.state as unknown as State : begin(run.began);
  let seq = known ? kept.position : 0;
  for await (const entry of store.read(runStream(run.id), { from: seq, to: to - 1 })) state = evolve(state, factOf(entry), seq++);
  // Only what goes further is worth keeping; who may not write has it for himself.
  if (seq > (kept?.position ?? 0)) await store.checkpoints.save(key, kept?.position ?? null, { position: seq, definition, state: state as Plain }).catch(() => undefined);
  return state;
}
