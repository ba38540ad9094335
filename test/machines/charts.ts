/** Every chart of every model, also of those with an option, once, by a name that is its own. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { models } from '../../machines/models/index.ts';
import * as options from '../../machines/options/index.ts';

const isChart = (value: unknown): value is AnyStateMachine => typeof value === 'object' && value !== null && 'root' in value;

export const charts: ReadonlyMap<string, AnyStateMachine> = (() => {
  const found = new Map<string, AnyStateMachine>();
  for (const { name, charts } of [...Object.values(models), ...Object.values(options)])
    for (const [key, chart] of [charts, charts.bus_dma, charts.iommu_dma ?? {}, charts.entry].flatMap((part) => Object.entries(part as Record<string, unknown>)))
      if (isChart(chart) && ![...found.values()].includes(chart)) found.set(found.has(key) ? `${name} ${key}` : key, chart);
  return found;
})();

/** The state and all below it. */
export const nodesOf = (node: AnyStateNode): AnyStateNode[] => [node, ...Object.values(node.states).flatMap(nodesOf)];
