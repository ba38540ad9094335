/**
 * The kernel's messages in `journalctl -o json`: an object for each line, all values text.
 *
 *     {"_TRANSPORT":"kernel","MESSAGE":"told: probe of 0000:02:00.2 failed with error -5","_SOURCE_MONOTONIC_TIMESTAMP":"15905293","_BOOT_ID":"2a44...",...}
 *
 * A message that is not UTF-8 is a list of bytes; one that is too long is null, unless journalctl is asked for `--all`.
 */
import type { Item } from '../line.ts';
import { Log } from './dmesg.ts';
import type { Lines, Reader } from './reader.ts';

const sign = /^\{.*"(?:__CURSOR|_BOOT_ID|__REALTIME_TIMESTAMP)" ?: ?"/;
const missed = /^Missed (\d+) kernel messages/;

type Entry = Readonly<Record<string, unknown>>;

class Json implements Lines {
  readonly #log = new Log();
  #boot = '';
  readonly since = Infinity;

  take(text: string, line: number): readonly Item[] {
    if (text.trim() === '') return [{ kind: 'blank', line, text }];
    const entry = parsed(text);
    const message = entry === null ? null : textOf(entry['MESSAGE']);
    if (entry === null || message === null) return [{ kind: 'unparsed', line, text }];
    const [count] = missed.exec(message)?.slice(1) ?? [];
    if (count !== undefined) return [{ kind: 'lost', line, text, cpu: -1, count: Number(count) }];
    const boot = entry['_BOOT_ID'];
    return [...this.#reboot(typeof boot === 'string' ? boot : '', text, line),
      ...this.#log.take({ seconds: Number(entry['_SOURCE_MONOTONIC_TIMESTAMP'] ?? 0) / 1e6, message, isKernel: entry['_TRANSPORT'] === 'kernel' }, text, line)];
  }

  /** Of a machine that was started anew nothing is known. */
  #reboot(boot: string, text: string, line: number): Item[] {
    const last = this.#boot;
    this.#boot = boot;
    return last === '' || boot === last ? [] : [{ kind: 'lost', line, text, cpu: -1, count: null }];
  }

  end(): readonly Item[] {
    return [];
  }
}

function parsed(text: string): Entry | null {
  try {
    const entry: unknown = JSON.parse(text);
    return typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? (entry as Entry) : null;
  } catch {
    return null;
  }
}

function textOf(message: unknown): string | null {
  if (typeof message === 'string') return message;
  return Array.isArray(message) && message.every((byte) => typeof byte === 'number') ? new TextDecoder().decode(Uint8Array.from(message)) : null;
}

export const journal: Reader = { format: 'journal', knows: (text) => sign.test(text), open: () => new Json() };
