/** One chart alone: what it does with messages, and what it says and sends. Nobody else is there; any address may be sent to. */
import type { AnyActorRef } from 'xstate';
import type { Address, Message } from '../../machines/chart.ts';
import { errnoName } from '../../machines/kernel.ts';
import type { Placement } from '../../machines/model.ts';
import { Actor, Messages, type Local, type Output } from '../../src/world/locals.ts';

export const caller: Address = 'thread:caller';
/** 1 is yes or found here; a probe that fails with -EPERM would read the same, and no table has one. */
const name = (ret: number): string => (ret === 1 ? '1' : errnoName(ret));
type Asked = { readonly type: string; readonly [argument: string]: unknown };

export class Single {
  readonly #actor: Actor;
  local: Local;

  constructor(placement: Placement) {
    this.#actor = new Actor(placement, (address) => ({ id: address }) as unknown as AnyActorRef, new Messages(), { twice: true });
    this.local = this.#actor.initial;
  }

  get context(): Readonly<Record<string, unknown>> {
    return this.local.context;
  }

  /** Delivers one message. */
  take(event: Asked, from: Address = caller): readonly Output[] {
    const { next, out } = this.#actor.move(this.local, { ...event, from } as Message);
    this.local = next;
    return out;
  }

  /** Delivers a call that is answered at once: its result, and what was said, as one line. */
  ask(event: Asked, from: Address = caller): string {
    return this.take(event, from).map((output) => {
      if (output.kind === 'said') return output.said.type;
      const { to, event: sent } = output.sent;
      return sent.type === `${event.type}.ret` && to === from ? `ret=${name(Number(sent['ret']))}` : `-> ${to} ${sent.type}`;
    }).join(' ') || 'silent';
  }

  /**
   * Delivers a call and answers everything the chart then asks, until it answers the call.
   *
   * `answers`: by function, in turn (a number, or more than a number); 0 where nothing is given. Gives every call and
   * word in order, and at the end the chart's own answer.
   */
  play(event: Asked, answers: Readonly<Record<string, readonly (number | object)[]>> = {}): string[] {
    const left = new Map(Object.entries(answers).map(([type, list]) => [type, [...list]]));
    const lines: string[] = [];
    const queue = [...this.take(event)];
    for (let output = queue.shift(); output !== undefined; output = queue.shift()) {
      if (output.kind === 'said') {
        const { type, ret, action } = output.said;
        lines.push(type.endsWith('.ret') ? `${type} ${name(Number(ret ?? 0))}` : typeof action === 'string' ? action : type);
        continue;
      }
      const { to, event: sent } = output.sent;
      if (to === caller && sent.type === `${event.type}.ret`) {
        lines.push(`ret=${name(Number(sent['ret']))}`);
        continue;
      }
      lines.push(typeof sent['action'] === 'string' ? sent['action'] : sent.type === 'device_set_driver' ? `dev->driver = ${sent['driver'] === null ? 'NULL' : 'drv'}` : sent.type);
      if (/\.ret$|^__device_attach_async_helper$|^queue_work$/.test(sent.type)) continue; // nobody answers these
      const given = left.get(sent.type)?.shift() ?? 0;
      queue.push(...this.take({ type: `${sent.type}.ret`, ret: 0, ...(typeof given === 'number' ? { ret: given } : given) }, to));
    }
    return lines;
  }
}
