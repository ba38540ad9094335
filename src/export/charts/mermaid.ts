/**
 * Mermaid's `stateDiagram-v2`: states first, each inside its parent, and every arrow at the outermost level.
 *
 * Regions of a parallel state stand side by side as states of their own, because Mermaid cannot draw arrows between
 * composite states inside a region; a note says that all of them are active.
 */
import { Identifiers } from './identifiers.ts';
import { inside, label, moving } from './label.ts';
import type { PlainChart, PlainState } from './plain.ts';

const words = ['state', 'note', 'end', 'end note', 'direction', 'class', 'classDef', 'style', 'click', 'default', 'fork', 'join', 'choice', 'as', 'root'];

export function mermaid(chart: PlainChart): string {
  const names = new Identifiers(words);
  const arrows = chart.states.flatMap((from) => moving(from).flatMap((transition) => transition.targets.map((target) =>
    `  ${names.of(from.id)} --> ${names.of(target)}${text(label(transition))}`)));
  return ['---', `title: ${JSON.stringify(chart.id)}`, '---', 'stateDiagram-v2', ...state(chart.root, names, '  '), ...arrows, ...notes(chart, names), ''].join('\n');
}

function state(of: PlainState, names: Identifiers, indent: string): string[] {
  const name = names.of(of.id);
  const head = `${indent}state "${escaped(of.key)}" as ${name}`;
  if (of.states.length === 0) return [head, ...inside(of).map((line) => `${indent}${name}${text(line)}`)];
  const first = of.kind === 'parallel' ? of.states.map(({ id }) => id) : of.initial === null ? [] : [of.initial];
  return [
    `${head} {`, ...of.states.flatMap((child) => state(child, names, `${indent}  `)),
    ...first.map((id) => `${indent}  [*] --> ${names.of(id)}`), `${indent}}`,
  ];
}

/** Composite states have no lines of their own. */
const notes = ({ states }: PlainChart, names: Identifiers): string[] => states.filter(({ states }) => states.length > 0).flatMap((of) => {
  const told = [...(of.kind === 'parallel' ? ['all of these at once'] : []), ...inside(of)];
  return told.length === 0 ? [] : [`  note right of ${names.of(of.id)}`, ...told.map((line) => `    ${escaped(line)}`), '  end note'];
});

const text = (line: string): string => (line === '' ? '' : ` : ${escaped(line)}`);
/** Signs that Mermaid reads itself. */
const escaped = (line: string): string => line.replaceAll('#', '#35;').replaceAll(/[:;"<>{}]/g, (sign) => `#${sign.charCodeAt(0)};`).replaceAll('--', '#45;-').replaceAll('%%', '%#37;');
