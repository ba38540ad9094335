/**
 * What a file is when it is no kernel trace, so that its owner hears more than "cannot read this".
 *
 * Guesses, from the first bytes or lines: good enough for a hint, never for a decision.
 */

/** What it looks like, to end the sentence "it looks like ...", and what to do about it. */
export type Looks = { readonly like: string; readonly hint: string };

const record = 'record the events with the probes that docs/how-to/record.md names';

const magics: readonly (readonly [bytes: string, like: string, hint: string])[] = [
  ['\x17\x08Dtracing', 'trace.dat of trace-cmd', 'run `trace-cmd report -i trace.dat > trace.txt` and give trace.txt'],
  ['PERFILE2', 'perf.data of perf', 'run `perf script > perf.txt` and give perf.txt'],
  ['\xfd7zXZ\0', 'a file compressed by xz', 'unpack it with `xz -d`'],
  ['\x28\xb5\x2f\xfd', 'a file compressed by zstd', 'unpack it with `zstd -d`'],
  ['BZh', 'a file compressed by bzip2', 'unpack it with `bzip2 -d`'],
  ['PK\x03\x04', 'a zip archive', 'unpack it and give the trace inside'],
  ['\x1f\x8b', 'a file compressed by gzip', 'unpack it with `gzip -d`'],
  ['\xff\xfe', 'UTF-16 text', 'save it as UTF-8; a redirection in PowerShell writes UTF-16'],
  ['\xfe\xff', 'UTF-16 text', 'save it as UTF-8'],
  ['\x7fELF', 'a program', record],
];

/** What bytes look like whose beginning tells; null when it does not. */
export function magicLooks(bytes: Uint8Array): Looks | null {
  const start = String.fromCharCode(...bytes.subarray(0, 300));
  const magic = magics.find(([known]) => start.startsWith(known));
  if (magic !== undefined) return { like: magic[1], hint: magic[2] };
  return start.startsWith('ustar', 257) ? { like: 'a tar archive', hint: 'unpack it and give the trace inside' } : null;
}

export const binary: Looks = { like: 'binary data', hint: record };

/** How many characters no text has, and how many bytes were none in UTF-8. A few are fine: a task may have any name. */
export function oddCharacters(text: string): number {
  return text.match(/[\u0001-\u0008\u000e-\u001a\ufffd]/g)?.length ?? 0;
}

const shapes: readonly (readonly [pattern: RegExp, like: string, hint: string])[] = [
  [/^# tracer: function_graph/m, 'output of the function_graph tracer', `that shows calls without arguments; ${record}`],
  [/^ *\d+\) .*\|/m, 'output of the function_graph tracer', `that shows calls without arguments; ${record}`],
  [/: \w+: +__probe_(?:ip|func)=/m, 'output of `trace-cmd report -R`', 'report it without -R'],
  [/^Attaching \d+ probes/m, 'output of bpftrace', 'record with docs/reference/binding.bt: its lines are known'],
  [/^[prft]\d*:(?:\w+\/)?\w+ \S+/m, 'a list of probe definitions (kprobe_events)', 'give the file `trace` of the same directory instead'],
  [/^\s*[[{]\s*(?:$|["{[])/, 'JSON', 'give the text of `trace`, not an export of it'],
  [/^\s*<(?:!doctype|html|\?xml)/i, 'HTML or XML', 'download the raw text'],
  [/^UDEV\s*\[\d+\.\d+\] /m, 'output of `udevadm monitor --udev`', 'record with --kernel: those are the kernel\'s own'],
  [/^(?:overrun|dropped events): \d+/m, 'statistics of a trace buffer', 'give the file `trace` instead'],
  [/^(?:<\d+>)?\[ *\d+\.\d{6}\]|^\w+ *:\w+ *: \[|^\d+,\d+,\d+,-;|^Linux version /m, 'a kernel log without a dump of the trace buffer', `boot with dyndbg="file drivers/base/dd.c +p" to see binding in it; ${record}`],
  [/^\d{4}-\d\d-\d\dT[\d:]+[,.]\d+|^\w{3} +\d+ \d\d:\d\d:\d\d /m, 'a system log', record],
];

/** What text looks like, from its first lines. */
export function textLooks(lines: readonly string[]): Looks {
  const head = lines.map((line) => line.slice(0, 400)).join('\n');
  const found = shapes.find(([pattern]) => pattern.test(head));
  if (found !== undefined) return { like: found[1], hint: found[2] };
  return { like: 'text of another kind', hint: record };
}
