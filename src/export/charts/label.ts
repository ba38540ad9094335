/** What stands on an arrow: `event [guard] / actions`. */
import type { PlainState, PlainTransition } from './plain.ts';
import { wordText } from './words.ts';

export const label = ({ event, guard, actions }: PlainTransition): string => [
  ...(event === '' ? [] : [event]), ...(guard === null ? [] : [`[${wordText(guard)}]`]), ...(actions.length === 0 ? [] : [`/ ${actions.map(wordText).join(', ')}`]),
].join(' ');

/** What a state does without being left: on entry, on exit, and where it stays. */
export const inside = ({ entry, exit, transitions }: PlainState): string[] => [
  ...(entry.length === 0 ? [] : [`entry / ${entry.map(wordText).join(', ')}`]),
  ...(exit.length === 0 ? [] : [`exit / ${exit.map(wordText).join(', ')}`]),
  ...transitions.filter(({ targets }) => targets.length === 0).map(label),
];

export const moving = ({ transitions }: PlainState): PlainTransition[] => transitions.filter(({ targets }) => targets.length > 0);
