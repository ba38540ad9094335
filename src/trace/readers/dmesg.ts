/**
 * The kernel log, with dynamic debug for drivers/base/dd.c: `dmesg` in its forms, /dev/kmsg, and the journal as text.
 *
 *     [   15.904686] pci 0000:02:00.2: bus: 'pci': really_probe: probing driver told with device     dmesg
 *     kern  :debug : [   15.904686] pci ...                                                          dmesg -x
 *     <7>[   15.904686] pci ...                                                                      dmesg -r
 *     [Mon Nov 23 07:37:14 2026] pci ...                                                             dmesg -T
 *     2026-11-23T07:37:14,904686+00:00 pci ...                                                       dmesg --time-format iso
 *     7,590,52305042,-;pci ...                                                                       /dev/kmsg
 *     Nov 23 07:37:14 host kernel: pci ...                                                           journalctl, syslog
 *
 * A message of a failure that comes before any debug message is no event: without dynamic debug, the others are missing.
 */
import { parseLine, type Item } from '../line.ts';
import { alarmOf, parseLoss } from '../marker.ts';
import { Messages } from './message.ts';
import { Names, shown } from './names.ts';
import type { Lines, Reader } from './reader.ts';

const forms = {
  kmsg: /^(\d+),(\d+),(\d+),[^;]*;(.*)$/,
  plain: /^(?:\w+ *:\w+ *: )?(?:<\d+>)?\[ *(\d+\.\d+)\](?:\[ *[TC]\d+\])? (.*)$/,
  human: /^\[(\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4})\] (.*)$/,
  iso: /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d),(\d+)([+-]\d\d:\d\d) (.*)$/,
  system: /^(\w{3} +\d+ \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)) \S+ (kernel|[\w.@/-]+(?:\[\d+\])?): (.*)$/,
  monotonic: /^(\[ *\d+\.\d+\]) \S+ (kernel|[\w.@/-]+\[\d+\]): (.*)$/,
};

/** What was said, when, and who said it; null where the line is none of a log. */
export interface Said {
  readonly seconds: number;
  readonly message: string;
  /** Number of the message, where the log has one. */
  readonly sequence?: number;
  readonly isKernel: boolean;
}

export function saidIn(text: string): Said | null {
  const kmsg = forms.kmsg.exec(text);
  if (kmsg !== null) return { seconds: Number(kmsg[3]) / 1e6, message: kmsg[4] ?? '', sequence: Number(kmsg[2]), isKernel: Number(kmsg[1]) < 8 };
  const system = forms.system.exec(text) ?? forms.monotonic.exec(text);
  if (system !== null) {
    const [, time = '', by, message = ''] = system;
    // Some loggers keep the kernel's own stamp in the message.
    return { seconds: secondsOf(time), message: message.replace(/^\[ *\d+\.\d+\] /, ''), isKernel: by === 'kernel' };
  }
  const plain = forms.plain.exec(text);
  if (plain !== null) return { seconds: Number(plain[1]), message: plain[2] ?? '', isKernel: true };
  const human = forms.human.exec(text);
  if (human !== null) return { seconds: secondsOf(human[1] ?? ''), message: human[2] ?? '', isKernel: true };
  const iso = forms.iso.exec(text);
  return iso === null ? null : { seconds: secondsOf(`${iso[1]}.${iso[2]}${iso[3]}`), message: iso[4] ?? '', isKernel: true };
}

/** Of a time of day without a year only the order of the lines is left. */
function secondsOf(time: string): number {
  const [, monotonic] = /^\[ *(\d+\.\d+)\]$/.exec(time) ?? [];
  if (monotonic !== undefined) return Number(monotonic);
  const milliseconds = Date.parse(time.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(milliseconds) ? 0 : milliseconds / 1000;
}

/** Takes what a kernel said, however the log words it. */
export class Log {
  readonly #messages = new Messages(new Names());
  #isDebug = false;
  #sequence: number | null = null;

  take({ seconds, message, sequence, isKernel }: Said, text: string, line: number): Item[] {
    const missed = this.#missed(sequence, text, line);
    if (!isKernel) return [...missed, { kind: 'header', line, text, tracer: '', release: '' }];
    const loss = parseLoss(text, message, line);
    if (loss !== null) return [...missed, loss];
    const found = this.#messages.read(message);
    if (found !== null && !found.always) this.#isDebug = true;
    if (found !== null && this.#isDebug) return [...missed, shown({ line, text, seq: seconds }, found.pid, 'printk', found.fields)];
    // A dump of the trace buffer is of another kind.
    if (parseLine(message).kind === 'event') return [...missed, { kind: 'unparsed', line, text }];
    return [...missed, { kind: 'console', line, text, message, alarm: alarmOf(message) }];
  }

  #missed(sequence: number | undefined, text: string, line: number): Item[] {
    const last = this.#sequence;
    if (sequence !== undefined) this.#sequence = sequence;
    if (sequence === undefined || last === null || sequence === last + 1) return [];
    return [{ kind: 'lost', line, text, cpu: -1, count: sequence > last ? sequence - last - 1 : null }];
  }
}

class Text implements Lines {
  readonly #log = new Log();
  readonly since = Infinity;

  take(text: string, line: number): readonly Item[] {
    if (text.trim() === '' || text.startsWith('-- ')) return [{ kind: 'blank', line, text }];
    // Properties of the message before, in /dev/kmsg.
    if (/^ \w+=/.test(text)) return [{ kind: 'header', line, text, tracer: '', release: '' }];
    const said = saidIn(text.replace(/\r$/, ''));
    return said === null ? [{ kind: 'unparsed', line, text }] : this.#log.take(said, text, line);
  }

  end(): readonly Item[] {
    return [];
  }
}

/** `[   12.345678] ` alone may still be the console of a machine that dumps its trace: there only a message of dd.c tells. */
function knows(text: string): boolean {
  const said = saidIn(text);
  if (said === null) return false;
  if (!/^(?:<\d+>)?\[ *\d+\.\d+\]/.test(text) || forms.monotonic.test(text)) return said.isKernel && parseLine(text).kind !== 'event';
  return new Messages(new Names()).read(said.message)?.always === false;
}

export const dmesg: Reader = { format: 'dmesg', knows, open: () => new Text() };
