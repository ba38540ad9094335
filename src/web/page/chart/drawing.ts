/** The drawing of an actor's chart: at once where its layout came along, else when ELK has answered. */
import { signal, type ReadonlySignal } from '@preact/signals';
import type { Packed } from '../../../view/chart/packed.ts';
import { chartGraph, type ChartGraph } from '../../../view/chart/graph.ts';
import { fromElk, toElk, type Drawing } from '../../../view/chart/layout.ts';
import { keyOf, unpacked } from '../../../view/chart/packed.ts';
import type { Actor } from '../../../world/locals.ts';

export interface Drawn {
  readonly graph: ChartGraph;
  readonly drawing?: Drawing;
  /** Why there is none. */
  readonly failed?: string;
  /** Milliseconds from asking to having it, and who gave it. */
  readonly took?: number;
  readonly by?: 'build' | 'elk';
}

const known = new Map<string, ReadonlySignal<Drawn>>();
let along: Promise<Readonly<Record<string, Packed>>> | undefined;

/** The same signal for every actor whose chart looks the same. `fresh`: asks ELK, whatever came along. */
export const drawingOf = (actor: Actor, fresh = false): ReadonlySignal<Drawn> => drawingOfGraph(chartGraph(actor.machine, actor.initial.context), fresh);

/** `named`: what else tells it from charts that take the same room. */
export function drawingOfGraph(graph: ChartGraph, fresh = false, named = ''): ReadonlySignal<Drawn> {
  const key = keyOf(graph);
  const found = fresh ? undefined : known.get(key + named);
  if (found !== undefined) return found;
  const drawn = signal<Drawn>({ graph });
  known.set(key + named, drawn);
  const begun = performance.now();
  const done = (drawing: Drawing, by: Drawn['by']) => { drawn.value = { graph, drawing, took: performance.now() - begun, by: by ?? 'elk' }; };
  (async () => {
    along ??= import('./layouts.ts').then(({ layouts }) => layouts);
    const packed = fresh ? undefined : (await along)[key];
    if (packed !== undefined) return done(unpacked(graph, packed), 'build');
    const { layout } = await import('./elk.ts');
    done(fromElk(graph, await layout(toElk(graph))), 'elk');
  })().catch((error: unknown) => { drawn.value = { graph, failed: error instanceof Error ? error.message : String(error) }; });
  return drawn;
}
