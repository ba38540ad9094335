/** A state value: in a line, or its parts below each other. */

/** The innermost names; of parallel states all, in their order. */
export function stateText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value).map(([name, inner]) => { const below = stateText(inner); return below === '' ? name : below; }).join(' · ');
}

export function StateTree({ value }: { readonly value: unknown }) {
  if (typeof value === 'string') return <div class="state mono">{value}</div>;
  if (typeof value !== 'object' || value === null) return null;
  return <ul class="state-tree">{Object.entries(value as Readonly<Record<string, unknown>>).map(([name, inner]) => (
    <li key={name} class="mono"><span class="part">{name}</span>{typeof inner === 'string' ? <> <span class="state">{inner}</span></> : Object.keys((inner ?? {}) as object).length > 0 && <StateTree value={inner} />}</li>
  ))}</ul>;
}
