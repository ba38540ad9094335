/** Any JSON, to be read: parts that open and close, long ones cut. */
import { plain } from './words.ts';

interface Props {
  readonly value: unknown;
  readonly name?: string;
  /** How many levels are open to begin with. */
  readonly open?: number;
}

/** Parts of one value, and characters of one text, that are shown. */
const most = { parts: 100, text: 2000 } as const;

export function Json({ value, name, open = 1 }: Props) {
  const label = name === undefined ? null : <span class="key">{name}: </span>;
  if (typeof value !== 'object' || value === null) return <div class="json leaf">{label}<span class={`of-${value === null ? 'null' : typeof value}`}>{typeof value === 'string' ? cut(JSON.stringify(value)) : String(value)}</span></div>;
  if ('xstate$$type' in value && 'id' in value) return <div class="json leaf">{label}<span class="muted">actor</span> {String(value.id)}</div>;
  const parts = Object.entries(value as Readonly<Record<string, unknown>>);
  const [left, right] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (parts.length === 0) return <div class="json leaf">{label}<span class="muted">{left}{right}</span></div>;
  return (
    <details class="json" open={open > 0}>
      <summary>{label}<span class="muted">{left}{parts.length}{right} {plain(value, 60)}</span></summary>
      <div class="inner">
        {parts.slice(0, most.parts).map(([key, part]) => <Json key={key} name={key} value={part} open={open - 1} />)}
        {parts.length > most.parts && <div class="muted">… {parts.length - most.parts} more</div>}
      </div>
    </details>
  );
}

const cut = (text: string): string => (text.length > most.text ? `${text.slice(0, most.text)}… (${text.length} characters)` : text);
