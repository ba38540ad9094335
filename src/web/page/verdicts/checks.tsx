/** Checks of one question, those of one property and topology together. */
import type { CheckData } from '../../../view/verdicts/data.ts';

const grouped = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, '\u202f');

export interface Told<Check extends CheckData> {
  readonly checks: readonly Check[];
  readonly whys: Readonly<Record<string, string>>;
  /** In a few words: where. */
  readonly where: (check: Check) => string;
  /** In front of a check, with what it means. */
  readonly mark: (check: Check) => readonly [sign: string, meaning: string];
  readonly chosen: Check | null;
  readonly onChoose: (check: Check) => void;
}

export function Checks<Check extends CheckData>({ checks, whys, where, mark, chosen, onChoose }: Told<Check>) {
  const groups = new Map<string, Check[]>();
  for (const check of checks) {
    const key = `${check.property}\n${check.topology}`;
    groups.set(key, [...(groups.get(key) ?? []), check]);
  }
  return (
    <div class="checks">
      {[...groups].map(([key, group]) => {
        const [first] = group as [Check];
        return (
          <section key={key} aria-label={first.property}>
            <h4 title={whys[first.property]}>{first.property}</h4>
            <p class="muted small">{where(first)}</p>
            <ul>
              {group.map((check) => {
                const [sign, meaning] = mark(check);
                return (
                  <li key={`${check.model}${sign}`} class={check.verdict}>
                    <span class="sign" title={meaning} aria-label={meaning}>{sign}</span>
                    <code class="model">{check.model}</code>
                    {check.way === undefined ? <span class="found">{check.verdict}</span>
                      : <button class="found" aria-pressed={check === chosen} onClick={() => { onChoose(check); }}>{check.verdict}, {check.way.length} facts</button>}
                    <span class="muted small">{grouped(check.states)} worlds{check.complete ? '' : ', not all'}</span>
                  </li>
                );
              })}
            </ul>
          </section>
        );
      })}
    </div>
  );
}
