/** Which transitions a recording needs. */
import { expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import { Judge } from '../../src/trace/judge.ts';
import { parseLine } from '../../src/trace/line.ts';
import { chartsOf, textOf, transitionsOf, type Used } from '../../src/trace/usage.ts';
import { load, optionsOf, type Shipped } from './recordings.ts';

function needed({ model, recording }: Shipped, lines: readonly string[]): { readonly judge: Judge; readonly list: readonly Used[] } {
  const judge = new Judge(model, { ...optionsOf(recording), transitions: true });
  for (const [index, text] of lines.entries()) if (!judge.take(parseLine(text, index + 1))) break;
  judge.close();
  return { judge, list: judge.usage?.list() ?? [] };
}

const of = (list: readonly Used[], chart: string, event: string) => list.filter((one) => one.chart === chart && one.event === event).map(({ state, branch, shown }) => `${state} ${branch} ${shown ? 'shown' : 'on the way'}`);

test('a bind and an unbind need the use and the unuse of the group, and no claim', async () => {
  const shipped = await load('6.12.117+deb12-amd64/bind-unbind');
  const { judge, list } = needed(shipped, shipped.lines);
  expect(judge.violation).toBeNull();
  expect(of(list, 'iommu_group', 'iommu_device_use_default_domain')).toEqual(['ownership.unowned 2 shown']);
  expect(of(list, 'iommu_group', 'iommu_group_claim_dma_owner')).toEqual([]);
  expect(of(list, 'drivers_probe_store', 'drivers_probe_store')).toEqual(['idle 1 on the way']);
});

test('each is a transition of a chart of the model, named once', async () => {
  const shipped = await load('6.1.0-56-amd64/user-first');
  const { list } = needed(shipped, shipped.lines);
  const all = new Set(chartsOf(shipped.model).flatMap(transitionsOf).map(textOf));
  expect(list.filter((one) => !all.has(textOf(one)))).toEqual([]);
  expect(new Set(list.map(textOf)).size).toBe(list.length);
  expect(of(list, 'iommu_group', 'iommu_group_claim_dma_owner')).toContain('ownership.unowned 3 shown');
});

test('a transition is needed from the line on that shows it, and not before', async () => {
  const shipped = await load('6.1.0-56-amd64/user-first');
  const { list } = needed(shipped, shipped.lines);
  const claim = list.find(({ chart, event, state }) => chart === 'iommu_group' && event === 'iommu_group_claim_dma_owner' && state === 'ownership.unowned') as Used;
  expect(shipped.lines[claim.line - 1]).toMatch(/: setdom: .* g=1 oc=0 ow=0x0 /);
  const before = needed(shipped, shipped.lines.slice(0, claim.line - 1)).list;
  expect(of(before, 'iommu_group', 'iommu_group_claim_dma_owner')).toEqual([]);
});

test('nothing is counted of lines that no model explains', async () => {
  const shipped = await load('tdr-buggy/tdr');
  const { judge, list } = needed(shipped, shipped.lines);
  const { line } = judge.violation as { line: number };
  expect(list.every((one) => one.line < line)).toBe(true);
});

test('two charts of a model that was recorded do not share a name', () => {
  for (const model of Object.values(models).filter(({ recorded }) => recorded)) {
    const names = chartsOf(model).flatMap(transitionsOf).map(textOf);
    expect([model.name, names.length - new Set(names).size]).toEqual([model.name, 0]);
  }
});
