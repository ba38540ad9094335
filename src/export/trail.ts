/**
 * What Spin found in an exported model, as a way of ours: which option was taken at each step, then the step itself.
 */
import { Round } from '../check/round.ts';
import type { Ints } from '../check/ints.ts';
import { stepOf, type WayStep } from '../check/path.ts';
import type { Property } from '../check/property.ts';
import type { Subject } from '../check/subject.ts';
import { Tables } from '../check/tables.ts';
import { ModelError } from '../errors.ts';
import { initialMark, subjectMark } from './promela.ts';

/** One transition of Spin: the choice with this place among those of an actor. */
export interface Taken {
  readonly address: string;
  readonly place: number;
}

/** What a Promela text says it was made of. */
export interface MadeOf {
  readonly model: string;
  readonly together: number | null;
  readonly topology: unknown;
}

/**
 * Reads what a Promela text of ours was made of.
 *
 * @param name how errors name the text
 * @throws {ModelError} `not-a-trail`: another text
 */
export function madeOf(text: string, name: string): MadeOf {
  const line = text.split('\n').find((one) => one.startsWith(` * ${subjectMark}{`));
  if (line === undefined)
    throw new ModelError('not-a-trail', 'this model does not say what it was made of', { at: name, accepted: 'a text that export --to promela wrote', usually: 'a model that was written by hand' });
  return JSON.parse(line.slice(` * ${subjectMark}`.length).replaceAll('* /', '*/')) as MadeOf;
}

/** A statement as `spin -t -p` prints it: the first of a step is that of its option. */
const statement = /^\s*(\d+):\s+proc\s+0 \(worlds:1\) ([^\s:]+):(\d+) \(state \d+\)\s+\[/;
const hint = 'beside the model and its .trail: spin -t -p MODEL.pml > steps.txt, and give that';

/** Name of the model that a printed trail goes through. @throws {ModelError} `not-a-trail` */
export function modelOf(printed: string, name: string): string {
  const found = printed.split('\n').map((line) => statement.exec(line)?.[2]).find((one) => one !== undefined);
  if (found !== undefined) return found;
  throw new ModelError('not-a-trail', 'no step of a trail is printed here', {
    at: name, accepted: 'what "spin -t -p MODEL.pml" prints', hint,
    ...(/\[D_STEP\d+\]/.test(printed) ? { usually: 'what "./pan -r" prints, which leaves out the step that fails' } : {}),
  });
}

/**
 * The options of a printed trail, in their order.
 *
 * @throws {ModelError} `not-a-trail`: a step at a line where the text has no option, or steps are missing
 */
export function optionsTaken(printed: string, text: string, name: string): Taken[] {
  const lines = text.split('\n');
  const taken: Taken[] = [];
  let seen = 0;
  let before = 0; // assertions about the initial world are steps of Spin and none of ours
  for (const [at, line] of printed.split('\n').entries()) {
    const match = statement.exec(line);
    const step = Number(match?.[1]);
    if (match === null || step === seen) continue; // the same step goes on
    seen = step;
    const here = lines[Number(match[3]) - 1] ?? '';
    if (here.endsWith(initialMark)) {
      before++;
      continue;
    }
    const option = /\/\* option (\d+) of (\S+) \*\/$/.exec(here);
    const missing = option === null ? `the model has no option at line ${match[3]}` : step === taken.length + before + 1 ? undefined : `step ${step} comes after step ${seen}`;
    if (option === null || missing !== undefined)
      throw new ModelError('not-a-trail', missing ?? '', { at: `line ${at + 1} of ${name}`, accepted: 'a step of the model', hint: 'print the trail with the very model that it was found in' });
    taken.push({ place: Number(option[1]), address: option[2] as string });
  }
  return taken;
}

/** A way, and the properties that are decided on it: broken, or for `sometimes` found. */
export interface Followed {
  readonly steps: readonly WayStep[];
  readonly decided: readonly Property[];
}

/**
 * Takes the options one by one, in the tables that `check` uses.
 *
 * @throws {ModelError} `not-a-trail`: an option that is not there in this world
 */
export function follow(subject: Subject, properties: readonly Property[], taken: readonly Taken[]): Followed {
  const tables = new Tables(subject, properties);
  const round = new Round(tables, properties, { partialOrder: false, symmetry: false });
  const { search } = round;
  const judge = (step: number) => {
    const open = search.nodes.filter((node, actor) => countOf(tables, actor, node) > 0).length;
    round.discovered(step, search.nodes);
    round.expanding(step, search.nodes, search.nodes.every((node, actor) => tables.quiet(actor, node)), open);
  };
  const steps: WayStep[] = [];
  judge(0);
  for (const [index, { address, place }] of taken.entries()) {
    const actor = subject.indexOf(address);
    const node = search.nodes[actor] as number;
    const choice = ((tables.first[actor] as Ints).data[node] as number) + place;
    if (place >= countOf(tables, actor, node) || !search.choices().includes(choice))
      throw new ModelError('not-a-trail', `${address} has no choice ${place} here`, { at: `step ${index + 1}`, usually: 'a model that was exported by another version, or changed by hand' });
    steps.push(stepOf(round, choice));
    round.decided(search.apply(choice), index, [choice]);
    judge(index + 1);
  }
  return { steps, decided: properties.filter((property) => round.found.has(property)) };
}

function countOf(tables: Tables, actor: number, node: number): number {
  if ((tables.first[actor] as Ints).data[node] === -1) tables.expand(actor, node);
  return (tables.count[actor] as Ints).data[node] as number;
}
