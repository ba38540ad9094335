/** The formats that a model can be written in. */
import type { Property } from '../check/property.ts';
import { aut } from './aut.ts';
import type { Closed } from './close.ts';
import { promela } from './promela.ts';

export interface Format {
  readonly about: string;
  /** Whether it has words for properties. */
  readonly says: boolean;
  /** The text, and what it cannot say. */
  write(closed: Closed, properties: readonly Property[]): { readonly text: string; readonly left: readonly Property[] };
}

export const formats = {
  promela: { about: 'the language of Spin, with the properties; SpinS makes it a model for LTSmin', says: true, write: promela },
  aut: { about: 'every world and step, for CADP, mCRL2 and LTSmin; no properties', says: false, write: (closed, properties) => ({ text: aut(closed), left: properties }) },
} as const satisfies Record<string, Format>;
