/**
 * What a step looks like to a recorder: labels, in the order in which the probes would fire.
 *
 * A function's entry is a word that a chart says; or the sending of its call, where the callee is an object under a lock
 * (the call is made before the lock is had); or its delivery, where a device hands it on to its group. Its return is the
 * delivery of the answer, or a word ending in `.ret`. `locked` is the critical section itself, with the fields as it
 * leaves them.
 */
import { environment, kindOf, nameOf } from '../../machines/address.ts';
import type { Address, Message, Plain } from '../../machines/chart.ts';
import type { Place, Recorder } from '../../machines/tracepoints.ts';
import type { Local, Move } from '../world/locals.ts';
import { messagesOf } from './messages.ts';

export interface Label {
  readonly says: string;
  readonly at: Place;
  readonly args: Readonly<Record<string, Plain>>;
  /** The object under the lock, and its fields after the critical section. */
  readonly group: Address | null;
  readonly after: Local | null;
}

/** Objects that are called before their lock is had. */
const underLock = new Set(['group', 'deferred_probe', 'environment']);

/** The words that a recorder can see at all. */
export function visibleWords(recorder: Recorder, recorded: (function_: string, place: Place) => boolean): Set<string> {
  const words = new Set<string>();
  for (const [key, { says, at }] of [...recorder.points, ...recorder.renamed]) {
    const [name = '', place] = key.split(' ');
    if (recorded(name, place as Place)) words.add(`${says} ${at}`);
  }
  return words;
}

/** Computes and keeps the visible labels of each move. */
export class Labels {
  readonly #words: ReadonlySet<string>;
  readonly #known = new WeakMap<Move, readonly Label[]>();

  constructor(words: ReadonlySet<string>) {
    this.#words = words;
  }

  /** Whether the recorder has a probe for the word. */
  shows(word: string): boolean {
    return this.#words.has(word);
  }

  /** Labels of the delivery of `event` to `address`, which gave `move`. */
  of(address: Address, event: Message, move: Move): readonly Label[] {
    const known = this.#known.get(move);
    if (known !== undefined) return known;
    const labels = [...this.#all(address, event, move)].filter(({ says, at }) => this.#words.has(`${says} ${at}`));
    this.#known.set(move, labels);
    return labels;
  }

  *#all(address: Address, event: Message, move: Move): Generator<Label> {
    if (this.#words.has('printk entry')) for (const args of messagesOf(address, event, move)) yield label('printk', 'entry', args);
    const isLock = underLock.has(kindOf(address));
    const group = kindOf(address) === 'group' ? address : null;
    if (event.type.endsWith('.ret')) {
      if (underLock.has(kindOf(event.from)) || kindOf(event.from) === 'device') yield label(event.type.slice(0, -4), 'return', event);
    }
    else if (kindOf(address) === 'device') yield label(event.type, 'entry', { ...event, device: nameOf(address) });
    for (const output of move.out) {
      if (output.kind === 'said') {
        const { type } = output.said;
        yield type.endsWith('.ret') ? label(type.slice(0, -4), 'return', output.said, group) : label(type, 'entry', output.said, group);
      } else {
        const { to, event: sent } = output.sent;
        if (underLock.has(kindOf(to)) && sent.from === address && !sent.type.endsWith('.ret'))
          yield label(sent.type, 'entry', sent, kindOf(to) === 'group' ? to : null);
      }
    }
    if (isLock && !event.type.endsWith('.ret')) yield { ...label(event.type, 'locked', event, group), after: move.next };
  }
}

const label = (says: string, at: Place, args: Readonly<Record<string, Plain>>, group: Address | null = null): Label =>
  ({ says, at, args, group, after: null });

/** A value as a reader sees it in a line: names and numbers as they are. */
export const word = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** `iommu_device_use_default_domain.ret -16 of 0000:02:00.0`, for people. */
export function describe({ says, at, args, group }: Label): string {
  if (says === 'printk') return `message ${word(args['message'])}${typeof args['ret'] === 'number' ? ` ${args['ret']}` : ''} of ${word(args['device'])}, ${word(args['driver'])}`;
  const what = says === 'bus_notify' || says === 'kobject_uevent' ? `${says} ${word(args['action'])}` : says;
  const ret = at === 'return' && typeof args['ret'] === 'number' ? ` ${args['ret']}` : '';
  const whom = [args['device'], args['driver'], group].filter((name): name is string => typeof name === 'string' && name !== '' && name !== environment);
  return `${what}${at === 'return' ? '.ret' : at === 'locked' ? ' (locked)' : ''}${ret}${whom.length > 0 ? ` of ${whom.join(', ')}` : ''}`;
}
