/** Recorded kernels before the judge: each under its own model, and under the other kernel's. */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { testRemoveLeaks } from '../../machines/before/driver_core.ts';
import { changed } from '../../machines/changed.ts';
import type { Model } from '../../machines/model.ts';
import { v6_1_y } from '../../machines/models/v6.1.y.ts';
import { findRecording, readTraceFile } from '../../src/trace/file.ts';
import type { Judge } from '../../src/trace/judge.ts';
import { judgeTrace } from '../../src/trace/report.ts';
import { all, judge, names, type Shipped } from './recordings.ts';

let shipped: Shipped[];
const patience = 60_000;
beforeAll(async () => {
  shipped = await all();
}, patience);
const named = (name: string) => shipped.find((one) => one.name === name) as Shipped;

const verdictOf = ({ violation }: Judge) => (violation === null ? 'conforms' : `violates at line ${violation.line}`);

describe('every recording has the verdict that lies beside it', () => {
  test.each(names)('%s', (name) => {
    const { items, model, recording, verdict } = named(name);
    const judged = judge(items, model, recording);
    expect([verdictOf(judged), verdict === 'conforms' ? judged.violation?.reason : undefined]).toEqual([verdict, undefined]);
    expect([recording.lost, judged.lostAt]).toEqual([recording.crash === undefined ? { overrun: 0, dropped: 0 } : undefined, null]);
  }, patience);
});

test('the known bug is found as well where the recording begins in mid-life', () => {
  const { items, model, recording } = named('tdr-buggy/tdr');
  const found = [60, 75, 160, 200].map((from) => judge(items.slice(from), model, recording).violation);
  expect(found.map((violation) => violation?.reason)).toEqual(found.map(() => 'the model cannot take pci_dma_configure here'));
}, patience);

test('a model of one\'s own, made of a recorded kernel, explains the recording of the kernel that it follows', async () => {
  const unfixed = { ...v6_1_y, charts: { ...v6_1_y.charts, driver_binding: changed(v6_1_y.charts.driver_binding, testRemoveLeaks) } };
  const file = fileURLToPath(new URL('../traces/tdr-buggy/tdr/trace.txt.gz', import.meta.url));
  const verdict = async (model: Model | undefined) => (await judgeTrace(readTraceFile(file), { name: file, model, recording: await findRecording(file) })).verdict;
  expect([await verdict(undefined), await verdict(unfixed)]).toEqual(['violates', 'conforms']);
  await expect(verdict({ ...unfixed, name: 'mine' })).rejects.toThrow('mine is not the name of a kernel that one could record');
}, patience);

test('a device whose removal the recording shows from the middle on has left its group when it comes back', () => {
  const { items, model, recording } = named('6.12.117+deb12-amd64/hot-remove');
  const cuts = [79, 81, 83, 86].map((from) => judge(items.slice(from), model, recording));
  expect(cuts.map(({ violation, account }) => [violation, account.events])).toEqual([79, 81, 83, 86].map((from) => [null, items.slice(from).filter(({ kind }) => kind === 'event').length]));
}, patience);

const head = `# Where the two kernels differ

The recordings in [test/traces](../../test/traces/README.md), each judged with the model of the *other* kernel. The test
\`test/trace/judge.test.ts\` writes this page (\`npx vitest run test/trace/judge -u\`) and checks it.

Notifier calls and \`__iommu_group_set_domain()\` bear other names in 6.12 and do the same work, so [either name is read](../decisions/0002-other-kernels-names.md):
what is listed here is behaviour. Three differences show:

- **domain**: in 6.12 each change of a group's domain goes through \`__iommu_group_set_domain_internal()\`; in 6.1 \`iommu_attach_group()\`, the file
  \`type\` and a device's arrival walk the devices themselves.
- **remove**: a device leaves its group in 6.12 by \`iommu_deinit_device()\`, within the group's lock; in 6.1 by \`iommu_group_remove_device()\`, after
  the IOMMU driver has let go of it without that lock. The recording \`race-hotplug-3\` shows what that costs: a claim that attaches the device
  in between crashes 6.1; 6.12 lives.
- **type**: 6.1 refuses (EBUSY) a new default domain while a driver is bound, VFIO's too; 6.12 refuses (EPERM) while somebody owns the group.

Binding, unbinding, deferral and what \`owner_cnt\` goes through are the same in both, line by line.

6.1 has no claim by device; no recording here makes one.

| trace | model | line | difference | reason |
| --- | --- | --- | --- | --- |
`;

const kinds: readonly (readonly [RegExp, string])[] = [
  [/iommu_deinit_device|iommu_group_remove_device/, 'remove'],
  [/__iommu_group_set_domain|iommu_attach_group/, 'domain'],
  [/iommu_group_store_type/, 'type'],
];

test('the other model refuses a recording exactly where the kernels differ', async () => {
  const rows = shipped.filter(({ verdict }) => verdict === 'conforms').map(({ name, items, other, recording }) => {
    const { violation } = judge(items, other, recording);
    if (violation === null) return `| ${name} | ${other.name} | | | conforms |`;
    const { line, reason, possible } = violation;
    const difference = kinds.find(([pattern]) => pattern.test(`${reason} ${possible.join(' ')}`))?.[1] ?? 'unknown';
    return `| ${name} | ${other.name} | ${line} | ${difference} | ${reason}${possible.length > 0 ? `; possible: ${possible.join(', ')}` : ''} |`;
  });
  expect(rows.filter((row) => row.includes('unknown'))).toEqual([]);
  await expect(`${head}${rows.join('\n')}\n`).toMatchFileSnapshot('../../docs/reference/kernels-differ.md');
}, patience);
