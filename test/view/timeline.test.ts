/** Ownership over time: of a run, and of judged recordings of real kernels. */
import { describe, expect, test } from 'vitest';
import { kindOf } from '../../machines/address.ts';
import { judgeDocument, type TraceDocument } from '../../src/trace/document.ts';
import { findRecording, readTraceFile } from '../../src/trace/file.ts';
import { textOfBlob } from '../../src/trace/blob.ts';
import { heightOf, placeOf, pointAt, timelineBody, timelineSvg } from '../../src/view/timeline/draw.ts';
import { errnoIn, Ownership, sentenceAt, timelineOfReport, type GroupTime } from '../../src/view/timeline/timeline.ts';
import { rowOfLine, traceRows, verdictText } from '../../src/view/trace/rows.ts';
import { nic, run, topology, v6_12_y } from '../log/run.ts';
import { parsed } from './dom.ts';

const trace = (name: string) => new URL(`../traces/${name}/trace.txt.gz`, import.meta.url).pathname;
const known = new Map<string, Promise<TraceDocument>>();
function judged(name: string, keep?: number): Promise<TraceDocument> {
  const key = `${name} ${keep ?? ''}`;
  const document = known.get(key) ?? findRecording(trace(name)).then((recording) => judgeDocument(readTraceFile(trace(name)), { name, recording, ...(keep === undefined ? {} : { keep }) }));
  known.set(key, document);
  return document;
}

describe('of a run', () => {
  const played = run(v6_12_y, topology());
  played.call('bind', { type: 'bind_store', device: nic, driver: 'e1000e' });
  played.call('vm1', { type: 'claim', group: 'group:8' });
  played.call('unbind', { type: 'unbind_store', device: nic, driver: 'e1000e' });
  played.call('vm1', { type: 'claim', group: 'group:8' });
  const { log } = played;
  const fold = new Ownership([{ address: 'group:8', devices: [nic], initial: log.system.local(log.system.initial(), 'group:8') }]);
  for (let seq = 0; seq < log.length; seq++) fold.take(log.fact(seq), kindOf(log.fact(seq).to) === 'group' ? log.fact(seq).after : null);
  const timeline = fold.timeline(log.length);
  const [group] = timeline.groups as [GroupTime];

  test('spans follow each other without a gap, each as long as the group was so', () => {
    expect(group.spans.map(({ text }) => text)).toEqual(['unowned', 'kernel DMA, 1 driver', 'unowned', 'claimed by vm1']);
    expect(group.spans.map(({ from }) => from).slice(1)).toEqual(group.spans.map(({ to }) => to).slice(0, -1));
    expect([group.spans[0]?.from, group.spans.at(-1)?.to]).toEqual([0, log.length]);
  });

  test('a refusal is marked where it was given, with who had the group', () => {
    expect(group.marks.map(({ kind, because, text }) => [kind, because, text])).toEqual([['refused', 'kernel DMA, 1 driver', 'vm1: iommu_group_claim_dma_owner.ret -EPERM']]);
    expect(group.marks.map(errnoIn)).toEqual(['-EPERM']);
    expect(sentenceAt(timeline, group, group.marks[0]?.at ?? 0)).toBe(`group 8: kernel DMA, 1 driver since fact ${group.spans[1]?.from}`);
  });
});

test('a group is so since it became so, whatever else of it changed meanwhile', () => {
  const span = (from: number, text: string) => ({ from, to: from + 10, text, state: 'claimed', by: '', owner_cnt: 1, domain: '' }) as const;
  const spans = [span(0, 'unowned'), span(10, 'claimed by vm1'), span(20, 'claimed by vm1'), span(30, 'claimed by vm2')];
  expect([5, 12, 25, 35].map((at) => sentenceAt({ unit: 'line' }, { title: 'group 8', spans }, at))).toEqual([
    'group 8: unowned', 'group 8: claimed by vm1 since line 10', 'group 8: claimed by vm1 since line 10', 'group 8: claimed by vm2 since line 30',
  ]);
});

describe('of a recording', () => {
  test('that conforms: claims and refusals of the kernel, as the judge followed them', async () => {
    const { report, lines } = await judged('6.12.117+deb12-amd64/user-first');
    expect(report.verdict).toBe('conforms');
    expect(verdictText({ report })).toBe(`v6.12.y explains all ${report.lines} lines`);
    expect(verdictText({ report: { ...report, unseen: ['owner_cnt'] } })).toContain('lines, as far as such a recording shows anything');
    const { groups, to } = timelineOfReport(report);
    expect(to).toBe(report.lines + 1);
    const [group] = groups as [GroupTime];
    expect(group.spans.map(({ state }) => state)).toEqual(expect.arrayContaining(['unseen', 'kernel_dma', 'claimed', 'unowned']));
    expect(group.marks.filter(({ kind }) => kind === 'refused').length).toBeGreaterThan(1);
    for (const { at } of group.marks) expect(lines.find(({ line }) => line === at)?.text).toMatch(/ret=-|E \d/);
  });

  test('that violates: the line that is not explained stands in its place, with what was possible', async () => {
    const document = await judged('tdr-buggy/tdr');
    expect(verdictText(document)).toBe('v6.1.y cannot explain line 41');
    const timeline = timelineOfReport(document.report);
    expect(timeline.marks.map(({ kind, at }) => [kind, at])).toEqual([['violation', 41]]);
    expect(timeline.groups.flatMap(({ spans }) => spans.at(-1)?.text)).toEqual(['not judged any more']);
    const rows = traceRows(document, { inferred: 'some' });
    const at = rowOfLine(rows, 41);
    expect(rows.slice(at, at + 4).map(({ kind, text }) => [kind, text.replace(/^labctl.*: dma_conf/, 'dma_conf')])).toEqual([
      ['line', expect.stringMatching(/^dma_conf: \(pci_dma_configure/)], ['stop', 'the model cannot take pci_dma_configure here'],
      ['possible', 'pci_dma_cleanup of 0000:00:05.0, uio_pci_generic'], ['possible', 'bus_notify BUS_NOTIFY_DRIVER_NOT_BOUND of 0000:00:05.0, uio_pci_generic'],
    ]);
    expect(rows[at + 4]).toMatchObject({ kind: 'line', line: 42 });
  });

  test('steps that no line shows are told apart, and stand before the line that asked for them', async () => {
    const document = await judged('6.12.117+deb12-amd64/user-first');
    const { followed } = document;
    expect(followed.map(({ seq }) => seq)).toEqual(followed.map((_, place) => place));
    expect(followed.filter(({ cause, seq }) => cause !== null && cause >= seq)).toEqual([]);
    expect(new Set(followed.map(({ inferred }) => inferred))).toEqual(new Set([true, false]));
    // What a probe shows is on a line of its own: its function is named there, or at the line after which the lock was had.
    const uses = followed.filter(({ event }) => event.type === 'iommu_group_claim_dma_owner');
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter(({ inferred }) => inferred)).toEqual([]);
    expect(followed.filter(({ event }) => event.type === 'device_lock' || event.type === 'klist_devices_next').every(({ inferred }) => inferred)).toBe(true);
    const count = (inferred: 'none' | 'some' | 'all') => traceRows(document, { inferred }).filter(({ kind }) => kind === 'step').length;
    expect([count('none'), count('some') > 0, count('all')]).toEqual([0, count('some') < count('all'), followed.filter(({ inferred }) => inferred).length]);
  });

  test('that is long keeps its beginning and its end, and says what is missing', async () => {
    const document = await judged('6.12.117+deb12-amd64/user-first', 40);
    expect([document.lines.length, document.followed.length]).toEqual([80, 80]);
    expect(document.followedInAll).toBeGreaterThan(80);
    expect(traceRows(document, { inferred: 'none' }).filter(({ kind }) => kind === 'gap').map(({ text }) => text)).toEqual([expect.stringMatching(/^… \d+ lines$/)]);
  });
});

describe('the drawing', () => {
  test('a place leads to its line and back, however far one has zoomed in', () => {
    for (const drawing of [{ from: 0, to: 1000, width: 900 }, { from: 400, to: 420, width: 1600 }])
      for (const at of [drawing.from, drawing.from + 7, drawing.to]) expect(pointAt(placeOf(at, drawing), drawing)).toBe(at);
  });

  test('is well-formed, has a bar for each span in sight and a mark for each refusal, each in words too', async () => {
    const timeline = timelineOfReport((await judged('6.12.117+deb12-amd64/user-first')).report);
    const document = parsed(timelineSvg(timeline));
    expect(document.querySelector('parsererror')).toBeNull();
    const [group] = timeline.groups as [GroupTime];
    expect(document.querySelectorAll('.span')).toHaveLength(group.spans.length);
    expect([...document.querySelectorAll('.mark')].map((mark) => mark.getAttribute('aria-label') ?? '').filter((words) => words === '')).toEqual([]);
    expect(document.querySelectorAll('.mark')).toHaveLength(group.marks.length + timeline.marks.length);
    expect(heightOf(timeline)).toBeGreaterThan(60);
    const zoomed = timelineBody(timeline, { width: 900, from: 1, to: 20, at: null });
    expect(zoomed.split('class="span').length).toBeLessThan(group.spans.length + 1);
  });
});

test('files are unpacked where they are packed, and damage is named', async () => {
  const { readFileSync } = await import('node:fs');
  const bytes = readFileSync(trace('tdr-buggy/tdr'));
  expect(await textOfBlob(new Blob([bytes]), 'a')).toContain('pci_dma_configure');
  expect(await textOfBlob(new Blob(['plain']), 'a')).toBe('plain');
  await expect(textOfBlob(new Blob([bytes.subarray(0, 2000)]), 'cut.gz')).rejects.toMatchObject({ code: 'unreadable-file', at: 'cut.gz' });
});
