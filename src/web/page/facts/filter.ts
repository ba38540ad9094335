/**
 * Which facts a question is about. Words must all occur, in any column; `errors` keeps what failed; `actor:X` what X sends
 * or gets; a word behind `!` must not occur.
 */
import type { Shown } from '../../../view/sequence/calls.ts';
import type { Words } from '../line.ts';

export interface Question {
  readonly words: readonly string[];
  readonly without: readonly string[];
  readonly actors: readonly string[];
  readonly errors: boolean;
}

export function question(text: string): Question | null {
  const parts = text.trim().split(/\s+/).filter(Boolean);
  if (parts.length === 0) return null;
  return {
    words: parts.filter((part) => !/^(?:!|actor:|errors$)/.test(part)).map((part) => part.toLowerCase()),
    without: parts.filter((part) => /^!./.test(part)).map((part) => part.slice(1).toLowerCase()),
    actors: parts.filter((part) => part.startsWith('actor:')).map((part) => part.slice('actor:'.length)),
    errors: parts.includes('errors'),
  };
}

export function matches(fact: Shown, { words, without, actors, errors }: Question, say: Words): boolean {
  if (errors && !say.failed(fact)) return false;
  if (actors.some((actor) => fact.from !== actor && fact.to !== actor && say.who(fact.from) !== actor && say.who(fact.to) !== actor)) return false;
  if (words.length === 0 && without.length === 0) return true;
  const text = say.all(fact);
  return words.every((word) => text.includes(word)) && without.every((word) => !text.includes(word));
}
