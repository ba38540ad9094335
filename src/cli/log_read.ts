/** `log show`, `log why`, `log owners`: one run, read. */
import { nameOf } from '../../machines/address.ts';
import { errnoName } from '../../machines/kernel.ts';
import { words } from '../check/replay.ts';
import { ModelError } from '../errors.ts';
import { holders, renderHolder } from '../log/holder.ts';
import type { Recorded, State } from '../log/facts.ts';
import { factOf, runStream } from '../log/runs/forms.ts';
import { bindings, cleanups, leaks, owners, project, refusals, type Owned } from '../log/runs/projections.ts';
import { circumstantial, factsOf, loaded, runNamed } from '../log/runs/stored.ts';
import { renderChain, why } from '../log/why.ts';
import { count } from './asked.ts';
import { exit, type Exit } from './exit.ts';
import { interruption } from './interrupt.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';
import { reading, withStore } from './store.ts';

type Options = { readonly log: string };
type Show = Options & { readonly object?: string; readonly function?: string; readonly errno?: string; readonly from?: number; readonly to?: number; readonly follow?: true; readonly summary?: true };

export function registerShow(log: Program): void {
  reading(log.command('show'))
    .description('the facts of a run')
    .argument('[run]', 'the beginning of its id, or last', 'last')
    .option('--object <name>', 'only facts about this device, group, driver or thread, such as 0000:02:00.0 or group:8')
    .option('--function <name>', 'only calls, answers and words of this function')
    .option('--errno <name>', 'only answers with this error, such as -EBUSY; any: with an error')
    .option('--from <seq>', 'from this fact on', count('--from'))
    .option('--to <seq>', 'before this fact', count('--to'))
    .option('--follow', 'and then whatever is written, until Ctrl-C or the end of the run')
    .option('--summary', 'no facts, but what they come to: drivers, clean-ups with causes, refusals with holders, what is held at the end')
    .does(show);
}

export function registerWhy(log: Program): void {
  reading(log.command('why'))
    .description('the chain of causes of a fact, back to what somebody did, and who stood in the way')
    .argument('<seq>', 'number of the fact', count('SEQ'))
    .argument('[run]', 'the beginning of its id, or last', 'last')
    .option('--all', 'every hop, with locks and passive reads')
    .does(explain);
}

export function registerOwners(log: Program): void {
  reading(log.command('owners'))
    .description('who owned a group when')
    .argument('<group>', 'its number')
    .argument('[run]', 'the beginning of its id, or last', 'last')
    .option('--at <seq>', 'before this fact only', count('--at'))
    .does(owned);
}

const line = ({ seq, from, to, event, said }: Recorded): string => [`${String(seq).padStart(6)}  ${from} -> ${to}  ${words(event)}`, ...said.map((word) => `${''.padEnd(10)}${words(word)}`)].join('\n');

function wanted({ object, function: function_, errno, from = 0, to = Infinity }: Show): (fact: Recorded) => boolean {
  const about = (value: unknown) => typeof value === 'string' && object !== undefined && (value === object || nameOf(value) === object);
  const is = (type: string) => type === function_ || type === `${function_ ?? ''}.ret`;
  return ({ seq, from: sender, to: receiver, event, said }) => seq >= from && seq < to
    && (object === undefined || about(sender) || about(receiver) || Object.values(event).some(about))
    && (function_ === undefined || is(event.type) || said.some(({ type }) => is(type)))
    && (errno === undefined || (typeof event['ret'] === 'number' && event['ret'] < 0 && (errno === 'any' || errnoName(event['ret']) === errno || errnoName(event['ret']) === `-${errno}`)));
}

async function show(out: Output, name: string, options: Show): Promise<Exit> {
  const wants = wanted(options);
  return withStore(options.log, 'read', async (store) => {
    const run = await runNamed(store, name);
    if (options.summary === true) {
      const [{ cleanups: found }, held, devices] = [await project(store, run, cleanups), await project(store, run, refusals), await project(store, run, bindings)];
      const left = leaks(held, devices);
      out.result({ schema: 'dma-ownership/log-summary@1', run: run.id, devices, cleanups: found, refusals: held.refusals, held: left } as { schema: string }, () => [
        ...Object.entries(devices).map(([device, history]) => `${device}: ${history.map(({ seq, driver, presence }) => `${presence === 'present' ? driver ?? 'unbound' : presence}${seq === null ? '' : ` (${seq})`}`).join(', ')}`),
        ...found.map(({ seq, device, root, begun, failure, failed }) => `clean-up of ${device} at ${seq}: begun by ${begun} (${root})${failed === null ? '' : `, because of ${failed} (${failure})`}`),
        ...held.refusals.map(({ seq, group, answer, to, owner, users }) => `${group} refused ${to} at ${seq}: ${answer}; ${owner !== null ? `owned by ${owner}` : users.length > 0 ? `used by ${users.map(({ device }) => device).join(', ')}` : 'held by nobody'}`),
        ...left.map(({ group, kind, who, since }) => `${group} at the end: ${kind === 'owner' ? 'still claimed by' : 'counts'} ${who}${kind === 'owner' ? '' : ', which has no driver'} (${since ?? 'from the start'})`),
      ].join('\n'));
      return exit.holds;
    }
    const facts: Recorded[] = [];
    const print = (fact: Recorded): void => {
      if (!wants(fact)) return;
      if (out.json) facts.push(fact);
      else out.line(line(fact));
    };
    const head = await store.head(); // what comes after it may be read twice, never missed
    let next = 0;
    for await (const fact of factsOf(store, run)) {
      print(fact);
      next = fact.seq + 1;
    }
    if (options.follow === true) {
      for await (const item of store.subscribe({ after: head, prefix: runStream(run.id), signal: interruption() })) {
        if ('caughtUp' in item) {
          if ((await runNamed(store, run.id)).ended !== null) break;
        } else if (item.revision >= next) {
          next = item.revision + 1;
          print(circumstantial(item.revision, factOf(item), new Map<string, State>()));
        }
      }
    }
    out.result({ schema: 'dma-ownership/log-show@1', run: run.id, model: run.began.model, what: run.began.what, facts } as { schema: string }, () => `run ${run.id}, ${run.began.model}: ${run.began.what}`);
    return exit.holds;
  });
}

async function explain(out: Output, seq: number, name: string, { log, all }: Options & { readonly all?: true }): Promise<Exit> {
  return withStore(log, 'read', async (store) => {
    const run = await runNamed(store, name);
    const facts = await loaded(store, run);
    const chain = why(facts, seq, { all: all === true });
    const inTheWay = holders(facts, seq);
    out.result({ schema: 'dma-ownership/log-why@1', run: run.id, seq, chain, holders: inTheWay } as { schema: string }, () => [line(facts.fact(seq)), renderChain(chain), ...inTheWay.map(renderHolder)].join('\n'));
    return exit.holds;
  });
}

async function owned(out: Output, group: string, name: string, { log, at }: Options & { readonly at?: number }): Promise<Exit> {
  return withStore(log, 'read', async (store) => {
    const run = await runNamed(store, name);
    const groups = await project(store, run, owners, at === undefined ? {} : { to: Math.min(at, run.facts) });
    const history = groups[group.startsWith('group:') ? group : `group:${group}`];
    if (history === undefined) throw new ModelError('wrong-use', `the run has no group ${group}`, { at: `run ${run.id}`, accepted: Object.keys(groups).map(nameOf) });
    const shown = at === undefined ? history : history.slice(-1);
    out.result({ schema: 'dma-ownership/log-owners@1', run: run.id, group, ownership: shown } as { schema: string }, () => shown.map(ownership).join('\n'));
    return exit.holds;
  });
}

const ownership = ({ seq, ownership: state, owner, owner_cnt, domain, event, by }: Owned): string =>
  `${seq === null ? 'start' : String(seq).padStart(5)}  ${state}${owner_cnt === null ? '' : ` owner_cnt=${owner_cnt}`} domain=${domain}${owner === null ? '' : ` owner=${owner}`}${event === null ? '' : `  (${event} of ${by ?? ''})`}`;
