/**
 * A run as a scenario text: topology, commands in the order of the run, and the output that they have.
 *
 * A call that nobody interrupts is a `call`; the others are `start` and `step THREAD N`. Answers that are not the usual
 * ones stand before the step that asks for them. Whether the text plays the very same run is tried out.
 */
import { environment, nameOf } from '../../machines/address.ts';
import type { Message } from '../../machines/chart.ts';
import { answersTo, draws } from '../../machines/environment.ts';
import { errnoName } from '../../machines/kernel.ts';
import type { Topology } from '../../machines/topology.ts';
import { ModelError } from '../errors.ts';
import { choiceOf } from '../log/replay.ts';
import { isAnswer, type Fact, type System } from '../world/world.ts';
import { commandsOf } from './commands.ts';
import { callText, deviceLine, driverLine, optionLines } from './declare.ts';
import { doerOf } from './doer.ts';
import { updated } from './expected.ts';
import { threadOfActor } from './names.ts';
import { parseScenario } from './parse.ts';
import { printBlock } from './print.ts';
import { play } from './run.ts';

export interface Written {
  readonly text: string;
  /** Played, the text gives these facts and no others. False: scenarios have no words for this order of events. */
  readonly exact: boolean;
}

/** @param facts of one run of `system`, from its beginning; @param about what the first line says */
export function scenarioText(system: System, facts: readonly Fact[], { about }: { readonly about: string }): Written {
  const head = [`# ${about.replaceAll(/\s+/g, ' ')}`, '# Expect: sometimes, in this order of events.', `# Models: ${system.model.name}`, ...topologyLines(system, facts)];
  const text = (pretty: boolean): string => [...head, '', ...commands(system, facts, pretty), ''].join('\n');
  for (const pretty of [true, false]) {
    const played = tried(system, facts, text(pretty));
    if (played !== undefined) return { text: played, exact: true };
  }
  return { text: text(false), exact: false };
}

/** The text with its output, when it plays these facts. */
function tried(system: System, facts: readonly Fact[], text: string): string | undefined {
  try {
    const scenario = parseScenario(text, 'the run');
    const played = play(scenario, system.model);
    const { log } = played;
    const same = log.length === facts.length && facts.every((fact, seq) => told(log.fact(seq)) === told(fact));
    return same ? updated(scenario, [{ model: system.model.name, blocks: played.blocks.map((block) => printBlock(played, block)) }]) : undefined;
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

/** A thread has one actor for each entry point; which of them has the plain name, the text decides anew. So is the order of arguments. */
const told = ({ from, to, event, cause }: Fact): string => JSON.stringify([from, to, Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1)), cause]).replaceAll(/thread:[^"]*/g, (address) => `thread:${threadOfActor(nameOf(address))}`);

function topologyLines({ topology, model }: System, facts: readonly Fact[]): string[] {
  const { devices, drivers, threads, options } = topology;
  const used = new Set(facts.filter(({ from, cause }) => cause === null && from === environment).map(({ to }) => nameOf(to)));
  const table = commandsOf(model);
  const names = [...new Set(threads.map(({ name }) => threadOfActor(name)))];
  return [
    ...devices.map(deviceLine), ...drivers.map(driverLine),
    ...names.map((name) => {
      const entries = threads.filter((thread) => threadOfActor(thread.name) === name && used.has(thread.name)).filter(({ entry }) => [...table.values()].some((list) => list.includes(entry) && list[0] !== entry)).map(({ entry }) => entry);
      return ['thread', name, ...entries].join(' ');
    }),
    ...optionLines(options),
  ];
}

/** Facts of one thread without another's between them. */
interface Stretch {
  readonly thread: string;
  readonly begins: Fact | null;
  steps: number;
  readonly answers: { readonly call: string; readonly of: string | null; readonly ret: number; readonly usual: boolean }[];
  /** The thread has its answer, and nobody else could go on then. */
  alone: boolean;
}

function commands(system: System, facts: readonly Fact[], pretty: boolean): string[] {
  return stretches(system, facts).flatMap(({ thread, begins, steps, answers, alone }) => {
    const scripted = answers.filter(({ call }) => answers.some((one) => one.call === call && !one.usual)).map(({ call, of, ret }) => ['answer', call, ...(of === null ? [] : [of]), errnoName(ret)].join(' '));
    if (begins !== null && alone && pretty) return [...scripted, `call ${thread} ${callText(begins.event)}`];
    return [...(begins === null ? [] : [`start ${thread} ${callText(begins.event)}`]), ...scripted, ...(steps === 0 ? [] : [`step ${words(thread)} ${steps}`])];
  });
}

const words = (thread: string): string => thread.replace(/^async:/, 'async ');

function stretches(system: System, facts: readonly Fact[]): Stretch[] {
  const usual: Topology = { ...system.topology, answers: {} };
  const found: Stretch[] = [];
  const doers: (string | undefined)[] = [];
  /** Answers to others, which come by themselves while a thread goes on. */
  let others: string[] = [];
  let world = system.initial();
  const stretch = (thread: string, begins: Fact | null): Stretch => {
    const last = found.at(-1);
    if (last?.thread === thread && begins === null) return last;
    // Nothing is delivered while a thread begins: what was on its way then was delivered before.
    if (begins !== null && others.some((one) => one !== '')) {
      const [first = ''] = others;
      stretch(first, null);
    }
    const made = { thread, begins, steps: others.filter((one) => one === thread).length, answers: [], alone: false };
    found.push(made);
    others = [];
    return made;
  };
  for (const fact of facts) {
    const choice = choiceOf(system, world, fact);
    if (choice === undefined) throw new ModelError('wrong-use', `the system does not take fact ${fact.seq}`, { usually: 'facts of another system' });
    const flight = choice.kind === 'start' ? undefined : world.flight[choice.index];
    const doer = flight === undefined ? threadOfActor(nameOf(fact.to)) : doerOf(system, world, flight, doers) ?? '';
    doers.push(doer);
    const forced = flight !== undefined && isAnswer(flight.event);
    if (forced && found.at(-1)?.thread !== doer) others.push(doer);
    else {
      const own = stretch(doer, flight === undefined ? fact : null);
      if (flight !== undefined) {
        own.steps++;
        if (own === found.at(-1)) others = [];
        own.answers.push(...answered(fact, flight.event, usual));
      }
    }
    world = system.step(world, choice).world;
    const last = found.at(-1);
    if (last !== undefined) last.alone = world.flight.length === 0 && fact.to === environment && isAnswer(fact.event) && fact.from === last.begins?.to;
  }
  for (const doer of new Set(others)) if (doer !== '') stretch(doer, null);
  return found;
}

/** What the environment said in this fact, and whether it would have said so by itself. */
function answered({ from, event }: Fact, call: Message, usual: Topology): Stretch['answers'] {
  const of = typeof call['device'] === 'string' ? call['device'] : null;
  if (from === environment && isAnswer(event)) return [{ call: call.type, of, ret: Number(event['ret']), usual: answersTo(call, usual)[0] === event['ret'] }];
  if (draws[call.type] === undefined || event['attach'] === undefined) return [];
  return [{ call: call.type, of: null, ret: Number(event['attach']), usual: event['attach'] === 0 }];
}
