/** `log show`, `log why`, `log owners`: one run, read; of a recording, log_trace.ts does it. */
import { nameOf } from '../../machines/address.ts';
import type { Said } from '../../machines/chart.ts';
import { errnoName } from '../../machines/kernel.ts';
import { words } from '../check/replay.ts';
import { ModelError } from '../errors.ts';
import { holders, renderHolder } from '../log/holder.ts';
import type { Recorded } from '../log/facts.ts';
import { factOf, runStream } from '../log/runs/forms.ts';
import { bindings, cleanups, leaks, owners, project, refusals, type Owned } from '../log/runs/projections.ts';
import { circumstantial, loaded, runNamed } from '../log/runs/stored.ts';
import { renderChain, why } from '../log/why.ts';
import { count } from './asked.ts';
import { exit, type Exit } from './exit.ts';
import { entriesOf } from './follow.ts';
import { filtering, wantedFacts, type Filter } from './log_filter.ts';
import { ownersRecording, recordingNamed, showRecording, whyRecording } from './log_trace.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';
import { reading, withStore } from './store.ts';

type Options = { readonly log: string };
type Show = Options & Filter & { readonly follow?: true; readonly summary?: true };

export function registerShow(log: Program): void {
  filtering(reading(log.command('show')))
    .description('the facts of a run, or the events of a recording')
    .argument('[run]', 'the beginning of its id, or last', 'last')
    .option('--follow', 'and then whatever is written, until Ctrl-C or the end of the run')
    .option('--summary', 'no facts, but what they come to: drivers, clean-ups with causes, refusals with holders, what is held at the end')
    .values({ run: ['last'] }).ends({ holds: 'shown', badInput: 'the store cannot be read, or has no such run' })
    .examples([['log show', 'the facts of the newest run'], ['log show last --summary', 'what they come to'], ['log show --errno any --object group:8', 'what was refused at one group'], ['log show --follow', 'as they come, until Ctrl-C']])
    .does(show);
}

export function registerWhy(log: Program): void {
  reading(log.command('why'))
    .description('the chain of causes of a fact, back to what somebody did, and who stood in the way')
    .argument('<seq>', 'number of the fact; of a recording, the line in its file', count('SEQ'))
    .argument('[run]', 'the beginning of its id, or last', 'last')
    .option('--all', 'every hop, with locks and passive reads')
    .option('--follow', 'of a run that still goes on: wait for the fact')
    .values({ run: ['last'] }).ends({ holds: 'told', badInput: 'the store cannot be read, or has no such run' })
    .examples([['log why 5', 'of the newest run'], ['log why 5 last --all', 'with locks and passive reads']])
    .does(explain);
}

export function registerOwners(log: Program): void {
  reading(log.command('owners'))
    .description('who owned a group when')
    .argument('<group>', 'its number')
    .argument('[run]', 'the beginning of its id, or last', 'last')
    .option('--at <seq>', 'before this fact, or line of a recording, only', count('--at'))
    .option('--follow', 'and then every change, until Ctrl-C or the end of the run')
    .values({ run: ['last'] }).ends({ holds: 'told', badInput: 'the store cannot be read, or has no such run' })
    .examples([['log owners 8', 'of group 8, in the newest run'], ['log owners 8 last --at 5', 'before fact 5']])
    .does(owned);
}

/** A message with its errors by name. */
const named = ({ ret, ...event }: Said): string => words(typeof ret === 'number' && ret < 0 ? { ...event, type: `${event.type} ${errnoName(ret)}` } : ret === undefined ? event : { ...event, ret });
const line = ({ seq, from, to, event, said }: Recorded): string => [`${String(seq).padStart(6)}  ${from} -> ${to}  ${named(event)}`, ...said.map((word) => `${''.padEnd(10)}${named(word)}`)].join('\n');

async function show(out: Output, name: string, options: Show): Promise<Exit> {
  const wants = wantedFacts(options);
  return withStore(options.log, 'read', async (store) => {
    const recording = await recordingNamed(store, name);
    if (recording !== undefined) return showRecording(out, store, recording, options);
    const run = await runNamed(store, name);
    if (options.summary === true) {
      const [{ cleanups: found }, held, devices] = [await project(store, run, cleanups), await project(store, run, refusals), await project(store, run, bindings)];
      const left = leaks(held, devices);
      out.result({ schema: 'dma-ownership/log-summary@1', run: run.id, devices, cleanups: found, refusals: held.refusals, held: left }, () => [
        ...Object.entries(devices).map(([device, history]) => `${device}: ${history.map(({ seq, driver, presence }) => `${presence === 'present' ? driver ?? 'unbound' : presence}${seq === null ? '' : ` (${seq})`}`).join(', ')}`),
        ...found.map(({ seq, device, root, begun, failure, failed }) => `clean-up of ${device} at ${seq}: begun by ${begun} (${root})${failed === null ? '' : `, because of ${failed} (${failure})`}`),
        ...held.refusals.map(({ seq, group, answer, to, owner, users }) => `${group} refused ${to} at ${seq}: ${answer}; ${owner !== null ? `owned by ${owner}` : users.length > 0 ? `used by ${users.map(({ device }) => device).join(', ')}` : 'held by nobody'}`),
        ...left.map(({ group, kind, who, since }) => `${group} at the end: ${kind === 'owner' ? 'still claimed by' : 'counts'} ${who}${kind === 'owner' ? '' : ', which has no driver'} (${since ?? 'from the start'})`),
      ].join('\n'));
      return exit.holds;
    }
    const facts: Recorded[] = [];
    const states = new Map(Object.entries(run.began.initial));
    const ended = async () => (await runNamed(store, run.id)).ended !== null;
    for await (const entry of entriesOf(store, runStream(run.id), options.follow === true ? out : null, ended)) {
      const stored = factOf(entry);
      const fact = circumstantial(entry.revision, stored, states);
      if (!wants(stored, entry)) continue;
      if (out.json) facts.push(fact);
      else out.line(line(fact));
    }
    out.result({ schema: 'dma-ownership/log-show@1', run: run.id, model: run.began.model, what: run.began.what, facts }, () => `run ${run.id}, ${run.began.model}: ${run.began.what}`);
    return exit.holds;
  });
}

async function explain(out: Output, seq: number, name: string, { log, all, follow }: Options & { readonly all?: true; readonly follow?: true }): Promise<Exit> {
  return withStore(log, 'read', async (store) => {
    const recording = await recordingNamed(store, name);
    if (recording !== undefined) return whyRecording(out, store, recording, seq);
    const run = await runNamed(store, name);
    if (follow === true && run.facts <= seq) for await (const { revision } of entriesOf(store, runStream(run.id), out, async () => (await runNamed(store, run.id)).ended !== null, run.facts)) if (revision >= seq) break;
    const facts = await loaded(store, run);
    const chain = why(facts, seq, { all: all === true });
    const inTheWay = holders(facts, seq);
    out.result({ schema: 'dma-ownership/log-why@1', run: run.id, seq, chain, holders: inTheWay }, () => [line(facts.fact(seq)), renderChain(chain), ...inTheWay.map(renderHolder)].join('\n'));
    return exit.holds;
  });
}

async function owned(out: Output, group: string, name: string, { log, at, follow }: Options & { readonly at?: number; readonly follow?: true }): Promise<Exit> {
  return withStore(log, 'read', async (store) => {
    const recording = await recordingNamed(store, name);
    if (recording !== undefined) return ownersRecording(out, store, recording, group, at);
    const run = await runNamed(store, name);
    const to = Math.min(at ?? run.facts, run.facts);
    const address = group.startsWith('group:') ? group : `group:${group}`;
    let groups = structuredClone(await project(store, run, owners, { to }));
    const history = () => groups[address] ?? [];
    if (groups[address] === undefined) throw new ModelError('wrong-use', `the run has no group ${group}`, { at: `run ${run.id}`, accepted: Object.keys(groups).map(nameOf) });
    const first = at === undefined ? history() : history().slice(-1);
    if (follow !== true || at !== undefined) {
      out.result({ schema: 'dma-ownership/log-owners@1', run: run.id, group, ownership: first }, () => first.map(ownership).join('\n'));
      return exit.holds;
    }
    for (const one of first) out.line(ownership(one));
    let told = first.length;
    for await (const entry of entriesOf(store, runStream(run.id), out, async () => (await runNamed(store, run.id)).ended !== null, to)) {
      groups = owners.evolve(groups, factOf(entry), entry.revision);
      for (; told < history().length; told++) out.line(ownership(history()[told] as Owned));
    }
    out.result({ schema: 'dma-ownership/log-owners@1', run: run.id, group, ownership: history() }, () => `run ${run.id}, ${run.began.model}: ${run.began.what}`);
    return exit.holds;
  });
}

const ownership = ({ seq, ownership: state, owner, owner_cnt, domain, event, by }: Owned): string =>
  `${seq === null ? 'start' : String(seq).padStart(5)}  ${state}${owner_cnt === null ? '' : ` owner_cnt=${owner_cnt}`} domain=${domain}${owner === null ? '' : ` owner=${owner}`}${event === null ? '' : `  (${event} of ${by ?? ''})`}`;
