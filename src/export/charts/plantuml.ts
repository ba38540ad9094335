/** PlantUML's state diagrams. */
import { Identifiers } from './identifiers.ts';
import { inside, label, moving } from './label.ts';
import type { PlainChart, PlainState } from './plain.ts';

export function plantuml(chart: PlainChart): string {
  const names = new Identifiers(['state', 'note', 'end', 'as', 'skin', 'scale', 'hide', 'title', 'legend', 'left', 'right']);
  const arrows = chart.states.flatMap((from) => moving(from).flatMap((transition) => transition.targets.map((target) =>
    `${names.of(from.id)} --> ${names.of(target)}${text(label(transition))}`)));
  return [`@startuml ${names.of(chart.id)}`, 'hide empty description', `title ${chart.id}`, ...state(chart.root, names, ''), ...arrows, '@enduml', ''].join('\n');
}

function state(of: PlainState, names: Identifiers, indent: string): string[] {
  const name = names.of(of.id);
  const head = `${indent}state "${escaped(of.key)}" as ${name}`;
  const told = inside(of).map((line) => `${indent}${name}${text(line)}`);
  if (of.states.length === 0) return [head, ...told, ...(of.kind === 'final' ? [`${indent}${name} --> [*]`] : [])];
  const regions = of.states.map((child) => state(child, names, `${indent}  `));
  return [
    `${head} {`,
    ...(of.kind === 'parallel' ? regions.flatMap((region, n) => (n === 0 ? region : [`${indent}  --`, ...region])) : regions.flat()),
    ...(of.initial === null ? [] : [`${indent}  [*] --> ${names.of(of.initial)}`]), `${indent}}`, ...told,
  ];
}

const text = (line: string): string => (line === '' ? '' : ` : ${escaped(line)}`);
/** PlantUML takes `<b>`, `\n` and `"` for itself; its own escape is the code point. */
const escaped = (line: string): string => line.replaceAll(/[\\"<>~]/g, (sign) => `<U+${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}>`);
