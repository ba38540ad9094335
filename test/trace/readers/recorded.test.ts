/** Recordings of other programs, made of real kernels: each is judged as it must be, and its spoiled twin is refused. */
import { expect, test } from 'vitest';
import type { Report } from '../../../src/trace/report.ts';
import { judged, judgedAs, kernels, kindsOf, textOf, without } from './recorded.ts';

/** A line of each kind without which the rest cannot be. */
const needed: Readonly<Record<string, RegExp>> = {
  ftrace: / cs_use: /, 'trace-cmd': / cs_use: /, perf: /lab:cs_use: /, bpftrace: /<- iommu_device_use_default_domain\) ret=0/, 'bpftrace-json': /<- iommu_device_use_default_domain\) ret=0/,
};

const recordings = kernels.flatMap((kernel) => kindsOf(kernel).map((kind) => [kernel, kind] as const));

test.each(recordings)('%s, %s: it conforms, and not without a line that is needed', async (kernel, kind) => {
  const name = `${kernel}/${kind}`;
  const { verdict, format, notes } = await judged(name);
  expect([verdict, format, notes.filter((note) => note.includes('no trace lines'))]).toEqual(['conforms', kind.replace(/-json$/, ''), []]);
  const twin = await judgedAs(name, without(textOf(name), needed[kind] as RegExp));
  expect([twin.verdict, twin.line]).toEqual(['violates', expect.any(Number)]);
});

/** What a report says of the machine, whatever the file looks like. */
const story = ({ verdict, groups, devices, refusals, unseen }: Report) => ({
  verdict, unseen,
  groups: groups.map(({ ownership, ...group }) => ({ ...group, ownership: ownership.map(({ line: _line, ...change }) => change) })),
  devices: devices.map(({ deferredAt: _at, lostAt: _lost, ...device }) => device),
  refusals: refusals.map(({ what, group }) => ({ what, group })),
});

test.each(kernels)('%s: one run in the words of ftrace and of trace-cmd is one story', async (kernel) => {
  const [ftrace, traceCmd] = [await judged(`${kernel}/ftrace`), await judged(`${kernel}/trace-cmd`)];
  expect(story(traceCmd)).toEqual(story(ftrace));
  expect([traceCmd.groups.length, traceCmd.refusals.length]).toEqual([3, 8]);
});

test.each(kernels)('%s: perf saw the same run, but for what came before it and for the users', async (kernel) => {
  const [ftrace, perf] = [await judged(`${kernel}/ftrace`), await judged(`${kernel}/perf`)];
  expect(perf.unseen).toEqual(['which operation of a user led to it']);
  // A domain is named after who brought it, which the user's own marks say.
  const changes = ({ groups }: Report) => groups.map(({ id, ownership }) => [id, ownership.map(({ state, owner_cnt, by }) => `${state} ${owner_cnt} ${by}`)]);
  expect(changes(perf)).toEqual(changes(ftrace));
});
