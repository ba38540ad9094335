/** `log show`, `log why`, `log owners` of a recording: its events as they were stored, and what the judge says of its file. */
import { errnoName } from '../../machines/kernel.ts';
import { ModelError } from '../errors.ts';
import { aboutStream } from '../log/runs/forms.ts';
import type { Store } from '../log/store/port.ts';
import type { Ownership } from '../trace/account.ts';
import { importStream } from '../trace/ingest.ts';
import { eventOf, imports, judgeStored, type Import, type StoredEvent } from '../trace/stored.ts';
import { exit, type Exit } from './exit.ts';
import { entriesOf } from './follow.ts';
import { changeOf, reportText } from './judge_text.ts';
import { wantedEvents, type Filter } from './log_filter.ts';
import type { Output } from './output.ts';

/** The recording that is named so: by the beginning of its hash, or as `last` where there are no runs. @throws {ModelError} no-such-run: several */
export async function recordingNamed(store: Store, name: string): Promise<Import | undefined> {
  if (name === 'last') return (await store.streams(aboutStream(''))).length > 0 ? undefined : (await imports(store)).at(-1);
  if (!/^[0-9a-f]{4,64}$/.test(name) || (await store.streams(aboutStream(name))).length > 0) return undefined;
  const found = await imports(store, name);
  if (found.length > 1) throw new ModelError('no-such-run', `${found.length} recordings begin with ${name}`, { at: store.name, accepted: found.slice(0, 8).map(({ id }) => id) });
  return found[0];
}

/** One line, as the kernel wrote it but for its columns. */
function told({ line, comm, pid, event, symbol, offset, returns, fields, mark }: StoredEvent, ticks: string, seconds: boolean): string {
  const time = seconds ? (Number(ticks) / 1e9).toFixed(6) : ticks;
  const ret = (value: unknown) => (typeof value === 'number' && value < 0 ? errnoName(value) : String(value));
  const what = mark !== undefined && mark !== null ? `user ${mark.kind === 'note' ? '' : `${mark.kind}s `}${mark.op}${mark.ret === null ? '' : ` ${ret(mark.ret)}`}`
    : [symbol === '' ? event : offset > 4 && !returns ? `${event} in ${symbol}` : `${symbol}${returns ? '.ret' : ''}`, ...Object.entries(fields).map(([key, value]) => `${key}=${key === 'ret' ? ret(value) : String(value ?? '(fault)')}`)].join(' ');
  return `${String(line).padStart(6)}  ${time.padStart(12)}  ${`${comm}-${pid}`.padEnd(20)}  ${what}`;
}

export async function showRecording(out: Output, store: Store, recording: Import, filter: Filter & { readonly follow?: true; readonly summary?: true }): Promise<Exit> {
  const { id, name } = recording;
  if (filter.summary === true) {
    const report = await judgeStored(store, recording, { keep: Infinity });
    out.result({ schema: 'dma-ownership/log-summary@1', recording: id, report }, () => reportText(report, {}, out).trimEnd());
    return exit.holds;
  }
  const wants = wantedEvents(filter);
  const gaps = filter.object === undefined && filter.function === undefined && filter.errno === undefined;
  const events: Shown[] = [];
  let shown = 0;
  const print = (text: string, document: Shown) => {
    shown++;
    if (out.json) events.push(document);
    else out.line(text);
  };
  const ended = async () => (await imports(store, id))[0]?.ended !== false;
  for await (const entry of entriesOf(store, importStream(id), filter.follow === true ? out : null, ended)) {
    const { type, meta, data } = entry;
    if (type === 'trace.event') {
      const event = eventOf(entry);
      if (wants(event, entry)) print(told(event, meta.occurredAt, meta.clock === 'local'), { ...event, occurredAt: meta.occurredAt, clock: meta.clock });
    } else if (type === 'trace.gap' && gaps && wantedGap(filter, data as { line?: number })) print(gap(data as unknown as Gap), data as unknown as Gap);
  }
  out.result({ schema: 'dma-ownership/log-show@1', recording: id, name, events }, () => `recording ${id.slice(0, 16)}, ${name}: ${shown} shown`);
  return exit.holds;
}

/** What is printed of an entry: an event with its time, or a gap. */
type Shown = Gap | (StoredEvent & { readonly occurredAt: string; readonly clock: string });

interface Gap {
  readonly line: number;
  readonly kind: 'lost' | 'started' | 'cut';
  readonly cpu?: number;
  readonly count?: number | null;
  readonly missing?: string;
}
const wantedGap = ({ from = 0, to = Infinity, since, until }: Filter, { line = 0 }: { line?: number }): boolean => line >= from && line < to && since === undefined && until === undefined;
const gap = ({ line, kind, cpu, count, missing }: Gap): string => `${String(line).padStart(6)}  ${''.padStart(12)}  ${kind === 'cut' ? `the ${missing ?? 'end'} was cut off`
  : kind === 'started' ? `what CPU ${cpu ?? 0} recorded before is overwritten` : `${count ?? 'some'} events of ${cpu === undefined || cpu < 0 ? 'any CPU' : `CPU ${cpu}`} are lost`}`;

export async function whyRecording(out: Output, store: Store, recording: Import, line: number): Promise<Exit> {
  const report = await judgeStored(store, recording, { why: true, keep: Infinity });
  const found = report.why.filter((reason) => reason.line === line);
  if (found.length === 0) {
    const near = [...report.why].sort((a, b) => Math.abs(a.line - line) - Math.abs(b.line - line)).slice(0, 8).sort((a, b) => a.line - b.line);
    throw new ModelError('wrong-use', `in line ${line} nothing is refused, fails, is deferred or cleaned up`, {
      at: recording.name, accepted: near.length === 0 ? 'none: nothing of that kind happens in the recording' : near.map((reason) => `${reason.line}: ${reason.what}`), usually: 'another line than was meant', hint: 'log show --errno any lists errors',
    });
  }
  out.result({ schema: 'dma-ownership/log-why@1', recording: recording.id, model: report.model, line, why: found }, () => found.map(({ what, why }) => `line ${line}: ${what}\n${why}`).join('\n'));
  return exit.holds;
}

export async function ownersRecording(out: Output, store: Store, recording: Import, name: string, at: number | undefined): Promise<Exit> {
  const report = await judgeStored(store, recording, { keep: Infinity });
  const group = report.groups.find(({ id }) => id === name.replace(/^group:/, ''));
  if (group === undefined) throw new ModelError('wrong-use', `the recording says nothing of group ${name}`, { at: recording.name, accepted: report.groups.length === 0 ? 'none: it shows no group' : report.groups.map(({ id }) => id) });
  const shown: readonly Ownership[] = at === undefined ? group.ownership : group.ownership.filter(({ line }) => line < at).slice(-1);
  out.result({ schema: 'dma-ownership/log-owners@1', recording: recording.id, model: report.model, group: group.id, devices: group.devices, ownership: shown },
    () => [...(shown.length === 0 ? [`before line ${at ?? 0} nothing is known of group ${group.id}`] : []), ...shown.map((change) => `line ${String(change.line).padStart(6)}  ${changeOf(change)}`)].join('\n'));
  return exit.holds;
}
