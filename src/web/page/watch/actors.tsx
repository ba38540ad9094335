/** The actors of an application at the point in view, below who made them. */
import type { WatchedState } from '../../../inspect/history.ts';
import type { Application } from './application.ts';
import { stateText } from './state.tsx';

const signs: Readonly<Record<string, readonly [string, string]>> = { active: ['●', 'alive'], done: ['✓', 'done'], error: ['✕', 'failed'], stopped: ['○', 'stopped'] };

export function Actors({ app }: { readonly app: Application }) {
  const all = app.actors.value.filter(({ life }) => life !== 'unborn');
  const ids = new Set(all.map(({ id }) => id));
  const below = new Map<string | null, WatchedState[]>();
  for (const actor of all) {
    const parent = actor.parent !== null && ids.has(actor.parent) && actor.parent !== actor.id ? actor.parent : null;
    below.set(parent, [...below.get(parent) ?? [], actor]);
  }
  const alive = all.filter(({ life }) => life === 'alive').length;
  const receiver = app.fact.value?.to;
  const rows = (parent: string | null, level: number): { actor: WatchedState; level: number }[] => (level > 30 ? [] : (below.get(parent) ?? []).flatMap((actor) => [{ actor, level }, ...rows(actor.id, level + 1)]));
  return (
    <section class="actors" aria-label="Actors">
      <h2>Actors <span class="muted small">{alive} alive{all.length > alive ? `, ${all.length - alive} over` : ''}</span></h2>
      <ul role="tree" aria-label="Actors, below who made them">
        {rows(null, 0).map(({ actor, level }) => {
          const { id, name, snapshot, life } = actor;
          const [sign, word] = signs[life === 'stopped' && snapshot.status === 'active' ? 'stopped' : snapshot.status] ?? ['●', snapshot.status];
          return (
            <li key={id} role="treeitem" aria-level={level + 1} aria-selected={app.shown.value?.id === id} class={`${life}${receiver === id ? ' receiver' : ''}`}>
              <button class="plain" style={{ paddingInlineStart: `${4 + level * 14}px` }} title={`${name}, ${id}: ${word}`} onClick={() => { app.actions.select(app.selected.value === id ? null : id); }}>
                <span class={`sign ${snapshot.status}`} aria-label={word}>{sign}</span> <span class="name">{name}</span> <span class="mono muted now">{stateText(snapshot.value)}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {all.length === 0 && <p class="muted small">Nobody was introduced yet.</p>}
    </section>
  );
}
