/**
 * Every error this package throws on purpose.
 *
 * A broken property or a trace that does not fit is a result and is returned; what is here says that
 * the question itself could not be put: wrong input, wrong use, or a chart that is wrong.
 */

/** Who has to act: the reader of `--help`, the owner of the file, or the author of the charts. */
export type Fault = 'use' | 'input' | 'model';

type Entry = { readonly fault: Fault; readonly means: string; readonly usually: string };

/**
 * The table of codes. `means` says what the code stands for, `usually` the most common cause.
 * `docs/reference/errors.md` is printed from it.
 */
export const errorCodes = {
  // Thrown before anything runs: options, names, arguments.
  'wrong-use': {
    fault: 'use',
    means: 'The command or function was called with arguments it does not take.',
    usually: 'a misspelt option, or one argument too few',
  },
  // A name that is not in machines/models/.
  'no-such-model': {
    fault: 'use',
    means: 'No model has this name.',
    usually: 'a kernel version where the name of a model is wanted, such as 6.12.10 for v6.12.y',
  },
  // The topology is refused as a whole: no world is built from half of one.
  'bad-topology': {
    fault: 'input',
    means: 'The topology is not valid: devices, groups, buses, drivers or users do not fit together.',
    usually: 'a device that names a group, a bus or a driver which the topology does not list',
  },
  // A scenario text that cannot be read, or that names somebody who is not there.
  'bad-scenario': {
    fault: 'input',
    means: 'The scenario is not valid.',
    usually: 'a misspelt call, or an address that the topology does not have',
  },
  // The file system refused.
  'unreadable-file': {
    fault: 'input',
    means: 'The file cannot be read.',
    usually: 'a misspelt path, or a trace that root owns',
  },
  // Readable text, but of another kind.
  'not-a-trace': {
    fault: 'input',
    means: 'The file has no line in any trace format we know.',
    usually: 'a binary trace.dat, or the log of another tool',
  },
  // Probes of another recorder: same tracepoint system, other names or arguments.
  'foreign-probes': {
    fault: 'input',
    means: 'The trace was recorded with probes we do not know, so its events cannot be named.',
    usually: 'a recording made by hand, without the probes that docs/how-to/record.md names',
  },
  // No model covers the kernel that the trace names.
  'unknown-kernel': {
    fault: 'input',
    means: 'The trace does not say which kernel made it, or no model covers that kernel.',
    usually: 'a trace cut out of a longer file, without its first lines',
  },
  // Only the last line may be cut; anywhere else it is damage, and what follows cannot be trusted.
  'truncated-line': {
    fault: 'input',
    means: 'A line stops in the middle.',
    usually: 'a copy taken while the trace was still being written, or a full disk',
  },
  // XState drops an event that no state takes; we never do.
  'unhandled-event': {
    fault: 'model',
    means: 'An actor got an event that its state does not answer.',
    usually: 'a call added to one state of a chart and forgotten in another',
  },
  // An address nobody runs under.
  'no-such-actor': {
    fault: 'model',
    means: 'A message was sent to an address that no actor has.',
    usually: 'a chart that computes an address from context the topology left empty',
  },
  // An answer to a call that is not open, or one that the table of the environment does not list.
  'unexpected-answer': {
    fault: 'model',
    means: 'A call was answered twice, by the wrong actor, or with a value it cannot have.',
    usually: 'a transition that answers and then raises another event that answers too',
  },
  // Found by the debug mode, which takes each step twice.
  'nondeterministic-step': {
    fault: 'model',
    means: 'One state and one event gave two different results.',
    usually: 'an action that changes context in place, or reads a clock or a random number',
  },
  // Found by the debug mode and by the checker: a key or an observation that stands for two.
  'merged-states': {
    fault: 'model',
    means: 'Two local states or observations that are taken for one are not the same.',
    usually: 'a value that JSON does not keep: undefined, NaN, a Date, a Map, a function',
  },
  // The checker: an actor that never runs out of new local states.
  unbounded: {
    fault: 'model',
    means: 'The local states of one actor grow without bound, so the worlds cannot be counted.',
    usually: 'a counter in a context, or a list that gets the same entry again and again',
  },
  // The checker: a property that no list has.
  'no-such-property': {
    fault: 'input',
    means: 'No property has this name.',
    usually: 'a misspelt sentence; part of the name is enough',
  },
  // The checker and the step disagree: a fault of this package.
  'impossible-way': {
    fault: 'model',
    means: 'A way that the checker found cannot be taken by the system.',
    usually: 'a chart that reads something besides its context and its event',
  },
  // The export: the text would be larger than any tool reads.
  'too-large-to-export': {
    fault: 'input',
    means: 'The topology or a property is too large for the format.',
    usually: 'a format that writes every world down, or a property that looks at many actors at once',
  },
  // What another checker printed is not a way through an exported model.
  'not-a-trail': {
    fault: 'input',
    means: 'The file is not a way that Spin printed through an exported model.',
    usually: 'the .trail file itself, or the trail of another model',
  },
  // The file system refused. The checker sees it before the search begins.
  'unwritable-file': {
    fault: 'input',
    means: 'The file cannot be written; what was there before still is.',
    usually: 'a folder that does not exist, or one that belongs to somebody else',
  },
  // `inspect`: somebody else listens there.
  'port-in-use': {
    fault: 'input',
    means: 'The port is taken, or may not be used.',
    usually: 'another `dma-ownership inspect` that still runs',
  },
  // The checker: --resume with something else.
  'not-a-checkpoint': {
    fault: 'input',
    means: 'The file is not a whole checkpoint.',
    usually: 'a copy that was cut off, or another file',
  },
  // The checker: --resume with another question than the one that was saved.
  'other-checkpoint': {
    fault: 'input',
    means: 'The checkpoint belongs to another model, topology, list of properties, set of options or version.',
    usually: 'an argument of the first run that is missing now',
  },
  // Tests for a real machine: suite.json.
  'bad-suite': {
    fault: 'input',
    means: 'The suite is not valid.',
    usually: 'a file of another program, or of another version of this one',
  },
  // The checker, before the first world.
  'too-little-memory': {
    fault: 'input',
    means: 'The memory that is allowed does not even hold the empty tables.',
    usually: 'a size without its unit, such as 500 for 500M',
  },
  // The checker, on the way: `explore` makes it a report that says so, only who drives a search by hand meets it.
  'out-of-memory': {
    fault: 'input',
    means: 'The worlds of the topology take more memory than is allowed.',
    usually: 'too many devices or threads at once, or a --memory that is too small',
  },
  // The log: what is stored must come back as it was.
  'not-plain': {
    fault: 'use',
    means: 'A value that a log cannot keep was to be stored.',
    usually: 'a bigint, NaN, -0, undefined, a Date or a Map where plain JSON is wanted',
  },
  // A run or an import that no stream of the store has, or a beginning of a name that several have.
  'no-such-run': {
    fault: 'input',
    means: 'The log has no such run, or several whose names begin so.',
    usually: 'another store than the one that the run was written to',
  },
  // Nothing answers at that address, or it answers no.
  'unreachable-store': {
    fault: 'input',
    means: 'The store of the log cannot be opened.',
    usually: 'a server that is not running, a wrong password, or a database that was never made',
  },
  // Readable, and of another kind. Nothing was changed.
  'not-a-store': {
    fault: 'input',
    means: 'The file or database is there, and is no log of this program.',
    usually: 'a path or a name of something else',
  },
  // Written by a later version: refused, not guessed.
  'newer-store': {
    fault: 'input',
    means: 'The log was written by a newer version of this program.',
    usually: 'two versions that share one log',
  },
  // What is stored contradicts itself.
  'damaged-log': {
    fault: 'input',
    means: 'The log is damaged: what it says cannot have been written so.',
    usually: 'a file that was edited, cut off, or copied while it was being written',
  },
  // The disk or the folder refuses. The append that met it was taken back as a whole.
  'unwritable-store': {
    fault: 'input',
    means: 'The store of the log cannot be written; nothing of this append was kept, what was there before still is.',
    usually: 'a full disk, or a folder that belongs to somebody else',
  },
  // Somebody else writes, for longer than we wait.
  'busy-store': {
    fault: 'input',
    means: 'Somebody else is writing to the store of the log.',
    usually: 'another process that keeps a JSON Lines file open, which has one writer at a time',
  },
  // The lab: a program of the host.
  'missing-program': {
    fault: 'input',
    means: 'A program that the lab calls is not installed.',
    usually: 'a machine that never ran the lab; the hint is the line that installs what is missing',
  },
  // The lab: apt, gcc, QEMU or another program of the host ended badly. What it said last is shown.
  'failed-program': {
    fault: 'input',
    means: 'A program that the lab called failed or took too long.',
    usually: 'no network, a full disk, or a machine that is too busy',
  },
  // The lab: nothing of that name was built.
  'no-such-kernel': {
    fault: 'use',
    means: 'The lab has no kernel of this name or series.',
    usually: 'a kernel that `lab build` has not made yet',
  },
  // The lab: what lies there is no bzImage.
  'not-a-kernel': {
    fault: 'input',
    means: 'The file is no kernel image that the lab can boot.',
    usually: 'a package of another architecture',
  },
  // The lab: structs and functions of a kernel are not where probes need them.
  'no-recipe': {
    fault: 'input',
    means: 'No probes can be derived for this kernel.',
    usually: 'a kernel without BTF, or one that is too far from v6.1 and v6.12',
  },
  // The lab: not what `testgen --target kselftest` writes.
  'not-a-suite': {
    fault: 'input',
    means: 'The folder is no generated suite.',
    usually: 'a folder that testgen wrote for another target',
  },
} satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof errorCodes;

export type ErrorDetail = {
  /** Where: `line 41 of bind.trace`, `device:0000:02:00.0`, `devices[2].group`. */
  at?: string | undefined;
  /** What would have been accepted there. */
  accepted?: string | readonly string[] | undefined;
  /** The usual cause, when this place knows better than the table. */
  usually?: string | undefined;
  /** What to do next, best a command that can be pasted. */
  hint?: string | undefined;
  /** What leads there, a line each. */
  way?: readonly string[] | undefined;
  /** The error underneath. */
  cause?: unknown;
};

/**
 * Misuse or bad input, with a code that programs can rely on.
 *
 * @example
 * throw new ModelError('bad-topology', 'group 9 does not exist', {
 *   at: 'devices[2].group', accepted: ['7', '8'], hint: 'add the group, or correct the number',
 * });
 */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly code: ErrorCode;
  readonly at: string | undefined;
  readonly accepted: readonly string[];
  readonly usually: string;
  readonly hint: string | undefined;
  readonly way: readonly string[];

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.at = detail.at;
    this.accepted = typeof detail.accepted === 'string' ? [detail.accepted] : (detail.accepted ?? []);
    this.usually = detail.usually ?? errorCodes[code].usually;
    this.hint = detail.hint;
    this.way = detail.way ?? [];
  }

  /** The same error, with what leads to it. */
  leadingThere(way: readonly string[]): ModelError {
    const { code, message, at, accepted, usually, hint, cause } = this;
    return new ModelError(code, message, { at, accepted, usually, hint, way, cause });
  }
}

/**
 * The error as people read it: what happened and where, what was possible, the usual cause, what to do.
 * A line without content is left out.
 */
export function formatError(error: ModelError): string {
  const where = error.at === undefined ? '' : `${error.at}: `;
  const lines = [`${error.code}: ${where}${sentence(error.message)}`];
  if (error.accepted.length > 0) lines.push(`  Possible here: ${sentence(error.accepted.join(', '))}`);
  lines.push(`  Usual cause: ${sentence(error.usually)}`);
  if (error.hint !== undefined) lines.push(`  What to do: ${error.hint}`);
  if (error.way.length > 0) lines.push('  What leads there:', ...error.way.map((line) => `    ${line}`));
  return lines.join('\n');
}

/** Ends with one full stop, unless it already ends a sentence. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The charts are wrong, not the input. */
export const isModelFault = (error: unknown): error is ModelError => error instanceof ModelError && errorCodes[error.code].fault === 'model';
