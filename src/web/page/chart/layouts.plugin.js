/** Part of the build: lays out the charts of the recorded kernels, and keeps what it has laid out for the next build. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { models } from '../../../../machines/models/index.ts';
import { chartsOf } from '../../../view/chart/charts.ts';
import { chartGraph } from '../../../view/chart/graph.ts';
import { fromElk, toElk } from '../../../view/chart/layout.ts';
import { keyOf, packed } from '../../../view/chart/packed.ts';

/** @param kept file of the layouts of earlier builds */
export const layoutsOfCharts = (kept) => ({
  name: 'layouts-of-charts',
  async load(id) {
    if (!id.endsWith('/chart/layouts.ts')) return null;
    return `export const layouts = ${JSON.stringify(await all(kept))};`;
  },
});

async function all(kept) {
  const known = earlier(kept);
  const Elk = createRequire(import.meta.url)('elkjs/lib/elk.bundled.js');
  const elk = new Elk();
  const layouts = {};
  for (const model of Object.values(models).filter(({ recorded }) => recorded === true)) {
    for (const { machine, context } of chartsOf(model)) {
      const graph = chartGraph(machine, context);
      const key = keyOf(graph);
      layouts[key] ??= known[key] ?? packed(fromElk(graph, await elk.layout(toElk(graph))));
    }
  }
  mkdirSync(dirname(kept), { recursive: true });
  writeFileSync(`${kept}.${process.pid}`, JSON.stringify(layouts));
  renameSync(`${kept}.${process.pid}`, kept);
  return layouts;
}

/** Nothing where nothing was kept: then it is computed again. */
function earlier(kept) {
  try {
    return JSON.parse(readFileSync(kept, 'utf8'));
  } catch {
    return {};
  }
}
