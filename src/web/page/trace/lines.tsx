/** The lines of a judged trace in their places, with what was inferred between them. Only those in sight exist. */
import { useEffect, useMemo } from 'preact/hooks';
import { scrollTo, windowOf } from '../../../view/sequence/window.ts';
import { rowOfLine, traceRows, type TraceRow } from '../../../view/trace/rows.ts';
import type { TraceDocument } from '../../../trace/document.ts';
import { useBox } from '../box.ts';

const rowHeight = 20;

export function Lines({ document, inferred, at, onGo }: { readonly document: TraceDocument; readonly inferred: 'none' | 'some' | 'all'; readonly at: number | null; readonly onGo: (line: number) => void }) {
  const box = useBox();
  const rows = useMemo(() => traceRows(document, { inferred }), [document, inferred]);
  const row = at === null ? -1 : rowOfLine(rows, at);
  useEffect(() => {
    const element = box.ref.current;
    if (element !== null && row >= 0) element.scrollTop = scrollTo(row, rows.length, rowHeight, element.scrollTop, element.clientHeight);
  }, [row, rows]);
  const part = windowOf(rows.length, rowHeight, box.top.value, box.height.value);
  const move = (by: number) => {
    let next = Math.max(0, Math.min(rows.length - 1, row + by));
    while (rows[next]?.kind !== 'line' && rows[next + Math.sign(by)] !== undefined) next += Math.sign(by);
    const target = rows[next];
    if (target !== undefined) onGo(target.line);
  };
  const page = Math.max(1, Math.floor(box.height.value / rowHeight) - 2);
  const keys: Readonly<Record<string, () => void>> = { ArrowDown: () => { move(1); }, ArrowUp: () => { move(-1); }, PageDown: () => { move(page); }, PageUp: () => { move(-page); }, Home: () => { move(-rows.length); }, End: () => { move(rows.length); } };
  return (
    <div
      class="lines" ref={box.ref} onScroll={box.scrolled} tabIndex={0} role="listbox" aria-label="Lines of the trace" aria-activedescendant={row < 0 ? undefined : `line-${row}`}
      onKeyDown={(event) => { const act = event.ctrlKey || event.altKey || event.metaKey ? undefined : keys[event.key]; if (act !== undefined) { event.preventDefault(); event.stopPropagation(); act(); } }}
    >
      <div class="space" style={{ height: `${part.height}px` }}>
        <div style={{ transform: `translateY(${part.top}px)` }}>
          {rows.slice(part.first, part.end).map((one, index) => <Line key={part.first + index} id={`line-${part.first + index}`} row={one} isNow={part.first + index === row} onGo={onGo} />)}
        </div>
      </div>
    </div>
  );
}

const signs: Readonly<Record<TraceRow['kind'], string>> = { line: '', step: '┄', stop: '✕', possible: '⇢', gap: '' };
const words: Readonly<Record<TraceRow['kind'], string>> = { line: '', step: 'inferred: ', stop: '', possible: 'possible instead: ', gap: '' };

function Line({ id, row: { kind, line, text, of, failed, alive }, isNow, onGo }: { readonly id: string; readonly row: TraceRow; readonly isNow: boolean; readonly onGo: (line: number) => void }) {
  return (
    <div id={id} class={`line ${kind} of-${of}${failed ? ' failed' : ''}`} role="option" aria-selected={isNow} onClick={() => { onGo(line); }} title={alive > 1 ? `one of ${alive} explanations` : undefined}>
      <span class="number">{kind === 'line' ? line : ''}</span><span class="sign" aria-hidden="true">{kind === 'line' && of === 'stop' ? '✕' : signs[kind]}</span><span class="text">{words[kind]}{text}</span>
    </div>
  );
}
