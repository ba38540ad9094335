/**
 * What a command prints: a document for programs or text for people, never both.
 *
 * Results go to stdout. Progress and errors go to stderr, progress only when somebody watches.
 */

import type { Document } from './documents/index.ts';

/** The part of a stream that printing needs, so that tests can pass their own. */
export type Sink = { write(text: string): unknown; readonly isTTY?: boolean | undefined };

export type Surroundings = {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ctrl-C; without it nobody interrupts. */
  readonly interruption?: () => AbortSignal;
};

const codes = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' } as const;
export type Colour = keyof typeof codes;

/** What `--color` may say. */
export const colours = ['auto', 'always', 'never'] as const;
export type Colours = (typeof colours)[number];

/** Paints text, or returns it as it is when colours are off. Colour never carries meaning alone. */
export type Paint = (colour: Colour, text: string) => string;

export type Output = {
  /** True when the reader is a program: print one document and no text. */
  readonly json: boolean;
  /** True once the result is printed. */
  readonly printed: boolean;
  readonly paint: Paint;
  /** The result. Called once: the document with `--json`, else the text, which is computed only then. */
  result(document: Document, text: () => string): void;
  /** One more line of text for people, as soon as it is known. Nothing with `--json`. */
  line(text: string): void;
  /** Replaces the progress line; an empty text erases it. Nothing unless stderr is a terminal. */
  progress(text: string): void;
  /** A remark that is not part of the result, on stderr. */
  remark(text: string): void;
  /** A signal that Ctrl-C aborts, see interrupt.ts: the command then stops, prints what it has and returns `exit.interrupted`. */
  interruption(): AbortSignal;
};

const nobody = new AbortController().signal;

/** `--color` decides; else NO_COLOR (https://no-color.org), else FORCE_COLOR (not 0 or false), else whether it is a terminal that has colours. */
export function coloured(stream: Sink, env: Surroundings['env'], asked: Colours = 'auto'): boolean {
  if (asked !== 'auto') return asked === 'always';
  if (env['NO_COLOR']) return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

function painter(on: boolean): Paint {
  return on ? (colour, text) => `\x1b[${codes[colour]}m${text}\x1b[0m` : (_colour, text) => text;
}

export function output({ stdout, stderr, env, interruption }: Surroundings, json: boolean, colour?: Colours): Output {
  let printed = false;
  let showing = false;
  const clear = () => {
    if (showing) stderr.write('\r\x1b[K');
    showing = false;
  };
  return {
    json,
    get printed() {
      return printed;
    },
    paint: painter(coloured(stdout, env, colour)),
    interruption: interruption ?? (() => nobody),
    result(document, text) {
      if (printed) throw new Error(`a second result: ${document.schema}`);
      printed = true;
      clear();
      stdout.write(`${json ? JSON.stringify(document, null, 2) : text()}\n`);
    },
    line(text) {
      clear();
      if (!json) stdout.write(`${text}\n`);
    },
    progress(text) {
      if (text === '') clear();
      if (text === '' || stderr.isTTY !== true) return;
      stderr.write(`\r\x1b[K${text}`);
      showing = true;
    },
    remark(text) {
      clear();
      stderr.write(`${text}\n`);
    },
  };
}
