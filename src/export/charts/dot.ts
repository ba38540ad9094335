/** Graphviz: composite states are clusters, what a state does without being left stands in it. */
import { inside, label, moving } from './label.ts';
import type { PlainChart, PlainState } from './plain.ts';

export function dot(chart: PlainChart): string {
  const byId = new Map(chart.states.map((state) => [state.id, state]));
  const arrows = chart.states.flatMap((from) => moving(from).flatMap((transition) => transition.targets.map((target) =>
    arrow(from, byId.get(target) as PlainState, label(transition), transition.description))));
  return [
    `digraph ${quoted(chart.id)} {`,
    '  compound=true; rankdir=TB; fontname="sans-serif"; fontsize=10;',
    '  node [shape=box, style=rounded, fontname="sans-serif", fontsize=10];',
    '  edge [fontname="sans-serif", fontsize=8];',
    ...state(chart.root, '  '), ...arrows.map((line) => `  ${line}`), '}', '',
  ].join('\n');
}

/** Arrows to and from a cluster end at a point inside it, which also says where it begins. */
const point = ({ id }: PlainState): string => `${id} (begin)`;
const isCluster = ({ kind }: PlainState): boolean => kind === 'compound' || kind === 'parallel';
const end = (state: PlainState): string => (isCluster(state) ? point(state) : state.id);

function state(of: PlainState, indent: string): string[] {
  const text = lines([of.key, ...inside(of)]);
  const tip = of.description === null ? '' : `, tooltip=${quoted(of.description)}`;
  if (!isCluster(of)) return [`${indent}${quoted(of.id)} [label=${text}${of.kind === 'final' ? ', peripheries=2' : ''}${tip}];`];
  const deeper = `${indent}  `;
  const first = of.states.find(({ id }) => id === of.initial);
  return [
    `${indent}subgraph ${quoted(`cluster_${of.id}`)} {`,
    `${deeper}label=${text}; labeljust=l; style=${of.kind === 'parallel' ? '"rounded,dashed"' : 'rounded'}${tip.replace(/^,/, ';')};`,
    `${deeper}${quoted(point(of))} [shape=point, label=""${of.kind === 'parallel' ? ', style=invis' : ''}];`,
    ...of.states.flatMap((child) => state(child, deeper)),
    ...(first === undefined ? [] : [`${deeper}${quoted(point(of))} -> ${quoted(end(first))}${isCluster(first) ? ` [lhead=${quoted(`cluster_${first.id}`)}]` : ''};`]),
    `${indent}}`,
  ];
}

function arrow(from: PlainState, to: PlainState, text: string, description: string | null): string {
  const within = (outer: PlainState, inner: PlainState) => outer.path.every((key, depth) => inner.path[depth] === key);
  const clipped = [
    ...(isCluster(from) && !within(from, to) ? [`ltail=${quoted(`cluster_${from.id}`)}`] : []),
    ...(isCluster(to) && !within(to, from) ? [`lhead=${quoted(`cluster_${to.id}`)}`] : []),
  ];
  return `${quoted(end(from))} -> ${quoted(end(to))} [${[`label=${lines(broken(text))}`, ...clipped, ...(description === null ? [] : [`tooltip=${quoted(description)}`])].join(', ')}];`;
}

/** Guard and actions on lines of their own. */
const broken = (text: string): string[] => text.split(/ (?=\[|\/ )/);

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
/** Lines to the left. */
const lines = (all: readonly string[]): string => `"${all.map((line) => `${quoted(line).slice(1, -1)}\\l`).join('')}"`;
