/** A statechart that one can move, zoom, search and walk along: of an actor of a run, or of an application that is watched. */
import { useSignal, type ReadonlySignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useMemo } from 'preact/hooks';
import { chartStyle } from '../../../view/chart/style.ts';
import { adopt } from '../picture/picture.ts';
import { fitted, zoomed, type Camera, type Size } from './camera.ts';
import { Canvas } from './canvas.tsx';
import type { Drawn } from './drawing.ts';
import type { Marked } from './marks.ts';
import { Strip } from './strip.tsx';
import { search, startOf, waysFrom } from './walk.ts';
import '../picture/picture.css';
import './chart.css';

adopt(chartStyle);

export interface PaneProps {
  /** What chooses the actor. */
  readonly head: ComponentChildren;
  readonly of: string;
  readonly drawn: ReadonlySignal<Drawn | undefined>;
  readonly marks: ReadonlySignal<Marked>;
  /** Delivers what takes this transition; false: nothing does now. */
  readonly deliver: (reaction: string) => boolean;
}

export function ChartPane({ head, of, drawn, marks, deliver }: PaneProps) {
  const follow = useSignal(true);
  const camera = useSignal<Camera | null>(null);
  const room = useSignal<Size>({ width: 0, height: 0 });
  const cursor = useSignal('');
  const chosen = useSignal(0);
  const trail = useSignal<readonly string[]>([]);
  const wanted = useSignal('');
  const hit = useSignal(0);

  useLayoutEffect(() => { camera.value = null; }, [drawn.value?.drawing, of]);
  const graph = drawn.value?.graph;
  // A walk begins where the actor is, and again there when it has moved on.
  const where = [...marks.value.active, ...marks.value.taken].join(' ');
  useLayoutEffect(() => { if (graph !== undefined) { cursor.value = startOf(graph, marks.value.active, marks.value.taken); chosen.value = 0; trail.value = []; } }, [graph, where]);

  const ways = useMemo(() => (graph === undefined ? [] : waysFrom(graph, cursor.value)), [graph, cursor.value]);
  const found = useMemo(() => (graph === undefined ? [] : search(graph, wanted.value)), [graph, wanted.value]);
  const way = ways[Math.min(chosen.value, ways.length - 1)];
  const walkTo = (state: string) => { trail.value = [...trail.value, cursor.value].slice(-100); cursor.value = state; chosen.value = 0; };
  const next = (by: number) => {
    if (found.length === 0) return;
    hit.value = (hit.value + by + found.length) % found.length;
    walkTo(found[hit.value] as string);
  };
  const drawing = drawn.value?.drawing;
  const middle = () => ({ x: room.value.width / 2, y: room.value.height / 2 });
  const zoom = (factor: number) => { if (camera.value !== null) camera.value = zoomed(camera.value, factor, middle()); };
  const original = () => { if (camera.value !== null) camera.value = zoomed(camera.value, 1 / camera.value.scale, middle()); };
  const fit = () => { if (drawing !== undefined) camera.value = fitted(drawing, room.value); };
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const turn = (by: number) => { chosen.value = ways.length === 0 ? 0 : (Math.min(chosen.value, ways.length - 1) + by + ways.length) % ways.length; };
    const keys: Readonly<Record<string, () => void>> = {
      ArrowDown: () => { turn(1); }, ArrowRight: () => { turn(1); }, ArrowUp: () => { turn(-1); }, ArrowLeft: () => { turn(-1); },
      Enter: () => { if (way?.to != null) walkTo(way.to); },
      Backspace: () => { const back = trail.value.at(-1); if (back !== undefined) { trail.value = trail.value.slice(0, -1); cursor.value = back; chosen.value = 0; } },
      Home: () => { if (graph !== undefined) walkTo(startOf(graph, marks.value.active, marks.value.taken)); },
      d: () => { if (way !== undefined) deliver(way.reaction.id); },
      '+': () => { zoom(1.25); }, '=': () => { zoom(1.25); }, '-': () => { zoom(0.8); }, 0: original, f: fit,
      ...(found.length === 0 ? {} : { n: () => { next(1); }, N: () => { next(-1); } }),
    };
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };

  return (
    <div class="chartview">
      <div class="toolbar">
        {head}
        <label><input type="checkbox" checked={follow.value} onChange={({ currentTarget }) => { follow.value = currentTarget.checked; }} /> follow</label>
        <span class="grow" />
        <input
          type="search" placeholder="Search the chart" aria-label="Search the chart" value={wanted.value} onInput={({ currentTarget }) => { wanted.value = currentTarget.value; hit.value = -1; }}
          onKeyDown={(event) => { if (event.key === 'Enter') { event.preventDefault(); next(event.shiftKey ? -1 : 1); } }}
        />
        <span class="muted small count" role="status">{wanted.value === '' ? '' : found.length === 0 ? 'not found' : `${Math.max(0, hit.value) + 1} of ${found.length}`}</span>
        <button aria-label="Smaller" onClick={() => { zoom(0.8); }}>−</button>
        <button aria-label="Larger" onClick={() => { zoom(1.25); }}>+</button>
        <button aria-label="Original size" onClick={original}>1:1</button>
        <button onClick={fit}>Fit</button>
      </div>
      {drawing === undefined || graph === undefined
        ? <p class="muted waiting" role="status">{drawn.value?.failed === undefined ? 'Laying out the chart…' : `The chart cannot be laid out: ${drawn.value.failed}`}</p>
        : (
          <Canvas
            drawing={drawing} marks={marks.value} camera={camera} room={room} cursor={cursor.value} way={way?.reaction.id ?? null} found={new Set(wanted.value === '' ? [] : found)} follow={follow.value}
            label={`Statechart ${graph.name} of ${of}. Arrow keys choose a transition, Enter follows it, D delivers it.`}
            onState={walkTo} onReaction={(id) => { if (!deliver(id)) { const at = ways.findIndex(({ reaction }) => reaction.id === id); if (at >= 0) chosen.value = at; else walkTo(id.slice(0, id.indexOf('|'))); } }} onKey={onKey}
          />
        )}
      {graph === undefined ? null : <Strip graph={graph} cursor={cursor.value} ways={ways} way={way} ready={marks.value.ready} onWay={(at) => { chosen.value = at; }} onFollow={walkTo} onDeliver={deliver} />}
      <output class="hidden-text" data-took={drawn.value?.took ?? ''} data-by={drawn.value?.by ?? ''} data-chart={graph?.name ?? ''} />
    </div>
  );
}
