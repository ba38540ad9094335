/** What of a log is to be shown: by object, function, errno, number and time; runs and recordings alike. */
import { nameOf } from '../../machines/address.ts';
import { errnoName } from '../../machines/kernel.ts';
import { ModelError } from '../errors.ts';
import type { StoredFact } from '../log/runs/forms.ts';
import type { Entry } from '../log/store/port.ts';
import type { StoredEvent } from '../trace/stored.ts';
import { count } from './asked.ts';
import type { Program } from './program.ts';

export interface Filter {
  readonly object?: string;
  readonly function?: string;
  readonly errno?: string;
  readonly from?: number;
  readonly to?: number;
  readonly since?: Moment;
  readonly until?: Moment;
}

/** A moment by the clock of what happened, or by that of who stored it. */
export type Moment = { readonly clock: 'own'; readonly at: number } | { readonly clock: 'stored'; readonly at: number };

export const filtering = (command: Program): Program => command
  .option('--object <name>', 'only what is about this device, group, driver or thread, such as 0000:02:00.0 or group:8')
  .option('--function <name>', 'only calls and answers of this function')
  .option('--errno <name>', 'only answers with this error, such as -EBUSY; any: with an error')
  .option('--from <n>', 'from this fact of a run, or line of a recording, on', count('--from'))
  .option('--to <n>', 'before this fact or line', count('--to'))
  .option('--since <time>', 'from this time on: 12.5 by the clock of the recording (of a run: steps), 2026-11-23T10:00:00 by the clock of who stored it', moment('--since'))
  .option('--until <time>', 'before this time', moment('--until'));

function moment(option: string) {
  return (given: string): Moment => {
    if (/^\d+(\.\d+)?$/.test(given)) return { clock: 'own', at: Number(given) };
    const at = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : NaN;
    if (Number.isFinite(at)) return { clock: 'stored', at };
    throw new ModelError('wrong-use', `${given} is no time`, { at: option, accepted: ['12.5, as the clock of the recording counts', '2026-11-23T10:00:00, as the clock of this machine counts'] });
  };
}

function timely({ since, until }: Filter): (entry: Entry) => boolean {
  const of = ({ meta, recordedAt }: Entry, { clock }: Moment): number => (clock === 'stored' ? recordedAt : meta.clock === 'local' ? Number(meta.occurredAt) / 1e9 : Number(meta.occurredAt));
  return (entry) => (since === undefined || of(entry, since) >= since.at) && (until === undefined || of(entry, until) < until.at);
}

function named({ object, function: function_, errno, from = 0, to = Infinity }: Filter) {
  return {
    about: (value: unknown): boolean => object !== undefined && (typeof value === 'string' || typeof value === 'number') && (String(value) === object || nameOf(String(value)) === object),
    is: (type: string): boolean => function_ !== undefined && (type === function_ || type === `${function_}.ret`),
    fails: (ret: unknown): boolean => typeof ret === 'number' && ret < 0 && (errno === 'any' || errnoName(ret) === errno || errnoName(ret) === `-${errno}`),
    numbered: (number: number): boolean => number >= from && number < to,
  };
}

/** Of the facts of a run. */
export function wantedFacts(filter: Filter): (fact: StoredFact, entry: Entry) => boolean {
  const { about, is, fails, numbered } = named(filter);
  const timed = timely(filter);
  return ({ from, to, event, said = [] }, entry) => numbered(entry.revision) && timed(entry)
    && (filter.object === undefined || about(from) || about(to) || Object.values(event).some(about))
    && (filter.function === undefined || is(event.type) || said.some(({ type }) => is(type)))
    && (filter.errno === undefined || fails(event['ret']));
}

/** Of the events of a recording. A group is `group:8` or 8 in a field of that name. */
export function wantedEvents(filter: Filter): (event: StoredEvent, entry: Entry) => boolean {
  const { about, is, fails, numbered } = named(filter);
  const timed = timely(filter);
  const group = /^group:(.+)$/.exec(filter.object ?? '')?.[1];
  return ({ line, comm, pid, event, symbol, fields, mark }, entry) => numbered(line) && timed(entry)
    && (filter.object === undefined || `${comm}-${pid}` === filter.object || Object.entries(fields).some(([name, value]) => (group !== undefined && /^gr(ou)?p/.test(name) ? String(value) === group : about(value)))
      || (mark?.op.includes(filter.object) ?? false))
    && (filter.function === undefined || is(symbol) || is(event))
    && (filter.errno === undefined || fails(fields['ret'] ?? mark?.ret));
}
