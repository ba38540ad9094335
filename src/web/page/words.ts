/** How the page says addresses and messages. */
import { nameOf } from '../../../machines/address.ts';
import type { Address, Message, Said } from '../../../machines/chart.ts';
import { errnoName } from '../../../machines/kernel.ts';

/** An address without what its name says already: `0000:02:00.0` of a device, `vm1` of a thread. */
export const short = (address: Address): string => address.replace(/^(?:device|thread):/, '');

const silent = new Set(['type', 'from', 'ret', 'bus']);

/** What it is called: `8` for `group:8`; a name with colons of its own stays whole. */
const plain = (name: string): string => name.replace(/^(?:group|device|driver|thread):/, '');

/** Arguments in the order of the message, without what the speaker says already. */
export function argumentsOf(event: Said | Message, ...known: readonly string[]): string {
  const said = new Set(known.flatMap((one) => [one, nameOf(one)]));
  return Object.entries(event).flatMap(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (silent.has(key) || said.has(text)) return [];
    if (key === 'attach') return value === 0 ? [] : [`attach=${errnoName(Number(value))}`];
    return [key === 'device' || key === 'driver' || key === 'group' ? plain(text) : `${key}=${text}`];
  }).join(' ');
}

/** Whether a message says that something failed. */
export const failed = ({ type, ret }: Said): boolean => type.endsWith('.ret') && typeof ret === 'number' && ret < 0;
