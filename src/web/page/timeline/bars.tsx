/** A timeline that can be zoomed and moved by mouse and keys; a click goes to a fact or a line. */
import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { heightOf, left, pointAt, timelineBody } from '../../../view/timeline/draw.ts';
import { sentenceAt, type Timeline } from '../../../view/timeline/timeline.ts';
import { useBox } from '../box.ts';
import './timeline.css';

export function Bars({ timeline, at, onGo, prefix }: { readonly timeline: Timeline; readonly at: number | null; readonly onGo: (at: number) => void; readonly prefix: string }) {
  const box = useBox();
  const zoom = useSignal<{ readonly from: number; readonly to: number } | null>(null);
  const before = useRef(timeline);
  useLayoutEffect(() => { if (before.current.unit !== timeline.unit || before.current.groups.length !== timeline.groups.length) zoom.value = null; before.current = timeline; }, [timeline]);
  const { from, to } = zoom.value ?? timeline;
  const drawing = { width: Math.max(420, box.width.value), from, to, at, prefix };
  const height = heightOf(timeline);

  const set = (first: number, last: number) => {
    const room = Math.max(4, Math.min(last - first, timeline.to - timeline.from));
    const begin = Math.max(timeline.from, Math.min(first, timeline.to - room));
    zoom.value = room >= timeline.to - timeline.from ? null : { from: begin, to: begin + room };
  };
  const scaled = (factor: number, around: number) => { set(around - (around - from) * factor, around + (to - around) * factor); };
  const middle = at !== null && at >= from && at <= to ? at : (from + to) / 2;
  const stops = [...new Set([...timeline.marks, ...timeline.groups.flatMap(({ marks, spans }) => [...marks, ...spans.map((span) => ({ at: span.from }))])].map((stop) => stop.at))].sort((a, b) => a - b);
  const jump = (by: 1 | -1) => { const stop = by > 0 ? stops.find((one) => one > (at ?? -1)) : stops.findLast((one) => one < (at ?? Infinity)); if (stop !== undefined) onGo(stop); };
  const keys: Readonly<Record<string, () => void>> = {
    '+': () => { scaled(0.6, middle); }, '=': () => { scaled(0.6, middle); }, '-': () => { scaled(1 / 0.6, middle); }, '0': () => { zoom.value = null; },
    w: () => { scaled(0.6, middle); }, s: () => { scaled(1 / 0.6, middle); }, a: () => { set(from - (to - from) / 5, to - (to - from) / 5); }, d: () => { set(from + (to - from) / 5, to + (to - from) / 5); },
    ArrowRight: () => { jump(1); }, ArrowLeft: () => { jump(-1); }, Home: () => { if (stops[0] !== undefined) onGo(stops[0]); }, End: () => { const last = stops.at(-1); if (last !== undefined) onGo(last); },
  };
  const go = (event: MouseEvent) => {
    const named = (event.target as Element).closest('.mark[data-at]')?.getAttribute('data-at');
    const x = event.clientX - (event.currentTarget as Element).getBoundingClientRect().left;
    if (named != null) onGo(Number(named));
    else if (x >= left) onGo(pointAt(x, drawing));
  };
  return (
    <div
      class="timeline" ref={box.ref} tabIndex={0} role="group" aria-label="Ownership over time: left and right go to the next change, plus and minus zoom"
      onKeyDown={(event) => { const act = event.ctrlKey || event.altKey || event.metaKey ? undefined : keys[event.key]; if (act !== undefined) { event.preventDefault(); event.stopPropagation(); act(); } }}
      onWheel={(event) => { if (!event.ctrlKey && !event.shiftKey) return; event.preventDefault(); const x = event.clientX - event.currentTarget.getBoundingClientRect().left; if (event.shiftKey) set(from + Math.sign(event.deltaY + event.deltaX) * (to - from) / 8, to + Math.sign(event.deltaY + event.deltaX) * (to - from) / 8); else scaled(event.deltaY > 0 ? 1.25 : 0.8, pointAt(x, drawing)); }}
    >
      <svg width={drawing.width} height={height} onClick={go} dangerouslySetInnerHTML={{ __html: timelineBody(timeline, drawing) }} />
      <p class="hidden-text" aria-live="polite">{at === null ? '' : timeline.groups.map((group) => sentenceAt(timeline, group, at)).join('; ')}</p>
    </div>
  );
}

/** What the shapes mean. */
export const Legend = () => (
  <p class="legend small muted" aria-label="Legend">
    <span class="chip unowned" />unowned <span class="chip kernel_dma" />kernel DMA, with the number of drivers <span class="chip claimed" />claimed by a user <span class="sign">▼</span>refused or failed <span class="sign">✕</span>not explained
  </p>
);
