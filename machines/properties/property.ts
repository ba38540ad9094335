/**
 * How a property is written: what it looks at, and what must be true of that.
 *
 * `sees` takes a few plain facts from each actor of a kind (the part of its address before the colon); `holds` judges
 * all of them together and sees nothing else. `step` judges one actor taking one message.
 */
import type { StateValue } from 'xstate';
import type { Address, Message, Said } from '../chart.ts';
import type { Model } from '../model.ts';
import type { Topology } from '../topology.ts';

export interface Looked {
  readonly address: Address;
  readonly value: StateValue;
  readonly context: Readonly<Record<string, unknown>>;
}

export interface Stepped {
  readonly address: Address;
  readonly before: Omit<Looked, 'address'>;
  readonly after: Omit<Looked, 'address'>;
  readonly event: Message;
  readonly said: readonly Said[];
  readonly sent: readonly { readonly to: Address; readonly event: Message }[];
}

type Looks = Readonly<Record<string, (actor: Looked) => unknown>>;
type SeenOf<L extends Looks> = { readonly [K in keyof L]: readonly ReturnType<L[K]>[] };

export interface Property {
  readonly kind: 'always' | 'atRest' | 'neverStuck' | 'sometimes' | 'canAlways' | 'leadsTo';
  readonly name: string;
  readonly why: string;
  /** Commits of the kernel that it goes back to. */
  readonly commit?: string;
  readonly sees: Looks;
  readonly holds?: (seen: Readonly<Record<string, readonly unknown[]>>) => boolean;
  readonly then?: (seen: Readonly<Record<string, readonly unknown[]>>) => boolean;
  readonly step?: (step: Stepped) => boolean;
  readonly rests?: boolean;
  /** In which topologies, and under which models, it says anything; in the others it is not asked. */
  readonly applies?: (topology: Topology, model?: Model) => boolean;
}

interface Written<L extends Looks> extends Omit<Property, 'sees' | 'holds' | 'then'> {
  readonly sees: L;
  readonly holds?: (seen: SeenOf<L>) => boolean;
  readonly then?: (seen: SeenOf<L>) => boolean;
}

/** A property as it stands, with the types of what it sees. */
export const property = <const L extends Looks>(written: Written<L>): Property => written as unknown as Property;

/** Some thread may begin one of these calls. */
export const called = (...types: string[]) => (topology: Topology): boolean =>
  topology.threads.some(({ calls }) => calls.some(({ type }) => types.includes(type)));

/** Groups have an owner: a user, or the drivers that use the DMA API. */
export const owns = (_topology: Topology, model?: Model): boolean => model?.withoutOwners !== true;
/** Groups have an owner_cnt. */
export const counts = (topology: Topology, model?: Model): boolean => owns(topology, model) && model?.used === undefined;
/** All of them say that the property says something. */
export const all = (...conditions: readonly NonNullable<Property['applies']>[]): NonNullable<Property['applies']> =>
  (topology, model) => conditions.every((condition) => condition(topology, model));
