/**
 * The lines of a trace that are no events: header, losses, a cut, what the kernel said on the console.
 *
 * Each is told apart, because a judge needs to know where a recording has holes. Nothing is dropped
 * silently: a line that fits nowhere is `unparsed`.
 */

type At = {
  /** Number of the line in its file, from 1; 0 when the caller gave none. */
  readonly line: number;
  readonly text: string;
};

/** A line that is no event. */
export type Marker = At &
  (
    | { readonly kind: 'blank' }
    /** Legend and title lines. `tracer` and `release` only on the lines that name them, else ''. */
    | { readonly kind: 'header'; readonly tracer: string; readonly release: string }
    /** How many events the kernel's buffer held, and how many were written to it: fewer held is a loss. */
    | { readonly kind: 'entries'; readonly held: number; readonly written: number; readonly cpus: number }
    /** Events of a CPU are missing here. `cpu` -1: of any; `count` null: not known how many. */
    | { readonly kind: 'lost'; readonly cpu: number; readonly count: number | null }
    /** Earlier events of this CPU were overwritten. */
    | { readonly kind: 'started'; readonly cpu: number }
    /** A part of the recording was cut off, at its `end` or its `beginning`, to keep the file small. */
    | { readonly kind: 'cut'; readonly missing: 'beginning' | 'end'; readonly kept: number; readonly of: number }
    /** Kernel log in between, in a trace taken from the console. `message` is without the time stamp. */
    | { readonly kind: 'console'; readonly message: string; readonly alarm: 'crash' | 'warning' | null }
    /** Written by another tracer or option (functions, stacks): trace text, but no event. */
    | { readonly kind: 'foreign' }
    /** The last line of a file, without end of line and unreadable. Only `readTrace` can tell. */
    | { readonly kind: 'truncated' }
    | { readonly kind: 'unparsed' }
  );

const entries = /^# entries-in-buffer\/entries-written: (\d+)\/(\d+)\s+#P:(\d+)/;
const latency = /^# latency: .*#(\d+)\/(\d+),.*#P:(\d+)\)/;
const tracer = /^# tracer: (\S+)/;
const release = /^# \S+ latency trace v\S+ on (\S+)/;
const started = /^#{5} CPU (\d+) buffer started #{4}/;
const cut = /^# cut by \S+: (the last )?(\d+) of (\d+) lines/;

/** A line that starts with `#`. */
export function parseComment(text: string, line: number): Marker {
  // The kernel's own lines are short; the rest of a long one is nobody's.
  const head = text.slice(0, 400);
  const found = entries.exec(head) ?? latency.exec(head);
  if (found !== null) {
    return { kind: 'entries', line, text, held: Number(found[1]), written: Number(found[2]), cpus: Number(found[3]) };
  }
  const cpu = started.exec(head)?.[1];
  if (cpu !== undefined) return { kind: 'started', line, text, cpu: Number(cpu) };
  const part = cut.exec(head);
  if (part !== null) {
    const missing = part[1] === undefined ? 'end' : 'beginning';
    return { kind: 'cut', line, text, missing, kept: Number(part[2]), of: Number(part[3]) };
  }
  return { kind: 'header', line, text, tracer: tracer.exec(head)?.[1] ?? '', release: release.exec(head)?.[1] ?? '' };
}

const lost = /^CPU:(\d+) \[(?:LOST (?:(\d+) )?EVENTS|EVENTS DROPPED)\]$/;
const dropped = /^\*\* (\d+) printk messages dropped \*\*/;

/** A hole in the recording; null when the text says nothing of the kind. */
export function parseLoss(text: string, message: string, line: number): Marker | null {
  const events = lost.exec(message);
  if (events !== null) {
    return { kind: 'lost', line, text, cpu: Number(events[1]), count: events[2] === undefined ? null : Number(events[2]) };
  }
  // A message of the console may have been an event: how many were, nobody knows.
  return dropped.test(message) ? { kind: 'lost', line, text, cpu: -1, count: null } : null;
}

const stamp = /^(?:<\d+>)?\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? ?/;

/** Where the message starts behind `[   12.345678] ` or `[   12.345678][ T123] `; 0 without such a stamp. */
export function messageStart(text: string): number {
  const first = text.charCodeAt(0);
  // Nearly no line starts so: look at one character before asking the expression.
  if (first !== 0x5b && first !== 0x3c) return 0;
  return stamp.exec(text)?.[0].length ?? 0;
}

const crash =
  /^(?:BUG: |kernel BUG at |Oops[: ]|general protection fault|double fault|list_(?:add|del) corruption|Kernel panic|KASAN: |Unable to handle kernel |Internal error: |watchdog: BUG: )/;
const warning = /^WARNING: /;

/** What the kernel cried, if it did. */
export function alarmOf(message: string): 'crash' | 'warning' | null {
  if (crash.test(message)) return 'crash';
  return warning.test(message) ? 'warning' : null;
}

/** The line after which a console without time stamps speaks of a crash or prints its trace buffer. */
export function opensDump(message: string): boolean {
  return message.startsWith('Dumping ftrace ') || alarmOf(message) === 'crash';
}
