/** Recordings of other programs, made of real kernels: each is judged as it must be, and its spoiled twin is refused. */
import { expect, test } from 'vitest';
import type { Report, Verdict } from '../../../src/trace/report.ts';
import { judged, judgedAs, kernels, kindsOf, textOf, without } from './recorded.ts';

/** A line of each kind without which the rest cannot be. */
const needed: Readonly<Record<string, RegExp>> = {
  ftrace: / cs_use: /, 'trace-cmd': / cs_use: /, perf: /lab:cs_use: /, bpftrace: /<- iommu_device_use_default_domain\) ret=0/,
  dmesg: /probing driver told/, journal: /probing driver told/, udevadm: /^KERNEL.* unbind .*0000:00:05/,
};
/** Where lines are numbered, one that is gone is a loss: there it says something else. */
const changed: Readonly<Record<string, readonly [from: RegExp, to: string]>> = {
  kmsg: [/probing driver told/, 'probing driver other'], 'udevadm-property': [/^(KERNEL\S+) unbind(.*0000:00:05)/m, '$1 bind$2'],
};
/** What the twin is judged to be, where nobody can be sure. */
const twins: Readonly<Record<string, Verdict>> = { udevadm: 'inconclusive' };
/** Folders that are not named after their kind. */
const formatOf = (kind: string): string => (kind === 'kmsg' || kind === 'journal-short-monotonic' ? 'dmesg' : kind.replace(/-(?:json|property|t|T|x|iso)$/, ''));

const recordings = kernels.flatMap((kernel) => kindsOf(kernel).map((kind) => [kernel, kind] as const));

test.each(recordings)('%s, %s: it conforms, and not without a line that is needed', async (kernel, kind) => {
  const name = `${kernel}/${kind}`;
  const { verdict, format } = await judged(name);
  expect([verdict, format]).toEqual(['conforms', formatOf(kind)]);
  const change = changed[kind];
  const twin = await judgedAs(name, change === undefined ? without(textOf(name), needed[format] as RegExp) : textOf(name).replace(...change));
  expect([twin.verdict, twin.line ?? twin.lost?.line]).toEqual([twins[kind] ?? 'violates', expect.any(Number)]);
});

test.each([
  ['6.12.117+deb12-amd64/udevadm-property', /^KERNEL.* unbind .*0000:00:05[^]*?\n\n/m], ['6.1.0-56-amd64/kmsg', /^.*probing driver told.*\n/m],
])('a missing number is a missing event: %s without %s', async (name, part) => {
  const report = await judgedAs(name, textOf(name).replace(part, ''));
  expect([report.verdict, report.lost?.why]).toEqual(['inconclusive', '1 events were lost']);
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
