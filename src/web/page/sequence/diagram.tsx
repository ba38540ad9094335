/** A sequence diagram in a box that scrolls: only the rows in sight exist, and all keys that a list has work. */
import { useSignal } from '@preact/signals';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { centre, fitted, gutter, lifelines, margin, rowHeight, rowParts, sequenceSvg, shortened, wide, widthOf } from '../../../view/sequence/draw.ts';
import type { Sequence, Speech } from '../../../view/sequence/rows.ts';
import type { Shown } from '../../../view/sequence/calls.ts';
import { scrollTo, windowOf } from '../../../view/sequence/window.ts';
import { save, useBox } from '../box.ts';
import { useSequence } from './laid.ts';
import './sequence.css';

export interface DiagramProps {
  readonly facts: readonly Shown[];
  /** The fact at which the reader stands; null: none. */
  readonly at: number | null;
  /** Facts of the chain that is shown, and those since which somebody holds. */
  readonly chain?: ReadonlySet<number>;
  readonly held?: ReadonlySet<number>;
  readonly kept?: ReadonlySet<number>;
  readonly together?: boolean;
  readonly speech?: Speech;
  readonly title: string;
  /** Somebody goes to a fact; `asks`: by a click or Enter, which also asks why. */
  readonly onGo: (seq: number, asks: boolean) => void;
  readonly onEscape?: () => void;
}

export function Diagram({ facts, at, chain, held, kept, together = false, speech, title, onGo, onEscape }: DiagramProps) {
  const all = useSignal(false);
  const fits = useSignal(true);
  const opened = useSignal<ReadonlySet<string>>(new Set());
  const folded = useSignal<ReadonlySet<number>>(new Set());
  const box = useBox();
  const head = useRef<HTMLDivElement>(null);
  const sequence = useSequence(facts, all.value, opened.value, folded.value, kept, together, speech);
  const { lanes, rows, calls } = sequence;
  const { lane, behind } = fits.value ? fitted(lanes.length, box.width.value) : { lane: wide, behind: margin };
  const turned = lanes.some(({ title: name }) => shortened(name, lane - 12) !== name);
  const place = useMemo(() => placeOf(facts, at), [facts, at]);
  const row = place < 0 ? -1 : sequence.rowAt[place] ?? rows.length - 1;

  useLayoutEffect(() => {
    const element = box.ref.current;
    if (element === null || row < 0) return;
    element.scrollTop = scrollTo(row, rows.length, rowHeight, element.scrollTop, element.clientHeight - (turned ? turnedHead : 30));
    // The rows that come in sight are drawn with this, not after the event that tells of the scrolling.
    box.top.value = element.scrollTop;
    const [left, right] = [Math.min(rows[row]?.from ?? 0, rows[row]?.to ?? 0), Math.max(rows[row]?.from ?? 0, rows[row]?.to ?? 0)];
    if (centre(left, lane) < element.scrollLeft || centre(right, lane) > element.scrollLeft + element.clientWidth - 40) element.scrollLeft = Math.max(0, centre(left, lane) - gutter - 60);
  }, [row, sequence, lane]);

  const shownRows = windowOf(rows.length, rowHeight, box.top.value, box.height.value);
  const width = Math.max(widthOf(lanes.length, lane, behind), box.width.value);
  const height = (shownRows.end - shownRows.first) * rowHeight;
  const drawn = { lane, width, at, now: rows[row]?.seq ?? at, ...(chain === undefined ? {} : { chain }), ...(held === undefined ? {} : { held }) };

  const move = (by: number) => {
    const seq = rowsAway(sequence, row, by);
    if (seq !== undefined) onGo(seq, false);
  };
  const fold = (call: number | undefined) => {
    const first = call === undefined || call < 0 ? undefined : facts[calls[call]?.first ?? -1]?.seq;
    if (first !== undefined) folded.value = toggled(folded.value, first);
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => { move(1); }, ArrowUp: () => { move(-1); }, PageDown: () => { move(Math.floor(box.height.value / rowHeight) - 2); }, PageUp: () => { move(2 - Math.floor(box.height.value / rowHeight)); },
    Home: () => { move(-rows.length); }, End: () => { move(rows.length); }, Enter: () => { const seq = facts[place]?.seq; if (seq !== undefined) onGo(seq, true); },
    ' ': () => { fold(rows[row]?.call); }, a: () => { all.value = !all.value; }, Escape: () => { onEscape?.(); },
  };
  return (
    <section class="sequence" aria-label={title}>
      <div class="tools">
        <button aria-pressed={all.value} onClick={() => { all.value = !all.value; }} title="Locks, passive reads, and what an object says to itself (a)">All steps</button>
        <button onClick={() => { folded.value = folded.value.size > 0 ? new Set() : new Set(calls.map(({ first }) => facts[first]?.seq ?? 0)); }} title="Of each call only beginning and end; the space bar does it for one">{folded.value.size > 0 ? 'Unfold calls' : 'Fold calls'}</button>
        <button aria-pressed={fits.value} onClick={() => { fits.value = !fits.value; }} title="All lanes in sight, however narrow">Fit</button>
        <button onClick={() => { save('sequence.svg', 'image/svg+xml', sequenceSvg(sequence, { lane, at, ...(chain === undefined ? {} : { chain }), ...(held === undefined ? {} : { held }) })); }}>Save SVG</button>
        <span class="muted small">{rows.length} of {facts.length} facts and words{together ? '; dotted and italic: inferred, no line shows it' : ''}</span>
      </div>
      <div
        class="box" ref={box.ref} onScroll={(event) => { box.scrolled(event); if (head.current !== null) head.current.scrollLeft = event.currentTarget.scrollLeft; }} tabIndex={0} role="listbox" aria-label="Messages" aria-activedescendant={row < 0 ? undefined : `row-${rows[row]?.place}-${(rows[row]?.word ?? 0) + 1}`}
        onKeyDown={(event) => { const act = event.ctrlKey || event.altKey || event.metaKey ? undefined : keys[event.key]; if (act !== undefined) { event.preventDefault(); event.stopPropagation(); act(); } }}
      >
        <div class={turned ? 'lanes turned' : 'lanes'} style={{ width: `${width}px` }}>
          {lanes.map(({ id, title: name, of: family, actors }, index) => (
            <button
              key={id} class="lane plain" style={turned ? { left: `${centre(index, lane) - 4}px` } : { left: `${centre(index, lane) - lane / 2 + 2}px`, width: `${lane - 4}px` }} title={family === undefined ? (actors.length > 1 ? `${name}: ${actors.join(', ')}; click to see each` : name) : `${name}: click to fold`}
              aria-expanded={family !== undefined} onClick={() => { opened.value = toggled(opened.value, family ?? id); }}
            >{turned ? shortened(name, 104) : name}</button>
          ))}
        </div>
        <div class="space" style={{ height: `${shownRows.height + 12}px`, width: `${width}px` }}>
          <svg class="rows" width={width} height={height} style={{ transform: `translateY(${shownRows.top}px)` }}>
            <g dangerouslySetInnerHTML={{ __html: lifelines(lanes.length, 0, height, lane) }} />
            {rows.slice(shownRows.first, shownRows.end).map((one, index) => {
              const { id, classes, seq, selected, label, body } = rowParts(sequence, one, drawn);
              // An element for each row, which stays while others come and go: one that is drawn anew between press and release is not clicked.
              return (
                <g
                  key={id} id={id} class={classes} data-seq={seq} role="option" aria-selected={selected} aria-label={label} transform={`translate(0 ${index * rowHeight})`}
                  onClick={() => { onGo(seq, true); }} onDblClick={() => { fold(one.call); }} dangerouslySetInnerHTML={{ __html: body }}
                />
              );
            })}
          </svg>
        </div>
      </div>
    </section>
  );
}

/** Height of the titles where they are turned. */
const turnedHead = 80;

const toggled = <Value,>(set: ReadonlySet<Value>, value: Value): ReadonlySet<Value> => (set.has(value) ? new Set([...set].filter((one) => one !== value)) : new Set([...set, value]));

/** The fact that is so many rows away; several rows may be words of one fact. */
function rowsAway({ rows, facts }: Sequence, row: number, by: number): number | undefined {
  const from = rows[row]?.place;
  let at = Math.max(0, Math.min(rows.length - 1, row + by));
  while (Math.abs(by) === 1 && rows[at]?.place === from && rows[at + by] !== undefined) at += by;
  return facts[rows[at]?.place ?? -1]?.seq;
}

/** Place of a fact among all; facts of a run are numbered by their place, those of a trace may have a gap. */
function placeOf(facts: readonly Shown[], seq: number | null): number {
  if (seq === null || seq < 0) return -1;
  if (facts[seq]?.seq === seq) return seq;
  let [low, high] = [0, facts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((facts[middle] as Shown).seq < seq) low = middle + 1;
    else high = middle;
  }
  return facts[low]?.seq === seq ? low : Math.min(low, facts.length) - 1;
}
