/** Facts as a table: filtered in slices, and only the rows in sight exist. */
import { computed, effect, signal, useSignal, type ReadonlySignal, type Signal } from '@preact/signals';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { Shown } from '../../../view/sequence/calls.ts';
import type { Line } from '../line.ts';
import { matches, question } from './filter.ts';
import './table.css';

interface Props { readonly session: Line }

const row = 21;
const spare = 6;
const slice = 8;

/** Places of the facts that match; null: all do. */
interface Filter {
  readonly text: Signal<string>;
  readonly found: ReadonlySignal<readonly number[] | null>;
}

const filters = new WeakMap<Line, Filter>();

/** The filter of a run: of the panel and of the view. */
export function filterOf(session: Line): Filter {
  const known = filters.get(session);
  if (known !== undefined) return known;
  const text = signal('');
  const found = signal<readonly number[] | null>(null);
  effect(() => {
    const asked = question(text.value);
    const facts = session.facts.value;
    if (asked === null) {
      found.value = null;
      return undefined;
    }
    const list: number[] = [];
    let at = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const work = () => {
      for (const until = performance.now() + slice; at < facts.length && ((at & 63) !== 0 || performance.now() < until); at++) if (matches(facts[at] as Shown, asked, session.words)) list.push(at);
      if (at >= facts.length || list.length < 2000) found.value = list.slice();
      if (at < facts.length) timer = setTimeout(work, 0);
    };
    work();
    return () => { clearTimeout(timer); };
  });
  const filter = { text, found };
  filters.set(session, filter);
  return filter;
}

export function FactsView({ session }: Props) {
  const top = useSignal(0);
  const height = useSignal(400);
  const box = useRef<HTMLDivElement>(null);
  const filter = filterOf(session);
  const facts = session.facts.value;
  const found = filter.found.value;
  const at = session.at.value;
  const begin = session.first.value;
  const { words, actions } = session;
  const count = found?.length ?? facts.length;

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const seen = new ResizeObserver(() => { height.value = element.clientHeight; });
    seen.observe(element);
    return () => { seen.disconnect(); };
  }, []);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const place = (found === null ? at - 1 - begin : before(found, at - begin)) * row;
    if (place < element.scrollTop || place + row > element.scrollTop + element.clientHeight) element.scrollTop = Math.max(0, place - element.clientHeight / 2);
    top.value = element.scrollTop;
  }, [at, found, facts, begin]);

  const first = Math.max(0, Math.floor(top.value / row) - spare);
  const last = Math.min(count, Math.ceil((top.value + height.value) / row) + spare);
  const rows = Array.from({ length: Math.max(0, last - first) }, (_, index) => facts[found === null ? first + index : found[first + index] ?? 0]);
  const marked = useMemo(() => computed(() => new Set(session.bookmarks.value.filter(({ run }) => run === session.own.value).map((mark) => mark.at))), [session]).value;
  return (
    <div class={words.said === null ? 'facts-frame unsaid' : 'facts-frame'}>
      <div class="facts-head" role="presentation"><span>fact</span><span>from</span><span>to</span><span>message</span>{words.said !== null && <span>says</span>}</div>
      <div class="facts" ref={box} onScroll={(event) => { top.value = event.currentTarget.scrollTop; }} role="grid" aria-label="Facts" aria-rowcount={count} tabIndex={0}>
        <div style={{ height: `${count * row}px`, position: 'relative' }}>
          {rows.map((fact, index) => fact !== undefined && (
            <div
              key={fact.seq} role="row" aria-rowindex={first + index + 1} aria-selected={fact.seq === at - 1}
              class={`fact${fact.seq >= at ? ' later' : ''}${words.failed(fact) ? ' error' : ''}${fact.cause === null ? ' outside' : ''}${fact.event.type.endsWith('.ret') ? ' answer' : ''}`}
              style={{ transform: `translateY(${(first + index) * row}px)` }} onClick={() => { actions.goTo(fact.seq + 1); }}
            >
              <span role="gridcell" class="seq">{marked.has(fact.seq + 1) ? '★ ' : ''}{fact.seq}</span>
              <span role="gridcell" class="who">{words.who(fact.from)}</span><span role="gridcell" class="who">{words.who(fact.to)}</span>
              <span role="gridcell" class="what">{words.what(fact)} <span class="muted">{words.more(fact)}</span></span>
              {words.said !== null && <span role="gridcell" class="said">{words.said(fact)}</span>}
            </div>
          ))}
        </div>
      </div>
      {count === 0 && <p class="empty muted">{facts.length === 0 ? words.nothing : 'No fact has these words.'}</p>}
    </div>
  );
}

/** Place of the last number below `at` in an ordered list. */
function before(list: readonly number[], at: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
