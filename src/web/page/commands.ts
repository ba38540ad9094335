/** Everything that can be done by name: the palette lists it, a key calls it, the help shows the keys. */
import { signal } from '@preact/signals';
import type { Line } from './line.ts';
import type { Session } from './session.ts';
import { filterInput, playing } from './facts/time.tsx';
import { openFile } from './io/open.ts';
import { copyLink, saveLog, savePath, saveRecording, saveScenario, saveSvg } from './io/save.ts';
import { views } from './views.ts';
import { tabs } from './watch/centre.tsx';
import { applications, front, leave, watched } from './watch/watching.ts';

export interface Command {
  readonly name: string;
  /** As `KeyboardEvent.key`, with Ctrl, Alt or Shift in front: `Ctrl+k`. */
  readonly keys: readonly string[];
  readonly group: 'Time' | 'Selection' | 'Drive' | 'Views' | 'Runs' | 'Page';
  readonly run: () => void;
}

/** Whether the facts are shown below; null: as the view wants it. */
export const factsBelow = signal<boolean | null>(null);

/** Facts are shown below this view. */
export function showsFacts(session: Session): boolean {
  const app = watched();
  if (app !== null) return app.tab.value !== 'facts' && (factsBelow.value ?? app.tab.value !== 'sequence');
  const view = views.find(({ name }) => name === session.view.value);
  return session.view.value !== 'facts' && (factsBelow.value ?? view?.tall !== true);
}

/** Which dialog is open. */
export const dialog = signal<'none' | 'palette' | 'help' | 'topology' | 'runs'>('none');
export type Theme = 'system' | 'light' | 'dark';
export const theme = signal<Theme>('system');

export function cycleTheme(): void {
  theme.value = theme.value === 'system' ? 'dark' : theme.value === 'dark' ? 'light' : 'system';
}

/** The next fact in which the selected actor takes part. */
function nextOf({ at, first, facts, selected, actions }: Line, by: 1 | -1): void {
  if (selected.value === null) return actions.step(by);
  for (let place = at.value - 1 - first.value + by; place >= 0 && place < facts.value.length; place += by) {
    const fact = facts.value[place];
    if (fact?.from === selected.value || fact?.to === selected.value) return actions.goTo(fact.seq + 1);
  }
}

function nextMark({ at: here, own, bookmarks, actions }: Line, by: 1 | -1): void {
  const marks = bookmarks.value.filter(({ run }) => run === own.value).map(({ at }) => at);
  const next = by > 0 ? marks.find((at) => at > here.value) : marks.findLast((at) => at < here.value);
  if (next !== undefined) actions.goTo(next);
}

/** The next object of the list on the left. */
function nextObject(session: Session, by: 1 | -1): void {
  const app = watched();
  const list = app !== null ? app.actors.value.filter(({ life }) => life !== 'unborn').map(({ id }) => id) : session.system.value.actors.map(({ address }) => address).filter((address) => /^(?:group|device|thread|driver):/.test(address));
  const { selected, actions } = app ?? session;
  const index = list.indexOf(selected.value ?? '');
  actions.select(list[(index + by + list.length) % list.length] ?? null);
}

export function commandsOf(session: Session): readonly Command[] {
  const { actions } = session;
  const line = (): Line => watched() ?? session;
  const later = (work: Promise<unknown>) => { work.catch((error: unknown) => { actions.tell('error', error instanceof Error ? error.message : String(error)); }); };
  return [
    { group: 'Time', name: 'Step forth', keys: ['ArrowRight', 'j'], run: () => { line().actions.step(1); } },
    { group: 'Time', name: 'Step back', keys: ['ArrowLeft', 'k'], run: () => { line().actions.step(-1); } },
    { group: 'Time', name: 'Ten forth', keys: ['PageDown'], run: () => { line().actions.step(10); } },
    { group: 'Time', name: 'Ten back', keys: ['PageUp'], run: () => { line().actions.step(-10); } },
    { group: 'Time', name: 'To the beginning', keys: ['Home'], run: () => { line().actions.goTo(0); } },
    { group: 'Time', name: 'To the end', keys: ['End'], run: () => { line().actions.goTo(Infinity); } },
    { group: 'Time', name: 'Play or pause', keys: [' '], run: () => { playing.value = !playing.value; } },
    { group: 'Time', name: 'Mark this point', keys: ['b'], run: () => { line().actions.bookmark(); } },
    { group: 'Time', name: 'Next marked point', keys: ['>'], run: () => { nextMark(line(), 1); } },
    { group: 'Time', name: 'Marked point before', keys: ['<'], run: () => { nextMark(line(), -1); } },
    { group: 'Time', name: 'Difference from here, or none', keys: ['d'], run: () => { const { compared, at, actions: of } = line(); of.compare(compared.value === null ? at.value : null); } },
    { group: 'Selection', name: 'Next fact of the selected actor', keys: [']'], run: () => { nextOf(line(), 1); } },
    { group: 'Selection', name: 'Fact before of the selected actor', keys: ['['], run: () => { nextOf(line(), -1); } },
    { group: 'Selection', name: 'Next object', keys: ['ArrowDown'], run: () => { nextObject(session, 1); } },
    { group: 'Selection', name: 'Object before', keys: ['ArrowUp'], run: () => { nextObject(session, -1); } },
    { group: 'Selection', name: 'Select who got the last fact', keys: ['Enter'], run: () => { line().actions.select((watched() ?? session).fact.value?.to ?? null); } },
    { group: 'Selection', name: 'Select nothing', keys: ['Escape'], run: () => { line().actions.select(null); } },
    { group: 'Selection', name: 'Filter facts', keys: ['/'], run: () => { filterInput.current?.focus(); filterInput.current?.select(); } },
    ...Array.from({ length: 9 }, (_, index): Command => ({ group: 'Drive', name: `Choose ${index + 1}`, keys: [String(index + 1)], run: () => { const choice = session.choices.value[index]; if (choice !== undefined && front.value === null) actions.deliver(choice); } })),
    { group: 'Drive', name: 'Run on, with the usual answers, until everybody is at rest or waits', keys: ['r'], run: () => { if (front.value === null) actions.runOn(); } },
    { group: 'Drive', name: 'Branch from here', keys: ['x'], run: () => { if (front.value === null) actions.branchAt(session.at.value); } },
    ...views.map(({ name, title, key }): Command => ({ group: 'Views', name: title, keys: [`Alt+${key}`], run: () => { show(session, name); } })),
    { group: 'Runs', name: 'New run: model and topology', keys: ['n'], run: () => { dialog.value = 'topology'; } },
    { group: 'Runs', name: 'Open a scenario, path or trace', keys: ['o'], run: () => { later(openFile(session)); } },
    { group: 'Runs', name: 'Stored and live runs', keys: ['l'], run: () => { dialog.value = 'runs'; } },
    { group: 'Runs', name: 'Next run', keys: ['}'], run: () => { turn(session, 1); } },
    { group: 'Runs', name: 'Run before', keys: ['{'], run: () => { turn(session, -1); } },
    { group: 'Runs', name: 'Close this run', keys: [], run: () => { const app = watched(); if (app === null) actions.close(session.run.value); else leave(app); } },
    { group: 'Runs', name: 'Copy a link to this point', keys: ['c'], run: () => { later(copyLink(session)); } },
    { group: 'Runs', name: 'Save as scenario text', keys: ['s'], run: () => { const app = watched(); if (app === null) later(saveScenario(session)); else saveRecording(app); } },
    { group: 'Runs', name: 'Save what was seen of the application', keys: [], run: () => { const app = watched(); if (app !== null) saveRecording(app); } },
    { group: 'Runs', name: 'Save as path (JSON)', keys: [], run: () => { savePath(session); } },
    { group: 'Runs', name: 'Save as log', keys: [], run: () => { later(saveLog(session)); } },
    { group: 'Views', name: 'Save this view as SVG', keys: ['g'], run: () => { later(saveSvg(session)); } },
    { group: 'Page', name: 'Facts below, or not', keys: ['f'], run: () => { factsBelow.value = !showsFacts(session); } },
    { group: 'Page', name: 'Everything by name', keys: ['Ctrl+k', 'Meta+k'], run: () => { dialog.value = 'palette'; } },
    { group: 'Page', name: 'Keys', keys: ['?'], run: () => { dialog.value = 'help'; } },
    { group: 'Page', name: 'Light, dark, as the system', keys: ['t'], run: cycleTheme },
  ];
}

/** The next run, or the next application that is watched. */
function turn(session: Session, by: 1 | -1): void {
  const all = [...session.runs.value, ...applications.value];
  const next = all[(all.indexOf(watched() ?? session.run.value) + by + all.length) % all.length];
  if (next === undefined) return;
  front.value = 'tab' in next ? next : null;
  if (!('tab' in next)) session.actions.switchTo(next);
}

/** A view of what is in front. An application has fewer. */
function show(session: Session, name: string): void {
  const app = watched();
  const tab = tabs.find((one) => one.name === name)?.name;
  if (app === null) {
    front.value = null;
    session.actions.show(name);
  } else if (tab !== undefined) app.tab.value = tab;
}

/** The key of an event as commands name it. */
export const keyOf = ({ key, ctrlKey, metaKey, altKey }: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): string => `${ctrlKey ? 'Ctrl+' : ''}${metaKey ? 'Meta+' : ''}${altKey ? 'Alt+' : ''}${key}`;

/** Whether a key belongs to whoever has the focus: text fields, sliders, lists with keys of their own. */
export function belongs(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  if (target instanceof HTMLInputElement) return target.type !== 'range' || /^Arrow(?:Up|Down)$/.test(key);
  if (/^(?: |Enter)$/.test(key) && target.closest('button, a, summary, [role="button"], [role="tab"]') !== null) return true;
  // A view that walks by arrows says so.
  return /^(?:Arrow\w+|Enter|Escape|Home|End|Page\w+|[+\-0])$/.test(key) && target.closest('[data-keys="own"]') !== null;
}
