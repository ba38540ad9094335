/** The formats that one chart can be written in. */
import { dot } from './dot.ts';
import { mermaid } from './mermaid.ts';
import type { PlainChart } from './plain.ts';
import { plantuml } from './plantuml.ts';
import { scxml } from './scxml.ts';
import { statelyText } from './stately.ts';

export interface ChartFormat {
  readonly about: string;
  /** Of a file. */
  readonly extension: string;
  write(chart: PlainChart): string;
}

export const chartFormats = {
  mermaid: { about: 'a state diagram that forges and wikis draw', extension: 'mmd', write: mermaid },
  dot: { about: 'Graphviz, composite states as clusters', extension: 'dot', write: dot },
  plantuml: { about: 'a state diagram of PlantUML', extension: 'puml', write: plantuml },
  scxml: { about: 'SCXML 1.0; guards and actions are asked of the host by name', extension: 'scxml', write: scxml },
  stately: { about: "XState's own configuration as JSON, for Stately's editor and createMachine", extension: 'json', write: statelyText },
} as const satisfies Record<string, ChartFormat>;
