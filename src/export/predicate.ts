/**
 * What a property says of a world, as a diagram over the variables: at each level one actor is looked at.
 *
 * Every combination of what the property sees is put to its predicate once, so nothing of the predicate is translated.
 */
import { ModelError } from '../errors.ts';
import { kindOf, type Property, type Seen } from '../check/property.ts';
import type { Node, Tables } from '../check/tables.ts';
import type { Variable } from './program.ts';

/** More combinations than this are not written out. */
const most = 200_000;

/** True, false, or one diagram for each thing to be seen of an actor. */
export type Diagram = boolean | Level;
interface Level {
  readonly actor: number;
  /** By number of the actor: place in `below`. */
  readonly looks: readonly number[];
  readonly below: readonly Diagram[];
}

/**
 * The diagram of a property's `holds`.
 *
 * @throws {ModelError} `too-large-to-export` when there is too much to be seen
 */
export function diagramOf(property: Property, tables: Tables, variables: readonly Variable[]): Diagram {
  const { holds, sees } = property;
  if (holds === undefined) return true;
  const watched = variables.flatMap(({ actor, address, nodes }) => {
    const see = sees[kindOf(address)];
    if (see === undefined) return [];
    const places = new Map<string, number>();
    const facts: unknown[] = [];
    const looks = nodes.map((node) => {
      const { value, context } = (tables.nodes[actor]?.[node] as Node).local;
      const fact = see({ address, value, context });
      const key = JSON.stringify(fact) ?? 'undefined';
      const known = places.get(key);
      if (known !== undefined) return known;
      places.set(key, facts.length);
      return facts.push(fact) - 1;
    });
    return [{ actor, kind: kindOf(address), looks, facts }];
  });
  const combinations = watched.reduce((product, { facts }) => product * facts.length, 1);
  if (combinations > most)
    throw new ModelError('too-large-to-export', `what this property sees has ${combinations} combinations`, {
      at: property.name, accepted: `${most} at most`, hint: 'leave it out with --property, or take fewer devices',
    });
  const known = new Map<string, Level>();
  const ids = new Map<Diagram, number>([[false, 0], [true, 1]]);
  const build = (level: number, seen: readonly unknown[]): Diagram => {
    const at = watched[level];
    if (at === undefined) {
      const all: Seen = Object.fromEntries(Object.keys(sees).map((kind) => [kind, seen.filter((_, index) => watched[index]?.kind === kind)]));
      return holds(all);
    }
    const below = at.facts.map((fact) => build(level + 1, [...seen, fact]));
    if (below.every((one) => one === below[0])) return below[0] as Diagram;
    const key = `${level} ${below.map((one) => ids.get(one)).join()}`;
    const same = known.get(key);
    if (same !== undefined) return same;
    const made: Level = { actor: at.actor, looks: at.looks, below };
    known.set(key, made);
    ids.set(made, ids.size);
    return made;
  };
  return build(0, []);
}

/** The diagram where some actors stand at known numbers. */
export function given(diagram: Diagram, at: ReadonlyMap<number, number>): Diagram {
  if (typeof diagram === 'boolean') return diagram;
  const number = at.get(diagram.actor);
  if (number !== undefined) return given(diagram.below[diagram.looks[number] as number] as Diagram, at);
  const below = diagram.below.map((one) => given(one, at));
  return below.every((one) => one === below[0]) ? (below[0] as Diagram) : { ...diagram, below };
}

/** Whether what is seen of an actor differs between two of its numbers. */
export function tells(diagram: Diagram, actor: number, one: number, other: number): boolean {
  if (typeof diagram === 'boolean') return false;
  if (diagram.actor === actor) return diagram.looks[one] !== diagram.looks[other];
  return diagram.below.some((below) => tells(below, actor, one, other));
}

/** The diagram as an expression of Promela (and C), or true or false. */
export function expression(diagram: Diagram, variables: readonly Variable[], name: (actor: number) => string): string {
  if (typeof diagram === 'boolean') return String(diagram);
  const { actor, looks, below } = diagram;
  const groups = new Map<string, Set<number>>();
  for (const [place, one] of below.entries()) {
    const text = expression(one, variables, name);
    groups.set(text, (groups.get(text) ?? new Set()).add(place));
  }
  const size = (variables[actor] as Variable).size;
  const terms = [...groups].filter(([text]) => text !== 'false').map(([text, places]) => {
    const where = within(name(actor), intervals(size, (number) => places.has(looks[number] as number)), size);
    return conjunction([where, text]);
  });
  return terms.length === 0 ? 'false' : terms.length === 1 ? (terms[0] as string) : `(${terms.join(' || ')})`;
}

/** The runs of numbers below `size` for which something is so. */
export function intervals(size: number, so: (number: number) => boolean): [from: number, to: number][] {
  const runs: [number, number][] = [];
  for (let number = 0; number < size; number++) {
    if (!so(number)) continue;
    const last = runs.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}

/** That a variable with numbers below `size` lies in one of these runs. */
export function within(name: string, runs: readonly (readonly [from: number, to: number])[], size: number): string {
  const texts = runs.map(([from, to]) => {
    if (from === 0 && to === size - 1) return 'true';
    if (from === to) return `${name} == ${from}`;
    if (from === 0) return `${name} <= ${to}`;
    return to === size - 1 ? `${name} >= ${from}` : `(${name} >= ${from} && ${name} <= ${to})`;
  });
  if (texts.length === 0) return 'false';
  return texts.length === 1 ? (texts[0] as string) : `(${texts.join(' || ')})`;
}

/** That all of these are so. */
export function conjunction(terms: readonly string[]): string {
  const needed = [...new Set(terms)].filter((term) => term !== 'true');
  if (needed.includes('false')) return 'false';
  return needed.length === 0 ? 'true' : needed.length === 1 ? (needed[0] as string) : `(${needed.join(' && ')})`;
}
