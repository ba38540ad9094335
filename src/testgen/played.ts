/**
 * A scenario, played, as a test of a suite: one step for each call, with what it answers and what a recorder sees meanwhile.
 */
import { environment, kindOf, nameOf } from '../../machines/address.ts';
import { errnoName } from '../../machines/kernel.ts';
import type { Model } from '../../machines/model.ts';
import type { Topology } from '../../machines/topology.ts';
import { recorders } from '../../machines/tracepoints.ts';
import { ModelError } from '../errors.ts';
import { shown, threadOfActor } from '../scenario/names.ts';
import { parseScenario, type Command, type Scenario } from '../scenario/parse.ts';
import { play, type Played, type PlayedBlock } from '../scenario/run.ts';
import { Labels, visibleWords, type Label } from '../trace/label.ts';
import { isAnswer } from '../world/world.ts';
import { moduleOf, operationOf } from './operations.ts';
import type { Suite, SuiteFact, SuiteStep, SuiteTest } from './suite.ts';

/** Every call that a machine can be made to do is a step of its own. */
const split = (scenario: Scenario): Scenario =>
  ({ ...scenario, blocks: scenario.blocks.flatMap((block) => block.commands.map((command) => ({ ...block, commands: [command] }))) });

/**
 * The test that a scenario is. Without facts where nobody has recorded the kernel of the model.
 *
 * @param text a scenario in which only `call` occurs: nothing else can be forced from user space
 * @throws {ModelError} `bad-scenario`: it cannot be played, or has a line that a real machine cannot be made to do
 */
export function testOf(text: string, name: string, model: Model, goals: readonly string[] = []): SuiteTest {
  const scenario = split(parseScenario(text, name));
  const played = play(scenario, model);
  const recorder = recorders[model.name];
  const labels = new Labels(recorder === undefined ? new Set() : visibleWords(recorder, () => true));
  const waiting = new Map<string, number>();
  const steps = scenario.blocks.map(({ commands }, index): SuiteStep => {
    const [command] = commands as [Command];
    const block = played.blocks[index] as PlayedBlock;
    const call = command.kind === 'call' ? command : refuse(command, name, 'it is no call');
    const operation = operationOf(call.call) ?? refuse(command, name, `${call.call.type} cannot be called from user space`);
    const [mine, ends] = returns(block, call.thread, waiting);
    if (mine === undefined) waiting.set(call.thread, index);
    return {
      by: call.thread, call: textOf(scenario, command), do: operation,
      expect: mine === undefined ? { waits: true } : answer(mine), ends, facts: factsOf(played, block, labels),
    };
  });
  return { name, goals: [...goals], scenario: text, steps };
}

function refuse({ line }: Command, name: string, why: string): never {
  throw new ModelError('bad-scenario', `no machine can be made to do this: ${why}`, { at: `line ${line} of ${name}`, accepted: 'call THREAD COMMAND, with a command of sysfs, modules, VFIO or iommufd' });
}

const textOf = ({ lines }: Scenario, { line }: Command): string => (lines[line - 1] ?? '').trim().replace(/^call \S+ /, '');

const answer = (ret: number) => (ret < 0 ? { ret, errno: errnoName(ret).replace(/^-/, '') } : { ret });

/** What the caller of this step gets, and who gets an answer that he waited for. */
function returns({ facts }: PlayedBlock, thread: string, waiting: Map<string, number>): [number | undefined, SuiteStep['ends']] {
  let mine: number | undefined;
  const ends: SuiteStep['ends'] = [];
  for (const { fact: { from, to, event } } of facts) {
    if (to !== environment || kindOf(from) !== 'thread' || !isAnswer(event)) continue;
    const who = threadOfActor(nameOf(from));
    const step = waiting.get(who);
    waiting.delete(who);
    if (step !== undefined) ends.push({ step, ...answer(Number(event['ret'])) });
    else if (who === thread) mine = Number(event['ret']);
  }
  return [mine, ends];
}

function factsOf({ system }: Played, { facts }: PlayedBlock, labels: Labels): SuiteFact[] {
  return facts.flatMap(({ fact: { to, event }, before }) => {
    if (to === environment) return [];
    const actor = system.actors[system.indexOf(to)] as (typeof system.actors)[number];
    return labels.of(to, event, actor.move(system.local(before, to), event)).map((label) => factOf(label));
  });
}

function factOf({ says, at, args, group, after }: Label): SuiteFact {
  const text = (key: string) => {
    const value = args[key];
    return typeof value === 'string' && value !== '' ? { [key]: value } : {};
  };
  const owner_cnt = after?.context['owner_cnt'];
  const whose = group ?? args['group'];
  return {
    function: says, at, ...text('device'), ...text('driver'), ...text('action'),
    ...(typeof whose === 'string' ? { group: Number(nameOf(whose)) } : {}),
    ...(at === 'return' && typeof args['ret'] === 'number' ? { ret: args['ret'] } : {}),
    ...(typeof owner_cnt === 'number' ? { owner_cnt } : {}),
  };
}

/** A suite of these tests, which share a topology. */
export function suiteOf(model: Model, topology: Topology, tests: readonly SuiteTest[]): Suite {
  const users = [...new Set(tests.flatMap(({ steps }) => steps.flatMap(({ by, do: { kind } }) => (kind === 'file' ? [by] : []))))];
  return {
    schema: 'dma-ownership/suite@1', model: model.name, topology: { ...topology },
    devices: Object.fromEntries(topology.devices.map(({ name, group }) => [name, { group }])),
    drivers: Object.fromEntries(topology.drivers.map(({ name, vfio, driver_managed_dma, registered }) => [name, { module: moduleOf(name), vfio, driver_managed_dma, loaded: registered }])),
    users: users.map((user) => shown(`thread:${user}`)), tests: [...tests],
  };
}
