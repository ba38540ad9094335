/** A list beside its details: one of the entries is chosen, by mouse or by keys. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

export interface Entry {
  readonly id: string;
  readonly verdict: string;
  readonly words: ComponentChildren;
}

export function List({ entries, chosen, onChoose, title, children }: { readonly entries: readonly Entry[]; readonly chosen: string; readonly onChoose: (id: string) => void; readonly title: string; readonly children: ComponentChildren }) {
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => { list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' }); }, [chosen]);
  const at = entries.findIndex(({ id }) => id === chosen);
  const move = (to: number) => { const entry = entries[Math.max(0, Math.min(entries.length - 1, to))]; if (entry !== undefined) onChoose(entry.id); };
  const keys: Readonly<Record<string, () => void>> = { ArrowDown: () => { move(at + 1); }, ArrowUp: () => { move(at - 1); }, Home: () => { move(0); }, End: () => { move(entries.length - 1); } };
  return (
    <div class="list-and-detail">
      <div class="entries" ref={list} role="listbox" aria-label={title} tabIndex={0} aria-activedescendant={`entry-${chosen}`} onKeyDown={(event) => { const act = keys[event.key]; if (act !== undefined) { event.preventDefault(); event.stopPropagation(); act(); } }}>
        {entries.map(({ id, verdict, words }) => (
          <div key={id} id={`entry-${id}`} class="entry" role="option" aria-selected={id === chosen} onClick={() => { onChoose(id); }}>
            <span class="id">{id}</span><span class="words">{words}</span><Verdict verdict={verdict} />
          </div>
        ))}
      </div>
      <div class="detail">{children}</div>
    </div>
  );
}

const signs: Readonly<Record<string, string>> = { confirmed: '✓', refuted: '✗', conditional: '◐', 'not-a-state-property': '–', found: '✓', open: '○', missed: '✗', unknown: '?', outside: '–' };

export const Verdict = ({ verdict }: { readonly verdict: string }) => <span class={`verdict ${verdict}`}><span aria-hidden="true">{signs[verdict] ?? '·'}</span> {verdict === 'not-a-state-property' ? 'no state property' : verdict}</span>;
