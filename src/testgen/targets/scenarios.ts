/** Tests as scenario texts. */
import type { Model } from '../../../machines/model.ts';
import type { Topology } from '../../../machines/topology.ts';
import type { Test } from '../generate.ts';
import { scenarioOf } from '../texts.ts';
import type { Written } from './files.ts';

/** A goal or two, for the first lines of a text. */
const most = 12;

/** One file for each test; each was played, and took the steps that it says. */
export function scenarios(model: Model, topology: Topology, tests: readonly Test[]): Written[] {
  return tests.map(({ name, steps, goals, covers }) => ({
    name: `${name}.scenario`,
    text: scenarioOf(model, topology, steps, [
      `Generated. Covers ${covers} goals; no earlier test covers:`, ...goals.slice(0, most).map((goal) => `  ${goal}`), ...(goals.length > most ? [`  and ${goals.length - most} more, see coverage.json`] : []),
      'Expect: sometimes just this order.',
    ]),
  }));
}
