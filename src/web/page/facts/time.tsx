/** Time: step, play, the slider with what failed and what is marked, and the filter of the table below. */
import { computed, signal, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Line } from '../line.ts';
import { Icon } from '../shell/icon.tsx';
import { filterOf } from './table.tsx';
import './time.css';

interface Props { readonly session: Line }

/** Facts per second. */
const speeds = [2, 5, 10, 30, 100] as const;
export const playing = signal(false);
export const filterInput = { current: null as HTMLInputElement | null };

export function Time({ session }: Props) {
  const speed = useSignal<number>(5);
  const first = session.first.value;
  const end = first + session.facts.value.length;
  const at = session.at.value;
  const filter = filterOf(session);
  const found = filter.found.value;

  useEffect(() => {
    if (!playing.value) return undefined;
    const timer = setInterval(() => {
      if (session.at.peek() >= session.first.peek() + session.facts.peek().length) playing.value = false;
      else session.actions.step(1);
    }, 1000 / speed.value);
    return () => { clearInterval(timer); };
  }, [playing.value, speed.value]);

  return (
    <div class="time" role="toolbar" aria-label="Time">
      <button onClick={() => { session.actions.goTo(first); }} title="To the beginning (Home)" aria-label="To the beginning"><Icon name="first" /></button>
      <button onClick={() => { session.actions.step(-1); }} disabled={at <= first} title="Back (←)" aria-label="Step back"><Icon name="back" /></button>
      <button onClick={() => { playing.value = !playing.value; }} aria-pressed={playing.value} title="Play (Space)" aria-label={playing.value ? 'Pause' : 'Play'} disabled={end === first}><Icon name={playing.value ? 'pause' : 'play'} /></button>
      <button onClick={() => { session.actions.step(1); }} disabled={at >= end} title="Forth (→)" aria-label="Step forth"><Icon name="forth" /></button>
      <button onClick={() => { session.actions.goTo(end); }} title="To the end (End)" aria-label="To the end"><Icon name="last" /></button>
      <select aria-label="Facts per second" value={speed.value} onChange={(event) => { speed.value = Number(event.currentTarget.value); }}>{speeds.map((one) => <option key={one} value={one}>{one}/s</option>)}</select>
      <span class="slider">
        <Marks session={session} />
        <input type="range" min={first} max={end} value={at} aria-label="Point in time" aria-valuetext={`${at} of ${end} facts`} onInput={(event) => { session.actions.goTo(Number(event.currentTarget.value)); }} />
      </span>
      <output class="mono">{at} / {end}</output>
      <button onClick={() => { session.actions.bookmark(); }} title="Mark this point (b)" aria-label="Mark this point"><Icon name="star" /></button>
      <button onClick={() => { session.actions.compare(session.compared.value === null ? at : null); }} aria-pressed={session.compared.value !== null} title="Difference from here (d)" aria-label="Difference from here"><Icon name="difference" /></button>
      <Bookmarks session={session} />
      <input ref={(element) => { filterInput.current = element; }} type="search" placeholder={session.words.hint} aria-label="Filter facts" value={filter.text.value} onInput={(event) => { filter.text.value = event.currentTarget.value; }} />
      <span class="muted small found">{found === null ? '' : `${found.length} found`}</span>
    </div>
  );
}

function Bookmarks({ session }: Props) {
  const marks = session.bookmarks.value;
  if (marks.length === 0) return null;
  return (
    <select aria-label="Marked points" value="" onChange={(event) => {
      const mark = marks[Number(event.currentTarget.value)];
      event.currentTarget.value = '';
      if (mark !== undefined) session.actions.visit(mark);
    }}>
      <option value="">★ {marks.length}</option>
      {marks.map(({ run, at, name }, index) => <option key={`${run} ${at}`} value={index}>{name}</option>)}
    </select>
  );
}

/** Where something failed, where somebody outside began something, what is marked: one pixel column for many facts. */
function Marks({ session }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const places = useMemo(() => computed(() => {
    const facts = session.facts.value;
    const columns = 600;
    const first = session.first.value;
    const [errors, begins] = [new Uint8Array(columns), new Uint8Array(columns)];
    for (const fact of facts) {
      const column = Math.floor(((fact.seq - first) * columns) / Math.max(1, facts.length));
      if (session.words.failed(fact)) errors[column] = 1;
      else if (fact.cause === null) begins[column] = 1;
    }
    return { errors, begins, columns, length: facts.length, first };
  }), [session]).value;
  const marks = session.bookmarks.value;
  const compared = session.compared.value;
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (element == null || context == null) return;
    const style = getComputedStyle(element);
    const { errors, begins, columns, length, first } = places;
    context.clearRect(0, 0, element.width, element.height);
    const paint = (column: number, colour: string, top: number, height: number, width = 1) => {
      context.fillStyle = style.getPropertyValue(colour);
      context.fillRect(column, top, width, height);
    };
    for (let column = 0; column < columns; column++) {
      if (begins[column] === 1) paint(column, '--accent', 8, 6);
      if (errors[column] === 1) paint(column, '--bad', 0, 14, 1);
    }
    for (const mark of marks) if (mark.run === session.own.peek()) paint(((mark.at - first) * columns) / Math.max(1, length), '--claimed', 0, 14, 3);
    if (compared !== null) paint(((compared - first) * columns) / Math.max(1, length), '--other', 0, 14, 3);
  }, [places, marks, compared]);
  return <canvas ref={canvas} width={600} height={14} aria-hidden="true" />;
}
