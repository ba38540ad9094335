/** The charts of a model, by name. */
import type { AnyStateMachine } from 'xstate';
import type { Charts, Model } from '../../../machines/model.ts';

const isChart = (value: unknown): value is AnyStateMachine => typeof value === 'object' && value !== null && 'root' in value;

/** In the order of the model. Programs of threads are called like their entry point, callbacks of a bus like `bus_dma.pci`. */
export function chartsOf({ charts }: Model): ReadonlyMap<string, AnyStateMachine> {
  const { bus_dma, iommu_dma = {}, entry, ...single } = charts;
  const perBus = (name: keyof Charts, all: Readonly<Record<string, AnyStateMachine>>) => Object.entries(all).map(([bus, chart]) => [`${name}.${bus}`, chart] as const);
  return new Map([...Object.entries(single), ...perBus('bus_dma', bus_dma), ...perBus('iommu_dma', iommu_dma), ...Object.entries(entry)].filter((pair): pair is [string, AnyStateMachine] => isChart(pair[1])));
}
