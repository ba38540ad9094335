/** Recorded kernels before the judge: each under its own model, and under the other kernel's. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Judge } from '../../src/trace/judge.ts';
import { all, judge, names, type Shipped } from './recordings.ts';

let shipped: Shipped[];
const patience = 60_000;
beforeAll(async () => {
  shipped = await all();
});
const named = (name: string) => shipped.find((one) => one.name === name) as Shipped;

const verdictOf = ({ violation }: Judge) => (violation === null ? 'conforms' : `violates at line ${violation.line}`);

describe('every recording has the verdict that lies beside it', () => {
  test.each(names)('%s', (name) => {
    const { items, model, recording, verdict } = named(name);
    const judged = judge(items, model, recording);
    expect([verdictOf(judged), judged.violation?.reason]).toEqual([verdict, undefined]);
    expect([recording.lost, judged.lostAt]).toEqual([{ overrun: 0, dropped: 0 }, null]);
  }, patience);
});

const head = `# Where the two kernels differ

The 32 recordings in [test/traces](../../test/traces/README.md), each judged with the model of the *other* kernel. The test
\`test/trace/judge.test.ts\` writes this page (\`npx vitest run test/trace/judge -u\`) and checks it.

Notifier calls and \`__iommu_group_set_domain()\` bear other names in 6.12 and do the same work, so [either name is read](../decisions/0002-other-kernels-names.md):
what is listed here is behaviour. Two differences show:

- **attach**: in 6.12, \`iommu_attach_group()\` goes through \`__iommu_group_set_domain_internal()\`; in 6.1 it walks the devices itself.
- **remove**: a device leaves its group in 6.12 by \`iommu_deinit_device()\`, within the group's lock; in 6.1 by \`iommu_group_remove_device()\`, after
  the IOMMU driver has let go of it without that lock.

Binding, unbinding, deferral and what \`owner_cnt\` goes through are the same in both, line by line.

What a write to \`/sys/kernel/iommu_groups/N/type\` answers differs as well (6.1: EBUSY while a driver is bound; 6.12: EPERM while somebody owns
the group), and so does a claim by device, which 6.1 has not. No recording here does either.

| trace | model | line | difference | reason |
| --- | --- | --- | --- | --- |
`;

const kinds: readonly (readonly [RegExp, string])[] = [
  [/iommu_deinit_device|iommu_group_remove_device/, 'remove'],
  [/__iommu_group_set_domain|iommu_attach_group/, 'attach'],
];

test('the other model refuses a recording exactly where the kernels differ', async () => {
  const rows = shipped.map(({ name, items, other, recording }) => {
    const { violation } = judge(items, other, recording);
    if (violation === null) return `| ${name} | ${other.name} | | | conforms |`;
    const { line, reason, possible } = violation;
    const difference = kinds.find(([pattern]) => pattern.test(reason))?.[1] ?? 'unknown';
    return `| ${name} | ${other.name} | ${line} | ${difference} | ${reason}${possible.length > 0 ? `; possible: ${possible.join(', ')}` : ''} |`;
  });
  expect(rows.filter((row) => row.includes('unknown'))).toEqual([]);
  await expect(`${head}${rows.join('\n')}\n`).toMatchFileSnapshot('../../docs/reference/kernels-differ.md');
}, patience);
