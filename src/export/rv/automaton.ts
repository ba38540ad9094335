/** Deterministic automata for the kernel's runtime verification (RV), and the text that its rvgen reads. */

export interface Automaton {
  /** Under 32 bytes: it becomes the name of a kernel monitor. */
  readonly name: string;
  readonly about: string;
  /** There is one instance for each. */
  readonly per: 'device' | 'group';
  readonly initial: string;
  /** By state: the event and where it leads. What is not there must not happen. */
  readonly states: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Events that begin an instance: each leads out of the initial state, or (`after`) into it. */
  readonly begins: readonly { readonly event: string; readonly after?: true }[];
  /** Where each event comes from. */
  readonly handlers: readonly Handler[];
}

export interface Handler {
  readonly function: string;
  /** `unlock`: at the mutex_unlock inside, where the state is as the critical section leaves it. */
  readonly at: 'entry' | 'return' | 'unlock';
  readonly event: string;
  readonly when: string;
}

/** Every event that leads from somewhere. */
export const eventsOf = ({ states }: Automaton): string[] => [...new Set(Object.values(states).flatMap((row) => Object.keys(row)))].sort();

/** A text as dot2k and rvgen read it, line by line: spaces around every token, nodes first, the initial state's arrow next. */
export function rvDot({ name, about, per, initial, states, handlers, begins }: Automaton): string {
  const edges = Object.entries(states).flatMap(([from, row]) => {
    const targets = [...new Set(Object.values(row))].sort();
    return [
      `\t"${from}" [label = "${from}"${from === initial ? ', color = green3' : ''}];`,
      ...targets.map((to) => `\t"${from}" -> "${to}" [ label = "${Object.keys(row).filter((event) => row[event] === to).sort().join('\\n')}" ];`),
    ];
  });
  return [
    'digraph state_automaton {',
    `\t{node [shape = plaintext, style=invis, label=""] "__init_${initial}"};`,
    `\t{node [shape = doublecircle] "${initial}"};`,
    ...Object.keys(states).sort().map((state) => `\t{node [shape = circle] "${state}"};`),
    `\t"__init_${initial}" -> "${initial}";`,
    ...edges,
    '\t{ rank = min ;', `\t\t"__init_${initial}";`, `\t\t"${initial}";`, '\t}', '}',
    // After the last brace the kernel's parser has stopped; Graphviz takes comments anywhere.
    `// ${name}: ${about}`, `// One monitor per ${per}. It begins with ${begins.map(({ event, after }) => `${event}${after === true ? ' (which leads into the initial state)' : ''}`).join(', ')}.`,
    '// Handlers, because no tracepoint of these functions exists:',
    ...handlers.map(({ function: called, at, event, when }) => `//   ${event.padEnd(16)} ${called}(), ${at}${when === '' ? '' : `: ${when}`}`), '',
  ].join('\n');
}

/** What rvgen and the kernel ask of names and targets; empty when nothing is wrong. */
export function faults({ name, initial, states, begins }: Automaton): string[] {
  const known = Object.keys(states);
  const rows = Object.entries(states).flatMap(([from, row]) => Object.entries(row).map(([event, to]) => ({ from, event, to })));
  const reached = new Set([initial]);
  for (const state of reached) for (const to of Object.values(states[state] ?? {})) reached.add(to);
  return [
    ...[...known, ...rows.map(({ event }) => event)].filter((word) => !/^[a-z]\w{0,22}$/.test(word)).map((word) => `${word} is no name of 23 letters, digits or underscores at most`),
    ...(/^[a-z]\w{0,30}$/.test(name) ? [] : [`${name} is no name of a monitor`]),
    ...rows.filter(({ to }) => !known.includes(to)).map(({ from, event, to }) => `${event} leads from ${from} to ${to}, which is no state`),
    ...known.filter((state) => !reached.has(state)).map((state) => `${state} is never reached`),
    ...begins.filter(({ event, after }) => (after === true ? !rows.some((row) => row.event === event && row.to === initial) : states[initial]?.[event] === undefined)).map(({ event }) => `${event} cannot begin`),
  ];
}
