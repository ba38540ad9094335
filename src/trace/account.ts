/** What happened in a trace, as the judge followed it: bounded notes for the report. */
import type { Mark } from './body.ts';
import type { Seen } from './explain.ts';
import type { Knowledge } from './knowledge.ts';
import type { TraceLine } from './line.ts';
import type { State } from './state.ts';

export class Account {
  events = 0;
  readonly outsideBy = new Map<string, number>();
  readonly #followed = new Set<string>();

  outside(what: string): void {
    this.outsideBy.set(what, (this.outsideBy.get(what) ?? 0) + 1);
  }
  hasFollowed(device: string): boolean {
    return this.#followed.has(device);
  }
  lose(_line: number): void { this.#followed.clear(); }
  tooMany(_line: number): void { /* noted by the judge */ }
  note({ line }: Seen, _state: State, _knowledge: Knowledge): void {
    const device = line.fields['dev'];
    if (typeof device === 'string') this.#followed.add(device);
  }
  note_(_line: TraceLine, _mark: Mark): void { /* texts of the user */ }
  ended(_line: TraceLine, _mark: Mark, _knowledge: Knowledge, _state: State): void { /* results */ }
}
