/** docs/reference/properties-by-model.md, all of it: `npm run pages` only. */
import { expect, test } from 'vitest';
import { kernels, rivals } from '../../machines/models/index.ts';
import { holdData, Matrix } from './data.ts';
import { brokenOf, columnOf, tableOf, Ways, type Column } from './matrix.ts';
import { hold } from './page.ts';
import { endless, hazards, ordinary } from './topologies.ts';

const page = 'reference/properties-by-model.md';
const decided = (columns: Iterable<Column>) => expect([...columns].flat().filter(({ verdict }) => verdict === 'unknown')).toEqual([]);

test('properties by model', async () => {
  const ways = new Ways();
  const data = new Matrix({ ...ordinary, ...endless, ...hazards });
  for (const [name, which, topologies] of [['kernels', kernels, { ...ordinary, ...endless }], ['designs', rivals, ordinary]] as const) {
    const columns = new Map<string, Column>();
    for (const model of Object.keys(which)) columns.set(model, await columnOf(model, topologies));
    decided(columns.values());
    hold(page, name, tableOf(columns, ways));
    data.table(name, columns);
  }
  for (const [name, which] of [['kernels, hazards', kernels], ['designs, hazards', rivals]] as const) {
    const columns = new Map<string, Map<string, Column>>();
    for (const [where, topology] of Object.entries(hazards)) {
      const own = new Map<string, Column>();
      for (const model of Object.keys(which)) own.set(model, await columnOf(model, { [where]: topology }));
      if ([...own.values()].flat().every(({ verdict }) => verdict === 'not applicable')) continue;
      decided(own.values());
      columns.set(where, own);
    }
    hold(page, name, brokenOf(columns, ways));
    data.byTopology(name, columns);
  }
  hold(page, 'ways', ways.print());
  holdData('properties', data.data);
  hold(page, 'topologies', [...Object.keys({ ...ordinary, ...endless }).map((name) => `- ${name}`), '', 'With hazards:', '', ...Object.keys(hazards).map((name) => `- ${name}`)].join('\n'));
});
