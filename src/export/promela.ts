/**
 * A system and its properties as Promela, the language of Spin.
 *
 * One process, one `do`, one `d_step` for each option: a step of ours is a transition of Spin, and nothing else is, so
 * that Spin counts the worlds that `check` counts without reductions.
 */
import { kindOf, type Property } from '../check/property.ts';
import type { Node, Tables } from '../check/tables.ts';
import type { Closed } from './close.ts';
import { conjunction, diagramOf, expression, given, intervals, tells, within, type Diagram } from './predicate.ts';
import { programOf, type Leaf, type Option, type Program, type Tree, type Variable } from './program.ts';

/** Kinds of properties that a state or a step decides. The others speak of all that may follow. */
const judged = ['always', 'atRest', 'neverStuck', 'sometimes'];

/** Before what the text was made of, as JSON. */
export const subjectMark = 'Made of ';
/** At the end of a line that asks something of the initial world. */
export const initialMark = '/* in the initial world */';

/** A property as the text has it. */
interface Asked {
  readonly property: Property;
  /** From 1. */
  readonly number: number;
  readonly diagram: Diagram;
  /** Its bit among the properties about steps, or -1. */
  readonly bit: number;
}

/** The text, and the properties that it cannot say. */
export interface Promela {
  readonly text: string;
  readonly left: readonly Property[];
}

/**
 * Promela text of what was closed.
 *
 * Reads on with `spin -a`. Properties are numbered from 1 in the order of the head; `-DASK=<n>` asks for one of them alone, and a
 * `sometimes` is asked for only so: an error is then the world that is looked for. Where a table was not complete, a step that
 * leaves it fails the assertion `table_incomplete`, whatever is asked.
 *
 * @throws {ModelError} `too-large-to-export` when a property sees too much
 */
export function promela(closed: Closed, properties: readonly Property[]): Promela {
  const { tables, steps, judge } = closed;
  const program = programOf(steps, judge);
  const asked = properties.filter(({ kind }) => judged.includes(kind)).map((property, index) => ({
    property, number: index + 1, bit: tables.watched.indexOf(property), diagram: diagramOf(property, tables, program.variables),
  }));
  const left = properties.filter(({ kind }) => !judged.includes(kind));
  return { text: new Text(closed, program, asked, left).whole(), left };
}

class Text {
  readonly #closed: Closed;
  readonly #tables: Tables;
  readonly #program: Program;
  readonly #asked: readonly Asked[];
  readonly #left: readonly Property[];
  readonly #names: readonly string[];

  constructor(closed: Closed, program: Program, asked: readonly Asked[], left: readonly Property[]) {
    this.#closed = closed;
    this.#tables = closed.tables;
    this.#program = program;
    this.#asked = asked;
    this.#left = left;
    this.#names = namesOf(program.variables);
  }

  whole(): string {
    const { variables, options } = this.#program;
    return [
      ...this.#head(), '',
      ...this.#questions(), '',
      ...variables.flatMap((variable) => this.#variable(variable)), '',
      ...this.#conditions(), '',
      'active proctype worlds()', '{',
      ...this.#initially(),
      'end: do',
      ...options.flatMap((option, index) => this.#option(option, index)),
      '  od', '}', '',
    ].join('\n');
  }

  #head(): string[] {
    const { complete, states, transitions, walks } = this.#closed;
    const { model, together, topology } = this.#tables.subject;
    return [
      '/*', ` * dma-ownership, model ${model}${together === Infinity ? '' : `, at most ${together} calls at once`}.`, ' *',
      ...(complete
        ? [` * ${states} worlds and ${transitions} steps without reductions: as many states are stored, and one transition more`, ' * is counted, the initial state.']
        : [` * The tables are NOT COMPLETE: filled by ${states} worlds and ${walks} walks. A step that they lack fails the`,
          ` * assertion table_incomplete, !(${this.#asked.length + 1}): export again with a larger --limit or --walks then.`]),
      ' *', ' * Properties. A failed assertion !(n) is property n. All but "sometimes" are asked together; spin -DASK=n asks',
      ' * for one alone. An error that answers "sometimes" is the world that is looked for.',
      ...this.#asked.map(({ property, number }) => ` *   ${String(number).padStart(2)}  ${property.kind.padEnd(10)} ${safe(property.name)}`),
      ...this.#left.map(({ kind, name }) => ` *   not here: ${kind} ${safe(name)}`),
      ' *', ` * ${subjectMark}${safe(JSON.stringify({ model, together: together === Infinity ? null : together, topology }))}`, ' */',
    ];
  }

  #questions(): string[] {
    return [
      '#ifndef ASK', '#define ASK 0', '#endif', '',
      '/* As narrow as may be; -DBYTES for tools that know no bit fields. */',
      '#ifdef BYTES', '#define VARIABLE(name, type, width, initial) type name = initial;',
      '#else', '#define VARIABLE(name, type, width, initial) unsigned name : width = initial;', '#endif', '',
      // Spin numbers them from the last.
      `mtype = { table_incomplete, ${this.#asked.map(slug).reverse().join(', ')} };`,
      '#define UNKNOWN assert(!table_incomplete)', '',
      ...this.#asked.flatMap((one) => [
        `#if ${one.property.kind === 'sometimes' ? '' : 'ASK == 0 || '}ASK == ${one.number}`,
        `#define P${one.number}(fine) if :: (fine) :: else -> assert(!${slug(one)}) fi`,
        '#else', `#define P${one.number}(fine) skip`, '#endif',
      ]),
    ];
  }

  #variable({ actor, address, size, initial, nodes }: Variable): string[] {
    const locals = nodes.map((node) => this.#tables.nodes[actor]?.[node] as Node);
    if (size === 1) return [`/* ${safe(address)} never changes: ${safe(this.#state(locals[0] as Node, new Set()))} */`];
    const contexts = locals.map(({ local }) => local.context);
    const keys = new Set(Object.keys(contexts[0] ?? {}).filter((key) => new Set(contexts.map((one) => JSON.stringify(one[key]))).size > 1));
    return [
      `VARIABLE(${this.#names[actor]}, ${size <= 256 ? 'byte' : 'int'}, ${32 - Math.clz32(size - 1)}, ${initial}) /* ${safe(address)}`,
      ...locals.map((node, number) => ` *  ${String(number).padStart(3)}  ${safe(this.#state(node, keys))}`), ' */',
    ];
  }

  #state({ local: { value, context }, outbox, left }: Node, keys: ReadonlySet<string>): string {
    const facts = [...keys].map((key) => `${key}=${JSON.stringify(context[key])}`);
    const flight = outbox.map((sent) => this.#tables.sents[sent]).map((sent) => `${sent?.event.type} to ${sent?.to} in flight`);
    return [typeof value === 'string' ? value : JSON.stringify(value), ...facts, ...flight, ...(left >= 0 ? [`may begin ${left} more`] : [])].join(', ');
  }

  /** Conditions over all actors. */
  #conditions(): string[] {
    const { variables } = this.#program;
    const { starts, together } = this.#tables.subject;
    const all = (of: (variable: Variable, number: number) => boolean, from = variables) =>
      from.map((variable) => this.#where(variable, (number) => of(variable, number)));
    const rests = ({ busy, begins }: Variable, number: number) => number < busy || number >= begins;
    const threads = starts.map(({ actor }) => variables[actor] as Variable);
    return [
      '/* Nothing in flight, every thread outside its calls. */', `#define QUIET ${conjunction(all(rests))}`,
      '/* Nothing can happen. */', `#define OVER ${conjunction(all(({ open }, number) => number < open))}`,
      ...(together === Infinity ? [] : ['/* Threads inside a call. */', `#define INSIDE (${all((variable, number) => !rests(variable, number), threads).join(' + ')})`]),
    ];
  }

  #where({ actor, size }: Variable, so: (number: number) => boolean): string {
    return within(this.#names[actor] as string, intervals(size, so), size);
  }

  /** What the world at the beginning already decides. */
  #initially(): string[] {
    const { variables } = this.#program;
    const at = new Map(variables.map(({ actor, initial }) => [actor, initial]));
    const quiet = variables.every(({ busy, begins, initial }) => initial < busy || initial >= begins);
    const over = variables.every(({ open, initial }) => initial < open);
    return this.#asked.filter(({ property: { kind, rests, step }, diagram }) => {
      const yes = given(diagram, at) === true;
      if (kind === 'always') return !yes;
      if (kind === 'atRest') return quiet && !yes;
      return kind === 'neverStuck' ? over && !quiet : step === undefined && yes && (rests !== true || quiet);
    }).flatMap((one) => [`#if ${one.property.kind === 'sometimes' ? '' : 'ASK == 0 || '}ASK == ${one.number}`, `  assert(!${slug(one)}); ${initialMark}`, '#endif']);
  }

  #option({ actor, place, begins, tree }: Option, index: number): string[] {
    const variable = this.#program.variables[actor] as Variable;
    const able = new Set([...tree.cases.keys()].map((node) => variable.numbers[node] as number));
    const runs = intervals(variable.size, (number) => able.has(number));
    const [low, high] = [runs[0]?.[0] ?? 0, runs.at(-1)?.[1] ?? 0];
    const guard = [within(this.#names[actor] as string, runs, variable.size), ...(begins && this.#tables.subject.together !== Infinity ? [`INSIDE < ${this.#tables.subject.together}`] : [])];
    const body = this.#tree(tree, `done${index}`, [low, high]);
    const last = this.#atLast(body.some((line) => line.includes(`goto done${index}`)) ? `done${index}: ` : '');
    return [
      `  :: d_step { ${conjunction(guard)} -> /* option ${place} of ${safe(variable.address)} */`,
      ...[...body, ...last].map((line) => `       ${line}`), '     }',
    ];
  }

  /** What is asked of a world when all that a step touched may be at rest. */
  #atLast(label: string): string[] {
    const lines = this.#asked.flatMap(({ property: { kind, rests, step }, number, diagram }) => {
      const says = expression(diagram, this.#program.variables, (actor) => this.#names[actor] as string);
      if (kind === 'atRest') return [`P${number}(!QUIET || ${says});`];
      if (kind === 'neverStuck') return [`P${number}(!OVER || QUIET);`];
      return kind === 'sometimes' && rests === true && step === undefined ? [`P${number}(!(QUIET && ${says}));`] : [];
    });
    return [...lines, `${label}skip`];
  }

  #tree(tree: Tree, done: string, bounds?: readonly [number, number]): string[] {
    if (tree.kind === 'unknown') return ['UNKNOWN;', `goto ${done};`];
    if (tree.kind === 'set') return this.#set(tree, done);
    const { numbers, size, actor } = this.#program.variables[tree.actor] as Variable;
    const [from, to] = bounds ?? [0, size - 1];
    const cases = new Map<number, string[]>();
    for (const [node, below] of tree.cases) {
      const words = tree.words.get(node);
      cases.set(numbers[node] as number, [...(words === undefined ? [] : [`/* ${safe(words)} */`]), ...this.#tree(below, done)]);
    }
    const runs: { from: number; to: number; lines: string[]; key: string }[] = [];
    for (let number = from; number <= to; number++) {
      const lines = cases.get(number) ?? ['UNKNOWN;', `goto ${done};`];
      const key = lines.join('\n');
      const last = runs.at(-1);
      if (last?.key === key) last.to = number;
      else runs.push({ from: number, to: number, lines, key });
    }
    return switched(this.#names[actor] as string, runs, 0, runs.length - 1);
  }

  #set({ before, after, decided }: Leaf, done: string): string[] {
    const { variables } = this.#program;
    const number = (actor: number, node: number) => (variables[actor] as Variable).numbers[node] as number;
    const now = new Map([...before, ...after].map(([actor, node]) => [actor, number(actor, node)]));
    const changed = [...after].filter(([actor, node]) => before.get(actor) !== node);
    const lines = changed.map(([actor, node]) => `${this.#names[actor]} = ${number(actor, node)};`);
    for (const { property: { kind, rests, step }, number: asked, diagram, bit } of this.#asked) {
      if (bit !== -1 && ((decided >> bit) & 1) === 1) lines.push(`P${asked}(false);`);
      if ((kind !== 'always' && kind !== 'sometimes') || rests === true || (kind === 'sometimes' && step !== undefined)) continue;
      if (!changed.some(([actor, node]) => tells(diagram, actor, number(actor, before.get(actor) as number), number(actor, node)))) continue;
      const says = expression(given(diagram, now), variables, (actor) => this.#names[actor] as string);
      if (kind === 'always' && says !== 'true') lines.push(`P${asked}(${says});`);
      if (kind === 'sometimes' && says !== 'false') lines.push(`P${asked}(!${says});`);
    }
    const may = [...now].every(([actor, at]) => {
      const { busy, begins, open } = variables[actor] as Variable;
      return at < busy || at >= begins || at < open;
    });
    return may ? (lines.length > 0 ? lines : ['skip;']) : [...lines, `goto ${done};`];
  }
}

/** Which of these runs a variable is in, by halves. */
function switched(name: string, runs: readonly { from: number; to: number; lines: readonly string[] }[], first: number, last: number): string[] {
  const run = runs[first] as (typeof runs)[number];
  if (first === last) return [...run.lines];
  const middle = (first + last + 1) >> 1;
  return [
    'if', `:: (${name} < ${(runs[middle] as typeof run).from}) ->`, ...switched(name, runs, first, middle - 1).map((line) => `   ${line}`),
    ':: else ->', ...switched(name, runs, middle, last).map((line) => `   ${line}`), 'fi;',
  ];
}

/** Names of variables: the address, with what Promela does not take replaced. */
function namesOf(variables: readonly Variable[]): string[] {
  const taken = new Set<string>();
  return variables.map(({ address }) => {
    const name = `${kindOf(address) === address ? 'the_' : ''}${address.replaceAll(/[^A-Za-z0-9_]/g, '_')}`;
    for (let again = 1; ; again++) {
      const tried = again === 1 ? name : `${name}_${again}`;
      if (taken.has(tried)) continue;
      taken.add(tried);
      return tried;
    }
  });
}

const slug = ({ property: { name }, number }: Asked): string => `p${number}_${name.replaceAll(/[^A-Za-z0-9]+/g, '_').replaceAll(/^_|_$/g, '')}`;
const safe = (text: string): string => text.replaceAll('*/', '* /');
