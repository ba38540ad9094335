/** docs/reference/properties-by-model.md as far as it is cheap; `npm run pages:held` compares all of it. */
import { expect, test } from 'vitest';
import { kernels, rivals } from '../../machines/models/index.ts';
import { properties } from '../../machines/properties/index.ts';
import { columnOf, type Cell } from './matrix.ts';
import { printed } from './page.ts';
import { hazards, ordinary } from './topologies.ts';

const page = 'reference/properties-by-model.md';

/** Cells of a table by property, under one model; links are left out. */
function cells(name: string, model: string): Map<string, string> {
  const [head = [], , ...rows] = printed(page, name).trim().split('\n').map((line) => line.split(' | '));
  const at = head.map((cell) => cell.replace(/ \|$/, '')).indexOf(model);
  return new Map(rows.map((row) => [row[1] ?? '', (row[at] ?? '').replace(/ \|$/, '').replace(/^\[(.*)\]\(.*\)$/, '$1')]));
}
const shown = (cell: Cell): string => (cell.verdict === 'broken' ? `broken, ${cell.steps}` : cell.verdict === 'not applicable' ? '-' : cell.verdict);

test('every model has a column', () => {
  expect(printed(page, 'kernels').split('\n')[0]).toBe(`|  | Property | ${Object.keys(kernels).join(' | ')} |`);
  expect(printed(page, 'designs').split('\n')[0]).toBe(`|  | Property | ${Object.keys(rivals).join(' | ')} |`);
});

test('nothing is broken in v6.12.y without the named hazards, and the page says so', async () => {
  const column = await columnOf('v6.12.y', ordinary);
  expect(column.filter(({ verdict }) => verdict === 'broken' || verdict === 'unknown')).toEqual([]);
  const said = cells('kernels', 'v6.12.y');
  for (const [at, { name }] of properties.entries()) {
    const here = shown(column[at] as Cell);
    if (here === 'holds') expect([name, said.get(name)]).toEqual([name, here]); // what says nothing here may say something of threads without end
  }
});

test.each([['kernels', 'v5.19', 'an IOMMU that comes late, on PCI'], ['designs', 'v4-posting', 'test_remove, and a user']])('%s, hazards: %s with %s', async (which, model, where) => {
  const column = await columnOf(model, { [where]: hazards[where] as (typeof hazards)[string] });
  const text = printed(page, `${which}, hazards`);
  const broken = properties.flatMap(({ name }, at) => ((column[at] as Cell).verdict === 'broken' ? [[name, shown(column[at] as Cell)]] : []));
  expect(broken.length).toBeGreaterThan(0);
  for (const [name, cell] of broken) expect(text.split('\n').find((line) => line.startsWith(`| ${where} | ${name} |`))).toContain(`[${cell}](`);
});
