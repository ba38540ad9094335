/**
 * What a command prints: a document for programs or text for people, never both.
 *
 * Results go to stdout. Progress and errors go to stderr, progress only when somebody watches.
 */

/** The part of a stream that printing needs, so that tests can pass their own. */
export type Sink = { write(text: string): unknown; readonly isTTY?: boolean | undefined };

export type Surroundings = {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
};

const codes = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' } as const;
export type Colour = keyof typeof codes;

/** Paints text, or returns it as it is when colours are off. Colour never carries meaning alone. */
export type Paint = (colour: Colour, text: string) => string;

export type Output = {
  /** True when the reader is a program: print one document and no text. */
  readonly json: boolean;
  /** True once the result is printed. */
  readonly printed: boolean;
  readonly paint: Paint;
  /** The result. Called once: the document with `--json`, else the text, which is computed only then. */
  result(document: { readonly schema: string }, text: () => string): void;
  /** One more line of text for people, as soon as it is known. Nothing with `--json`. */
  line(text: string): void;
  /** Replaces the progress line; an empty text erases it. Nothing unless stderr is a terminal. */
  progress(text: string): void;
  /** A remark that is not part of the result, on stderr. */
  remark(text: string): void;
};

/** Colours are for terminals, and https://no-color.org switches them off. */
export function painter(stream: Sink, env: Surroundings['env']): Paint {
  const on = stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return on ? (colour, text) => `\x1b[${codes[colour]}m${text}\x1b[0m` : (_colour, text) => text;
}

export function output({ stdout, stderr, env }: Surroundings, json: boolean): Output {
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
    paint: painter(stdout, env),
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
