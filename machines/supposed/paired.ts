/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-call,
   @typescript-eslint/no-unsafe-return -- a configuration is changed as plain data, whatever its type */
/**
 * A model whose bus_dma counts for us: calls of dma_configure that succeeded, less calls of dma_cleanup.
 *
 * The kernel has no such number. It tells what a state cannot: that one of the two was called twice in a row. Below -1 and above 2
 * it counts no further, so that there are few states; one that is off stays off. Devices begin unbound. Otherwise as the model.
 */
import { assign } from 'xstate';
import { changed, type Config } from '../changed.ts';
import type { Charts, Model } from '../model.ts';

interface Counted { context: { call: string; ret: number; configured: number } }
const count = assign({
  configured: ({ context: { call, ret, configured } }: Counted) =>
    Math.max(-1, Math.min(2, configured + (call === 'dma_cleanup' ? -1 : ret === 0 ? 1 : 0))),
});

export function paired(model: Model): Model {
  const counting = (chart: Charts['device']) => changed(chart, (config: Config) => {
    const { context } = config;
    config.context = (given: { input: object }) => ({ ...context(given), configured: 0 });
    config.states.answered.entry.unshift(count);
  });
  return { ...model, charts: { ...model.charts, bus_dma: Object.fromEntries(Object.entries(model.charts.bus_dma).map(([bus, chart]) => [bus, counting(chart)])) } };
}
