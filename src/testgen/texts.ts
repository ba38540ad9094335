/**
 * A path as a scenario: the text whose run takes the same steps, in the same order.
 *
 * Where a thread goes from its call to its answer undisturbed, that is a `call`; where others come in between, `start` and `step`.
 */
import { environment, nameOf } from '../../machines/address.ts';
import type { Said } from '../../machines/chart.ts';
import { answersTo, drawsOf } from '../../machines/environment.ts';
import { errnoName } from '../../machines/kernel.ts';
import type { Model } from '../../machines/model.ts';
import type { Topology } from '../../machines/topology.ts';
import { replay } from '../check/replay.ts';
import type { WayStep } from '../check/path.ts';
import { ModelError } from '../errors.ts';
import { callText, deviceLine, driverLine, optionLines } from '../scenario/declare.ts';
import { doerOf } from '../scenario/doer.ts';
import { updated } from '../scenario/expected.ts';
import { threadOfActor } from '../scenario/names.ts';
import { parseScenario } from '../scenario/parse.ts';
import { printBlock } from '../scenario/print.ts';
import { play } from '../scenario/run.ts';
import { isAnswer, System, type Fact, type Flight, type World } from '../world/world.ts';

/** Facts of one thread on end; `call` when it begins one. */
interface Stretch {
  readonly thread: string;
  readonly call?: Said;
  readonly facts: readonly { readonly fact: Fact; readonly before: World }[];
  /** The message that comes before others of the thread. */
  readonly take?: string;
  /** It ends with the answer of the call. */
  readonly whole: boolean;
}

/** Names of threads as a scenario can write them. */
const word = (thread: string): string => thread.replaceAll(/[^\w-]/g, '_');

/**
 * The text of a path.
 *
 * @param header lines for the top, without `#`; the last of them says what to expect
 * @param outputs also what happens, as `run` compares it
 * @throws {ModelError} `impossible-way` when the system does not allow the path, or when no text means just this order
 */
export function scenarioOf(model: Model, topology: Topology, steps: readonly WayStep[], header: readonly string[], outputs = true): string {
  const system = new System(model, topology);
  const { facts, before } = replay(system, steps);
  const stretches = stretchesOf(system, facts, before);
  const lines = [...header.map((line) => `# ${line}`), `# Models: ${model.name}`, ...declarations(topology, stretches), '', ...workers(stretches).map((worker) => `hold ${worker}`)];
  for (const stretch of stretches) lines.push(...commands(stretch, topology));
  const text = `${lines.join('\n')}\n`;
  const scenario = parseScenario(text, 'the generated scenario');
  const played = play(scenario, model);
  const plain = ({ from, to, event }: Fact) => JSON.stringify([thread(from), thread(to), Object.entries({ ...event, from: thread(event.from) }).filter(([key, value]) => key !== 'attach' || (value as unknown) !== 0).sort(([one], [other]) => (one < other ? -1 : 1))]);
  for (const [index, fact] of facts.entries()) {
    const other = index < played.log.length ? played.log.fact(index) : undefined;
    if (other === undefined || plain(other) !== plain(fact))
      throw new ModelError('impossible-way', `a scenario cannot say this order: ${fact.event.type} to ${fact.to}`, { at: `fact ${index} of the path` });
  }
  if (!outputs) return text;
  return updated(scenario, [{ model: model.name, blocks: played.blocks.map((block) => printBlock(played, block)) }]);
}

/** The same for every actor of a thread. */
const thread = (address: string): string => (address.startsWith('thread:') ? `thread:${word(threadOfActor(nameOf(address)))}` : address.replace(/^(vfio_container|iommufd_ctx|domain|owner):.*/, '$1'));

/** A fact as the player meets it. */
interface Met {
  readonly fact: Fact;
  readonly before: World;
  readonly doer: string;
  readonly begins: boolean;
  /** An answer in flight: it is delivered before anything else, whoever goes on. */
  readonly answer: boolean;
  /** Another message of the thread would be next. */
  readonly take: boolean;
}

function metOf(system: System, facts: readonly Fact[], before: readonly World[]): Met[] {
  const doers: (string | undefined)[] = [];
  return facts.map((fact, index) => {
    const world = before[index] as World;
    const begins = fact.from === environment && !isAnswer(fact.event);
    const flight = begins ? undefined : flightOf(world, fact);
    const doer = flight === undefined ? threadOfActor(nameOf(fact.to)) : doerOf(system, world, flight, doers);
    doers.push(doer);
    if (doer === undefined) throw new ModelError('impossible-way', `nobody takes this step: ${fact.event.type} to ${fact.to}`, { at: `fact ${index} of the path` });
    const answer = flight !== undefined && isAnswer(flight.event);
    const next = begins || answer ? flight : system.choices(world).map((choice) => world.flight[(choice as { index: number }).index]).find((one) => one !== undefined && doerOf(system, world, one, doers) === doer);
    return { fact, before: world, doer, begins, answer, take: next !== flight };
  });
}

function stretchesOf(system: System, facts: readonly Fact[], before: readonly World[]): Stretch[] {
  const met = metOf(system, facts, before);
  const stretches: Stretch[] = [];
  for (let at = 0; at < met.length;) {
    const first = met[at] as Met;
    const { doer: thread } = first;
    // Answers that are left belong to whoever they wake.
    let end = at + 1;
    if (!first.take) while (end < met.length && goesOn(met, end, thread, first.answer)) end++;
    if (!first.take) while (end > at + 1 && (met[end - 1] as Met).doer !== thread) end--;
    const mine = met.slice(first.begins ? at + 1 : at, end).filter(({ doer }) => doer === thread);
    const last = met[end - 1] as Met;
    const whole = first.begins && last.fact.to === environment && isAnswer(last.fact.event) && last.doer === thread && (met[end]?.answer ?? false) === false;
    stretches.push({ thread, ...(first.begins ? { call: first.fact.event } : {}), ...(first.take ? { take: first.fact.event.type } : {}), facts: mine, whole });
    at = end;
  }
  return stretches;
}

/** The stretch of a thread reaches over its next fact: its own, or an answer on the way. */
const goesOn = (met: readonly Met[], at: number, thread: string, onlyAnswers: boolean): boolean => {
  const { doer, begins, answer, take } = met[at] as Met;
  return answer ? !onlyAnswers || doer === thread : !onlyAnswers && !begins && !take && doer === thread;
};

/** The message that a fact delivered: its answer, where the environment answered it. */
const flightOf = ({ flight }: World, { from, to, event, cause }: Fact): Flight | undefined => flight.find((one) => one.cause === cause &&
  (one.to === environment && from === environment ? one.event.from === to && `${one.event.type}.ret` === event.type : one.to === to && one.event.type === event.type && one.event.from === event.from));

/** Threads of the kernel's own that take part. */
const workers = (stretches: readonly Stretch[]): string[] =>
  [...new Set(stretches.map((stretch) => stretch.thread))].flatMap((name) => (name.startsWith('async:') ? [`async ${nameOf(name)}`] : name === 'deferred_probe_work' ? [name] : []));

const named = (name: string): string => (name.startsWith('async:') ? `async ${nameOf(name)}` : word(name));

function commands({ thread, call, facts, whole, take }: Stretch, topology: Topology): string[] {
  const answers = scripted(facts, topology);
  if (take !== undefined) return [...answers, `step ${named(thread)} take ${take}`];
  if (call === undefined) return [...answers, `step ${named(thread)} ${facts.length}`];
  const text = `${named(thread)} ${callText(call)}`;
  return whole ? [...answers, `call ${text}`] : [`start ${text}`, ...answers, ...(facts.length > 0 ? [`step ${named(thread)} ${facts.length}`] : [])];
}

/** What the environment has to be told, because it is not the usual. */
function scripted(facts: Stretch['facts'], topology: Topology): string[] {
  const plainTopology = { ...topology, answers: {} };
  const asked = facts.flatMap(({ fact: { event, from, to } }) => {
    if (from === environment && isAnswer(event)) {
      const call = event.type.slice(0, -4);
      return [{ call, ret: Number(event['ret']), usual: usualAnswer(facts, call, to, plainTopology) }];
    }
    return drawsOf(event, topology).length > 0 ? [{ call: event.type, ret: Number(event['attach'] ?? 0), usual: 0 }] : [];
  });
  const unusual = new Set(asked.filter(({ ret, usual }) => ret !== usual).map(({ call }) => call));
  return asked.filter(({ call }) => unusual.has(call)).map(({ call, ret }) => `answer ${call} ${ret < 0 ? errnoName(ret) : ret}`);
}

function usualAnswer(facts: Stretch['facts'], call: string, to: string, topology: Topology): number | undefined {
  for (const { before } of facts) {
    const flight = before.flight.find(({ event, to: whom }) => whom === environment && event.type === call && event.from === to);
    if (flight !== undefined) return answersTo(flight.event, topology)[0];
  }
  return undefined;
}

/** The topology in the lines of a scenario; only the threads that act. */
export function declarations({ devices, drivers, threads, options }: Topology, stretches: readonly { readonly thread: string }[]): string[] {
  const acting = new Set(stretches.map((stretch) => stretch.thread));
  const names = [...new Set(threads.map(({ name }) => threadOfActor(name)))].filter((name) => acting.has(name));
  const entries = (name: string) => threads.filter((thread) => threadOfActor(thread.name) === name).map(({ entry }) => entry);
  return [
    ...devices.map(deviceLine), ...drivers.map(driverLine),
    ...names.map((name) => `${entries(name).some((entry) => /_user$|^d\w*_owner$/.test(entry)) ? 'user' : 'thread'} ${word(name)} ${entries(name).join(' ')}`),
    ...optionLines(options),
  ];
}
