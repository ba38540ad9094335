/**
 * The conformance kit: the promises of the port as cases that any store can be held against. Each row was a real fault
 * of a store that people use.
 *
 * @example
 * for (const one of conformance(capabilities)) test(one.name, () => one.run({ open: () => myStore(place) }, 1));
 */
import type { Capabilities } from '../port.ts';
import { appending } from './appending.ts';
import type { Case } from './bed.ts';
import { fidelity } from './fidelity.ts';
import { racing } from './racing.ts';
import { reading } from './reading.ts';

export const cases: readonly Case[] = [...appending, ...fidelity, ...reading, ...racing];

/** The cases that a store with these capabilities has to pass. `upcast`: its bed passes upcasters on. */
export const conformance = ({ durable, multiWriter }: Pick<Capabilities, 'durable' | 'multiWriter'>): readonly Case[] =>
  cases.filter(({ needs }) => needs === undefined || (needs === 'multiWriter' ? multiWriter : needs === 'singleWriter' ? !multiWriter && durable !== 'none' : durable !== 'none'));
