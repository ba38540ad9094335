/**
 * Which states no observer can tell apart, however he tries: branching bisimulation, and the weak one of Milner, which takes a little less notice of
 * when a choice is made.
 *
 * Both by refinement of signatures (Blom and Orzan 2003): states of one class with the same signature stay together, until nothing changes. States on
 * a circle of internal steps are one from the start, and so are a state and where its only step, an internal one, leads. Both relations are blind to
 * divergence: to go round inside for ever counts as to stand still.
 */
import { circles, internal, through, type Lts } from './lts.ts';

/** Classes of states, numbered from 0 in the order of their first states; `rounds` of refinement were needed. */
export interface Partition {
  readonly classOf: Int32Array;
  readonly classes: number;
  readonly rounds: number;
}

/** The signature of a state, given the classes so far; `known` are those of states with lower numbers. */
type Signature = (state: number, known: (state: number) => readonly number[]) => readonly number[];

/** The classes of branching bisimulation (van Glabbeek and Weijland 1996): each lies inside one of weak bisimulation. */
export function branching(lts: Lts): Partition {
  const ranked = circles(lts);
  const { states, first, label, target } = through(lts, ranked);
  const stand = new Int32Array(states);
  for (let state = 0; state < states; state++) {
    const at = first[state] as number;
    stand[state] = first[state + 1] === at + 1 && label[at] === internal ? (stand[target[at] as number] as number) : state;
  }
  const labels = highest(label) + 1;
  const { classOf, rounds } = refine(states, (classOf) => (state, known) => {
    if (stand[state] !== state) return [];
    const codes: number[] = [];
    for (let edge = first[state] as number; edge < (first[state + 1] as number); edge++) {
      const to = stand[target[edge] as number] as number;
      if (label[edge] === internal && classOf[to] === classOf[state]) for (const code of known(to)) codes.push(code);
      else codes.push((classOf[to] as number) * labels + (label[edge] as number));
    }
    return codes;
  });
  return numbered(ranked.map((rank) => classOf[stand[rank] as number] as number), rounds);
}

/**
 * The classes of weak bisimulation.
 *
 * @param most how many steps, each with the internal ones before and behind it, may be kept; undefined where there are more
 */
export function weak(lts: Lts, most: number): Partition | undefined {
  const ranked = circles(lts);
  const { states, first, label, target } = through(lts, ranked);
  const labels = highest(label) + 1;
  let kept = 0;
  /** States reached by internal steps alone. */
  const reached: Int32Array[] = [];
  for (let state = 0; state < states; state++) {
    const here = new Set([state]);
    for (let edge = first[state] as number; edge < (first[state + 1] as number); edge++)
      if (label[edge] === internal) for (const one of reached[target[edge] as number] as Int32Array) here.add(one);
    reached.push(Int32Array.from(here));
    if ((kept += here.size) > most) return undefined;
  }
  for (const to of target) kept += (reached[to] as Int32Array).length;
  if (kept > most) return undefined;
  const { classOf, rounds } = refine(states, (classOf) => {
    const ends = reached.map((here) => [...new Set(Array.from(here, (state) => classOf[state] as number))]);
    return (state, known) => {
      const codes = new Set((ends[state] as number[]).map((one) => one * labels + internal));
      for (let edge = first[state] as number; edge < (first[state + 1] as number); edge++) {
        const to = target[edge] as number;
        if (label[edge] === internal) for (const code of known(to)) codes.add(code);
        else for (const one of ends[to] as number[]) codes.add(one * labels + (label[edge] as number));
      }
      return [...codes];
    };
  });
  return numbered(ranked.map((rank) => classOf[rank] as number), rounds);
}

/** Splits classes by signature until none splits. */
function refine(states: number, round: (classOf: Int32Array) => Signature): { classOf: Int32Array; rounds: number } {
  let classOf = new Int32Array(states);
  for (let [rounds, classes] = [0, 1]; ; rounds++) {
    const signature = round(classOf);
    const signatures: (readonly number[])[] = [];
    const known = (state: number) => signatures[state] as readonly number[];
    const names = new Map<string, { readonly number: number; readonly codes: readonly number[] }>();
    const next = new Int32Array(states);
    for (let state = 0; state < states; state++) {
      const given = signature(state, known);
      const codes = given.length < 2 ? given : Float64Array.from(new Set(given)).sort();
      const key = `${classOf[state]}|${codes.join()}`;
      let name = names.get(key);
      if (name === undefined) names.set(key, (name = { number: names.size, codes: Array.from(codes) }));
      next[state] = name.number;
      signatures.push(name.codes);
    }
    classOf = next;
    if (names.size === classes) return { classOf, rounds };
    classes = names.size;
  }
}

function numbered(given: Int32Array, rounds: number): Partition {
  const numbers = new Map<number, number>();
  const classOf = given.map((one) => numbers.get(one) ?? (numbers.set(one, numbers.size), numbers.size - 1));
  return { classOf, classes: numbers.size, rounds };
}

const highest = (numbers: Int32Array): number => numbers.reduce((most, one) => Math.max(most, one), 0);
