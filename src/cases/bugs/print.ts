/** Rows and paths as text, and as the document of `--json`. */
import type { Finding } from '../decide.ts';
import { printWitness } from '../print.ts';
import type { Outside } from './bug.ts';
import type { Checked, Sought } from './find.ts';

export const grouped = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ' ');
const steps = ({ witness }: Finding): number => witness?.steps.length ?? 0;

/** `v5.19, v6.2: 76 steps (1 980 worlds)`: models that agree stand together. */
export function summary(checked: readonly Checked[]): string {
  const words = new Map<string, string[]>();
  for (const { asked, finding } of checked) {
    const word = finding.verdict === 'broken' ? `${steps(finding)} steps (${grouped(finding.states)} worlds)` : `${finding.verdict} (${grouped(finding.states)} worlds)`;
    words.set(word, [...(words.get(word) ?? []), asked.model.name]);
  }
  return [...words].map(([word, models]) => `${models.join(', ')}: ${word}`).join('; ');
}

/** Two lines: what it is, and what the models say. */
export function printRow({ bug: { id, commit, what }, affected, fixed, repaired, verdict }: Sought, paint: (text: string) => string = (text) => text): string[] {
  const good = [...fixed, ...repaired];
  return [
    `${paint(verdict.padEnd(7))} ${id.padEnd(4)} ${commit ?? 'no fix'}: ${what}`,
    `${' '.repeat(13)}${summary(affected)}${good.length === 0 ? '' : `; ${summary(good)}`}`,
  ];
}

/** What a reader asks next: the property, the shortest path, where it can happen, where it can be seen. */
export function printDetails({ bug, affected: [first] }: Sought): string[] {
  const { property: { name, why }, condition, note, scenario, recordings = [], steps: seen } = bug;
  return [
    `property: ${name}`, `  ${why}`,
    ...(condition === undefined ? [] : [`in the field: ${condition}`]),
    ...(note === undefined ? [] : [`note: ${note}`]),
    ...recordings.map(({ trace, shows }) => `recorded: test/traces/${trace}: ${shows}`),
    ...(seen === undefined ? [] : [`to record it: ${seen}`]),
    ...(scenario === undefined ? [] : [`to play it: dma-ownership run test/golden/${scenario}.scenario`]),
    ...(first === undefined ? [] : [`shortest path, ${first.asked.model.name}:`, ...printWitness(first.asked, first.finding).map((line) => `  ${line}`)]),
  ];
}

export const printOutside = ({ id, commit, what, because }: Outside): string => `outside ${id.padEnd(4)} ${commit ?? 'no fix'}: ${what}: ${because}`;

const name = ({ asked }: Checked): string => asked.model.name;

/** `dma-ownership/bugs@1`. */
export function documentOf(sought: readonly Sought[], outside: readonly Outside[]) {
  return {
    schema: 'dma-ownership/bugs@1' as const,
    bugs: sought.map(({ bug, affected, fixed, repaired, found, absentInFixed, verdict }) => ({
      id: bug.id, commit: bug.commit, what: bug.what, affected: affected.map(name), fixed: fixed.map(name), repaired: repaired.map(name),
      property: bug.property.name, verdict, found, absentInFixed,
      path: (affected[0]?.finding.witness?.facts ?? []).map(({ from, to, event }) => ({ from, to, event })),
      checks: [...affected, ...fixed, ...repaired].map(({ asked: { model }, finding }) => ({
        model: model.name, verdict: finding.verdict, states: finding.states, transitions: finding.transitions, complete: finding.complete,
        ...(finding.witness === undefined ? {} : { steps: finding.witness.steps.length, shortest: finding.witness.shortest }),
      })),
      condition: bug.condition ?? null, note: bug.note ?? null, scenario: bug.scenario ?? null, recordings: bug.recordings ?? [], toRecord: bug.steps ?? null,
      topology: bug.topology,
    })),
    outside,
  };
}
