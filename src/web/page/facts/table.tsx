/** Facts as a table: only the rows in sight exist. */
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { eventText } from '../../../log/why.ts';
import type { Session } from '../session.ts';
import './table.css';

const row = 22;
const spare = 8;

export function FactsView({ session }: { readonly session: Session }) {
  const top = useSignal(0);
  const height = useSignal(400);
  const box = useRef<HTMLDivElement>(null);
  const facts = session.facts.value;
  const at = session.at.value;

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const seen = new ResizeObserver(() => { height.value = element.clientHeight; });
    seen.observe(element);
    return () => { seen.disconnect(); };
  }, []);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const place = (at - 1) * row;
    if (place < element.scrollTop || place + row > element.scrollTop + element.clientHeight) element.scrollTop = Math.max(0, place - element.clientHeight / 2);
  }, [at]);

  const first = Math.max(0, Math.floor(top.value / row) - spare);
  const last = Math.min(facts.length, Math.ceil((top.value + height.value) / row) + spare);
  return (
    <div class="facts" ref={box} onScroll={(event) => { top.value = event.currentTarget.scrollTop; }} role="grid" aria-label="Facts" aria-rowcount={facts.length} tabIndex={0}>
      <div style={{ height: `${facts.length * row}px`, position: 'relative' }}>
        {facts.slice(first, last).map((fact) => (
          <div
            key={fact.seq} role="row" aria-rowindex={fact.seq + 1} aria-selected={fact.seq === at - 1} class={fact.seq >= at ? 'fact later' : 'fact'}
            style={{ transform: `translateY(${fact.seq * row}px)` }} onClick={() => { session.actions.goTo(fact.seq + 1); session.actions.select(fact.to); }}
          >
            <span class="seq">{fact.seq}</span><span class="who">{fact.from}</span><span class="who">{fact.to}</span><span class="what">{eventText(fact.event)}</span>
          </div>
        ))}
      </div>
    </div>
  );
}
