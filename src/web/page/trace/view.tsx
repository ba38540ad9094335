/** A kernel trace: the verdict, who owned which group when, and every line in its place. */
import { effect, signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { models } from '../../../../machines/models/index.ts';
import { recorders } from '../../../../machines/tracepoints.ts';
import type { Facts } from '../../../log/facts.ts';
import type { TraceDocument } from '../../../trace/document.ts';
import type { Followed } from '../../../trace/follow.ts';
import { chainOf } from '../../../view/sequence/chain.ts';
import { textOf } from '../../../view/sequence/rows.ts';
import { sentenceAt, timelineOfReport } from '../../../view/timeline/timeline.ts';
import { verdictText } from '../../../view/trace/rows.ts';
import { openFiles } from '../io/open.ts';
import { Because } from '../sequence/because.tsx';
import { Diagram } from '../sequence/diagram.tsx';
import type { Session } from '../session.ts';
import { Bars, Legend } from '../timeline/bars.tsx';
import { forget, judge, judged } from './judged.ts';
import { Lines } from './lines.tsx';
import { line, meant, model, trace } from './standing.ts';
import { longest } from './word.ts';
import './trace.css';

const parts = { lines: 'Lines', sequence: 'Sequence', failures: 'Refused and failed', devices: 'Devices' } as const;
type Part = keyof typeof parts;
const part = signal<Part>('lines');
const inferred = signal<'none' | 'some' | 'all'>('some');
/** The step whose causes are marked. */
const asked = signal<number | null>(null);
const judges = Object.keys(models).filter((name) => name in recorders);

let last: typeof trace.value = null;
/** What is opened is judged, and judged again when another model is asked. */
effect(() => {
  const opened = trace.value;
  const fresh = opened !== last;
  if (fresh) [model.value, asked.value] = [opened?.by, null];
  last = opened;
  if (opened === null) return forget();
  const { name, text, recording: { probes, ...known } = {} } = opened;
  judge({ name, text, recording: { ...known, ...(probes === undefined ? {} : { probes: new Map(probes) }) }, model: model.value, at: fresh ? opened.line : undefined });
});

export function TraceView({ session }: { readonly session: Session }) {
  const now = judged.value;
  if (now === null) return <Empty session={session} />;
  if (now.state === 'judging') return <p class="pad" role="status">{now.name}: {now.lines} lines judged…</p>;
  if (now.state === 'failed') return (
    <section class="trace-failed pad" role="alert" aria-label="The trace cannot be judged">
      <h2>{now.name} cannot be judged</h2>
      <pre>{now.text}</pre>
      {now.code === 'unknown-kernel' && <p>Judge it as <Models /></p>}
      <Empty session={session} />
    </section>
  );
  return <Document document={now.document} milliseconds={now.milliseconds} />;
}

function Empty({ session }: { readonly session: Session }) {
  return (
    <div class="drop pad">
      {meant.value !== null && (
        <p class="meant" role="alert"><strong>This link is about {meant.value.name}: drop that file here again.</strong> It has {meant.value.characters} characters, more than a link carries ({longest} packed).{meant.value.hash !== '' && <> SHA-256 of its text: <code>{meant.value.hash}</code></>}</p>
      )}
      <p><strong>Drop a kernel trace here</strong>, packed by gzip or not, with the files that were recorded beside it (<code>log.txt</code>, <code>kprobe_events.txt</code>, <code>stats.txt</code>) if you have them. It is judged in this page and goes nowhere.</p>
      <label class="file">Open files… <input type="file" multiple aria-label="Open a trace" onChange={(event) => { const { files } = event.currentTarget; if (files !== null) openFiles(session, [...files]).catch((error: unknown) => { session.actions.tell('error', error instanceof Error ? error.message : String(error)); }); }} /></label>
    </div>
  );
}

const Models = () => (
  <select aria-label="Judge by model" value={model.value ?? ''} onChange={(event) => { model.value = event.currentTarget.value === '' ? undefined : event.currentTarget.value; }}>
    <option value="">the trace's kernel</option>
    {judges.map((name) => <option key={name} value={name}>{name}</option>)}
  </select>
);

const signs = { conforms: '✓', violates: '✕', inconclusive: '?' } as const;

function Document({ document, milliseconds }: { readonly document: TraceDocument; readonly milliseconds: number }) {
  const { report } = document;
  const timeline = useMemo(() => timelineOfReport(report), [document]);
  const at = line.value;
  const refused = report.refusals.filter((one) => one.line === at);
  const go = (to: number) => { line.value = to; };
  return (
    <section class="trace" aria-label="Trace">
      <header class={`verdict-line ${report.verdict}`}>
        <span class="word" role="status"><span aria-hidden="true">{signs[report.verdict]}</span> {report.verdict}</span>
        <span class="sentence">{verdictText(document)}</span>
        <span class="muted small">{report.file.split('/').slice(-3).join('/')} · {report.chosenBy} · {report.lines} lines, {report.events} events, {report.outside} outside the model · judged in {(milliseconds / 1000).toFixed(1)} s</span>
        {at !== null && <span class="standing"><strong>line {at}:</strong> {timeline.groups.map((group) => sentenceAt(timeline, group, at)).join('; ')}{refused.map(({ what, by }) => <span key={what} class="refused"> ▼ {what} ({by})</span>)}</span>}
        <span class="by small">by <Models /></span>
      </header>
      {report.unseen.length > 0 && <p class="unseen small"><strong>never seen here:</strong> {report.unseen.join('; ')}</p>}
      {report.line !== undefined && (
        <div class="stopped">
          <button class="hop" onClick={() => { part.value = 'lines'; go(report.line as number); }}><strong>line {report.line}:</strong> {report.reason}</button>
          <span class="small"><strong>possible instead:</strong> <code>{report.possible === undefined || report.possible.length === 0 ? 'nothing of this task' : report.possible.slice(0, 3).join('; ')}</code></span>
        </div>
      )}
      <Bars timeline={timeline} at={at} prefix="trace" onGo={(to) => { asked.value = null; go(to); }} />
      <Legend />
      <nav class="tables" role="tablist" aria-label="Of the trace">
        {(Object.keys(parts) as Part[]).map((one) => <button key={one} role="tab" class="plain" aria-selected={one === part.value} onClick={() => { part.value = one; }}>{parts[one]}{one === 'failures' ? ` (${report.refusals.length})` : ''}</button>)}
        {part.value === 'lines' && (
          <label class="small">inferred steps <select value={inferred.value} onChange={(event) => { inferred.value = event.currentTarget.value as 'none'; }}><option value="none">none</option><option value="some">that matter</option><option value="all">all</option></select></label>
        )}
        {document.followedInAll > document.followed.length && <span class="muted small">the middle of a long trace is left out here: {document.followed.length} of {document.followedInAll} steps</span>}
      </nav>
      <div class="part">
        {part.value === 'lines' ? <Lines document={document} inferred={inferred.value} at={at} onGo={go} />
          : part.value === 'sequence' ? <Sequence document={document} at={at} onGo={go} />
          : part.value === 'failures' ? <Failures document={document} onGo={(to) => { part.value = 'lines'; go(to); }} />
          : <Devices document={document} onGo={(to) => { part.value = 'lines'; go(to); }} />}
      </div>
    </section>
  );
}

function Sequence({ document: { followed, followedInAll }, at, onGo }: { readonly document: TraceDocument; readonly at: number | null; readonly onGo: (line: number) => void }) {
  const seq = at === null ? null : followed.findLast((fact) => fact.line <= at)?.seq ?? null;
  const whole = followed.length === followedInAll;
  const fact = whole && asked.value !== null ? followed[asked.value] : undefined;
  const chain = useMemo(() => (fact === undefined ? undefined : chainOf(factsOf(followed), fact.seq)), [fact]);
  const kept = useMemo(() => (chain === undefined ? undefined : new Set(chain.hops.map((hop) => hop.seq))), [chain]);
  const go = (to: number) => { const there = followed.find((one) => one.seq === to); if (there !== undefined) onGo(there.line); };
  return (
    <div class="with-because">
      <Diagram
        facts={followed} at={asked.value ?? seq} together title="The trace as a sequence" onEscape={() => { asked.value = null; }} {...(chain === undefined ? {} : { chain: chain.facts, kept: kept as Set<number> })}
        onGo={(to) => { asked.value = to; go(to); }}
      />
      {chain !== undefined && fact !== undefined && <Because chain={chain} text={`line ${fact.line}: ${textOf(fact)}`} onGo={(to) => { asked.value = to; go(to); }} onClose={() => { asked.value = null; }} />}
    </div>
  );
}

/** The steps of a trace as facts: the causes are in them, the states of the objects stayed in the worker. */
const factsOf = (followed: readonly Followed[]): Facts => ({
  length: followed.length,
  fact: (seq) => ({ ...(followed[seq] as Followed), before: null, after: null, passed: [] }),
});

function Failures({ document: { report }, onGo }: { readonly document: TraceDocument; readonly onGo: (line: number) => void }) {
  const whys = new Map(report.why.map((one) => [`${one.line}`, one]));
  return (
    <ul class="failures">
      {report.refusals.map(({ line: at, what, by }) => (
        <li key={`${at}${what}`}><button class="hop" onClick={() => { onGo(at); }}><span class="number">{at}</span><span class="failed">{what}</span><span class="muted">{by}</span></button>{whys.get(`${at}`) !== undefined && <p class="chain mono small">{whys.get(`${at}`)?.why}</p>}</li>
      ))}
      {report.refusals.length === 0 && <li class="muted pad">Nothing was refused, and nothing failed.</li>}
    </ul>
  );
}

function Devices({ document: { report }, onGo }: { readonly document: TraceDocument; readonly onGo: (line: number) => void }) {
  return (
    <div class="devices-of">
      <table>
        <thead><tr><th>Device</th><th>Group</th><th>Driver at the end</th><th>Bound</th><th>Failed</th><th>Refused</th><th>Deferred</th></tr></thead>
        <tbody>{report.devices.map(({ name, group, driver, bound, failed, refused, deferredAt, lostAt }) => (
          <tr key={name}><th scope="row"><code>{name}</code></th><td>{group ?? '–'}</td><td>{driver ?? '–'}</td><td>{bound}</td><td>{failed}</td><td>{refused}</td>
            <td>{lostAt !== null ? <button class="hop failed" onClick={() => { onGo(lostAt); }}>since line {deferredAt}, refused at its retry (line {lostAt}); nobody tries again</button> : deferredAt !== null ? `since line ${deferredAt}` : ''}</td></tr>
        ))}</tbody>
      </table>
      {report.notes.length > 0 && <ul>{report.notes.map((note) => <li key={note}>{note}</li>)}</ul>}
      {report.outside > 0 && <p class="muted small">Outside the model: {Object.entries(report.outsideBy).map(([what, count]) => `${what} (${count})`).join(', ')}.</p>}
    </div>
  );
}
