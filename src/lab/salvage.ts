/**
 * What a guest that died left on its console: its own output, the kernel's log, and the trace that the kernel dumped.
 *
 * Lines of the dump have a time of the kernel's log before them; CPU and flags are one word there, which the readers know.
 */

export interface Salvaged {
  /** The dumped trace: with `ftrace_dump_on_oops` the whole buffer, unless the dump itself was cut. '' where there is none. */
  readonly trace: string;
  readonly dmesg: string;
  readonly log: string;
}

const dumped = /^\[ *\d+\.\d+\] +(\S.*-\d+ +\d+\S* +\d+: \w+: .*)$/;
const kernel = /^\[ *\d+\.\d{6}\] /;
const own = /^\[|^ {2}\d{4}:|^#/;

export function salvage(console: string): Salvaged {
  const [trace, dmesg, log]: [string[], string[], string[]] = [[], [], []];
  for (const line of console.replaceAll('\r', '').split('\n')) {
    const event = dumped.exec(line)?.[1];
    if (event !== undefined) trace.push(event);
    else if (kernel.test(line)) dmesg.push(line);
    else if (own.test(line)) log.push(line);
  }
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
  return { trace: text(trace), dmesg: text(dmesg), log: text(log) };
}

/** The first line in which the kernel says that it is lost; undefined while it is not. */
export const crashIn = (console: string): string | undefined =>
  console.replaceAll('\r', '').split('\n').find((line) => /Kernel panic|kernel BUG at|BUG: |Oops: |general protection fault|list_(?:add|del) corruption/.test(line))
    ?.replace(/^\[ *\d+\.\d+\] */, '');
