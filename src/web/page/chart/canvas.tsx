/** The picture of a chart that can be moved, zoomed and walked along. */
import { useSignalEffect, type Signal } from '@preact/signals';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { Drawing, Rect } from '../../../view/chart/layout.ts';
import { chartBody } from '../../../view/chart/svg.ts';
import { centred, moved, readable, sees, zoomed, type Camera, type Size } from './camera.ts';
import type { Marked } from './marks.ts';

export interface CanvasProps {
  readonly drawing: Drawing;
  readonly marks: Marked;
  readonly camera: Signal<Camera | null>;
  /** How much room there is: told by the canvas. */
  readonly room: Signal<Size>;
  /** The state that the walk is at, and the transition that it would take. */
  readonly cursor: string;
  readonly way: string | null;
  readonly found: ReadonlySet<string>;
  /** Keeps what the last fact changed in sight. */
  readonly follow: boolean;
  readonly label: string;
  readonly onState: (id: string) => void;
  readonly onReaction: (id: string) => void;
  readonly onKey: (event: KeyboardEvent) => void;
}

export function Canvas(props: CanvasProps) {
  const { drawing, marks, camera, room, cursor, way, found, follow } = props;
  const box = useRef<HTMLDivElement>(null);
  const layer = useRef<SVGGElement>(null);
  const rectOf = (id: string) => drawing.states.find(({ state }) => state.id === id)?.rect;
  const body = useMemo(() => chartBody(drawing), [drawing]);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const seen = new ResizeObserver(() => { room.value = { width: element.clientWidth, height: element.clientHeight }; });
    seen.observe(element);
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      if (camera.value === null) return;
      const { left, top } = element.getBoundingClientRect();
      const steps = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
      camera.value = event.shiftKey ? moved(camera.value, -steps, 0) : zoomed(camera.value, Math.exp(-steps / 500), { x: event.clientX - left, y: event.clientY - top });
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => { seen.disconnect(); element.removeEventListener('wheel', wheel); };
  }, []);
  useSignalEffect(() => {
    if (camera.value === null && room.value.width > 0) camera.value = readable(drawing, room.value, rectOf(cursor));
  });

  // Marks are classes of what is drawn already: a step costs a few attributes, not a picture.
  useLayoutEffect(() => {
    const mark = (name: string, selector: string, has: (element: SVGElement) => boolean) => {
      for (const element of layer.current?.querySelectorAll<SVGElement>(selector) ?? []) element.classList.toggle(name, has(element));
    };
    const reactionsOf = new Map(drawing.edges.map(({ edge }) => [edge.id, edge.reactions.map(({ id }) => id)]));
    for (const [name, set] of [['taken', marks.taken], ['ready', marks.ready], ['way', new Set(way === null ? [] : [way])]] as const) {
      mark(name, '[data-reaction]', ({ dataset }) => set.has(dataset['reaction'] ?? ''));
      mark(name, '[data-edge]', ({ dataset }) => (reactionsOf.get(dataset['edge'] ?? '') ?? []).some((id) => set.has(id)));
    }
    mark('active', '[data-state]', ({ dataset }) => marks.active.has(dataset['state'] ?? ''));
    mark('found', '[data-state]', ({ dataset }) => found.has(dataset['state'] ?? ''));
    mark('cursor', '[data-state]', ({ dataset }) => dataset['state'] === cursor);
  }, [drawing, marks, cursor, way, found]);

  const show = (rect: Rect | undefined) => {
    const { width } = room.value;
    if (rect === undefined || camera.value === null || width === 0) return;
    if (!sees(camera.value, rect, room.value)) camera.value = centred(camera.value, rect, room.value, drawing);
  };
  useLayoutEffect(() => { if (follow || way !== null) show(rectOf(cursor)); }, [cursor, follow, drawing]);

  const drag = (event: PointerEvent) => {
    if (event.button !== 0 || camera.value === null) return;
    const target = event.currentTarget as HTMLElement;
    const [from, begin] = [camera.value, { x: event.clientX, y: event.clientY }];
    let far = false;
    const move = (next: PointerEvent) => {
      const [dx, dy] = [next.clientX - begin.x, next.clientY - begin.y];
      if (!far && Math.hypot(dx, dy) < 4) return;
      if (!far) target.setPointerCapture(event.pointerId);
      far = true;
      camera.value = moved(from, dx, dy);
    };
    const end = () => {
      target.removeEventListener('pointermove', move);
      if (!far) return;
      const swallow = (click: Event) => { click.stopPropagation(); };
      target.addEventListener('click', swallow, { capture: true, once: true });
      setTimeout(() => { target.removeEventListener('click', swallow, { capture: true }); }, 50);
    };
    target.addEventListener('pointermove', move);
    target.addEventListener('pointerup', end, { once: true });
    target.addEventListener('pointercancel', end, { once: true });
  };
  const click = ({ target }: MouseEvent) => {
    if (!(target instanceof Element)) return;
    const reaction = target.closest('[data-reaction]')?.getAttribute('data-reaction');
    if (reaction != null) return props.onReaction(reaction);
    const edge = drawing.edges.find((one) => one.edge.id === target.closest('[data-edge]')?.getAttribute('data-edge'))?.edge;
    if (edge !== undefined) return props.onReaction((edge.reactions.find(({ id }) => marks.ready.has(id)) ?? edge.reactions[0])?.id ?? '');
    const state = target.closest('[data-state]')?.getAttribute('data-state');
    if (state != null) props.onState(state);
  };
  const { x, y, scale } = camera.value ?? { x: 0, y: 0, scale: 1 };
  return (
    <div class="canvas" ref={box} tabIndex={0} role="application" aria-label={props.label} aria-describedby="chart-way" onPointerDown={drag} onClick={click} onKeyDown={props.onKey}>
      <svg class="picture chart" aria-hidden="true" width="100%" height="100%">
        <g ref={layer} transform={`scale(${scale}) translate(${-x} ${-y})`} dangerouslySetInnerHTML={{ __html: body }} />
      </svg>
    </div>
  );
}
