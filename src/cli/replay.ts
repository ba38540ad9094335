/** `dma-ownership replay RUN`: takes a stored run again, and prints the world at any fact of it. */
import { ModelError } from '../errors.ts';
import { branch } from '../log/runs/branch.ts';
import { machineHash } from '../log/runs/machine.ts';
import { runNamed } from '../log/runs/stored.ts';
import { travel } from '../log/runs/travel.ts';
import { printWorld } from '../scenario/print.ts';
import type { Said } from '../../machines/chart.ts';
import { count } from './asked.ts';
import { exit, type Exit } from './exit.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';
import { by, reading, withStore } from './store.ts';

type Options = { readonly log: string; readonly to?: number; readonly snapshots: boolean; readonly branch?: true; readonly call?: string[] };

export function register(program: Program): void {
  reading(program.command('replay'))
    .description('take a stored run again, hold every fact against the charts, and print the world')
    .argument('<run>', 'the beginning of its id, or last')
    .option('--to <seq>', 'the world before this fact; default: after the last', count('--to'))
    .option('--no-snapshots', 'from the first fact on, whatever was kept on the way')
    .option('--branch', 'store the facts so far as a new run, which goes on from there with --call')
    .option('--call <calls...>', 'with --branch: a thread and its call as JSON, such as \'vm1 {"type":"claim","group":"group:8"}\'')
    .values({ run: ['last'] })
    .ends({ holds: 'the charts take every fact as it was', violation: 'they take one otherwise', badInput: 'there is no such run, or the store cannot be read' })
    .examples([
      ['replay last', 'the world at the end'],
      ['replay last --to 30', 'the world before fact 30'],
      ['replay last --to 0 --branch --call \'vm1 {"type":"claim","group":"group:8"}\'', 'another run from there on'],
    ])
    .does(replayed);
}

async function replayed(out: Output, name: string, options: Options): Promise<Exit> {
  if (options.call !== undefined && options.branch !== true) throw new ModelError('wrong-use', 'a call needs a branch to stand in', { at: '--call', accepted: '--branch --call ...' });
  return withStore(options.log, options.branch === true ? 'write' : 'read', async (store) => {
    const run = await runNamed(store, name);
    if (options.to !== undefined && options.to > run.facts) throw new ModelError('wrong-use', `the run has ${run.facts} facts`, { at: `--to ${options.to}`, accepted: `0 to ${run.facts}` });
    const result = await travel(store, run, { ...(options.to === undefined ? {} : { to: options.to }), snapshots: options.snapshots });
    const { system, world, steps, same } = result;
    const other = run.began.machine !== machineHash(run.began.model);
    const branched = same && options.branch === true ? await branch(store, run, world.seq, { by: by(), calls: (options.call ?? []).map(parsed) }) : undefined;
    const lines = printWorld(system, world);
    out.result({
      schema: 'dma-ownership/replay@1', run: run.id, model: run.began.model, facts: run.facts, at: world.seq, same, steps, machine: { recorded: run.began.machine, now: machineHash(run.began.model) },
      ...(result.same ? {} : { differs: { seq: result.seq, reason: result.reason } }), ...(branched === undefined ? {} : { branch: branched }),
      atRest: system.atRest(world), world: Object.fromEntries(world.locals.map(({ value, context }, index) => [system.actors[index]?.address ?? '', { value, context }])), text: lines,
    }, () => [
      `run ${run.id}: ${run.began.what}`,
      `  model ${run.began.model}${other ? ', charts that were edited since' : ''}; before fact ${world.seq} of ${run.facts}, ${steps} steps taken again${system.atRest(world) ? ', at rest' : ''}`,
      ...(result.same ? [] : [`  ${out.paint('red', 'differs')}: ${result.reason}`]),
      ...lines.map((line) => `  ${line}`),
      ...(branched === undefined ? [] : [`branch ${branched}`]),
    ].join('\n'));
    return same ? exit.holds : exit.violation;
  });
}

function parsed(text: string): { thread: string; call: Said } {
  const [, thread, json] = /^(\S+)\s+(\{.*\})$/s.exec(text) ?? [];
  try {
    const call = JSON.parse(json ?? '') as Said;
    if (thread !== undefined && typeof call.type === 'string') return { thread: thread.startsWith('thread:') ? thread : `thread:${thread}`, call };
  } catch {
    // said below
  }
  throw new ModelError('wrong-use', `${JSON.stringify(text)} is no call`, { at: '--call', accepted: 'a thread and a JSON object with a type', hint: '--call \'vm1 {"type":"claim","group":"group:8"}\'' });
}
