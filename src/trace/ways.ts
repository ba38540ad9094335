/**
 * What may become of a message that waits: where it goes to an actor, that it arrives; where the environment is to answer,
 * each answer that the line allows. The line's own words (a driver's name, a flag, an errno) leave few.
 */
import { environment, nameOf } from '../../machines/address.ts';
import type { Message, Plain } from '../../machines/chart.ts';
import { draws, environment_table } from '../../machines/environment.ts';
import { EAGAIN, ENODEV, EPROBE_DEFER, kobject_actions, unknown } from '../../machines/kernel.ts';
import { isVfioDriver } from '../../machines/tracepoints.ts';
import type { Choice, Flight, System } from '../world/world.ts';
import { anyErrno } from './compare.ts';
import type { Seen } from './explain.ts';
import type { Knowledge } from './knowledge.ts';
import { word } from './label.ts';
import { isNobody } from './readers/names.ts';
import { threadOf, type State } from './state.ts';

/** The line that asks, and the task that moves. */
export interface Asked {
  readonly seen: Seen;
  readonly pid: number;
}

/** Errors that the charts tell apart; all others are one until a return probe shows which it was. */
const telling = new Set([-EPROBE_DEFER, -EAGAIN]);

/**
 * Where a recording shows no calls, answers that look the same in it are tried once: any failure before the driver's probe is
 * one of pinctrl, and nobody has changed the flags, ids and files that decide who is asked.
 */
const unseenAnswers: Readonly<Record<string, readonly number[]>> = {
  kernfs_get_active: [0], driver_match_device: [1], device_links_check_suppliers: [0, -EPROBE_DEFER], devres_head: [0], pinctrl_bind_pins: [0, -anyErrno],
  firmware_dma_configure: [0], driver_managed_dma: [0], probe_type: [0], sysfs_create_link: [0], activate: [0], device_add_groups: [0], state_synced: [0], test_remove: [0],
};

export class Ways {
  readonly #knowledge: Knowledge;
  readonly #system: System;
  /** Answers that are a number only. */
  readonly #kept = new Map<string, Message>();

  constructor(knowledge: Knowledge) {
    this.#knowledge = knowledge;
    this.#system = knowledge.system;
  }

  /** What may become of a message in flight; the trace's own words help where the environment is to answer. */
  of(state: State, index: number, flight: Flight, asked: Asked): Choice[] {
    const { to, event } = flight;
    if (to !== environment || event.type.endsWith('.ret')) {
      const row = draws[event.type];
      if (row === undefined) return [{ kind: 'deliver', index, to, event }];
      return this.#drawn(row.possible, asked).map((attach) =>
        ({ kind: 'deliver', index, to, event: attach === 0 ? event : this.#system.messages.intern({ ...event, attach }) }));
    }
    return this.#answers(state, event, asked).map((answer) => ({ kind: 'answer', index, to: event.from, event: this.#answer(event, answer) }));
  }

  /** The message of an answer; those that are a number only are kept. */
  #answer(call: Message, answer: { readonly [argument: string]: Plain }): Message {
    const { ret } = answer;
    const kept = Object.keys(answer).length === 1 && typeof ret === 'number' ? `${call.type} ${ret}` : null;
    const known = kept === null ? undefined : this.#kept.get(kept);
    if (known !== undefined) return known;
    const message = this.#system.messages.intern({ type: `${call.type}.ret`, ret: 0, ...answer, from: environment });
    if (kept !== null) this.#kept.set(kept, message);
    return message;
  }

  /** A failing attach shows at once (__iommu_group_set_domain.ret), so only what the line says is tried. */
  #drawn(possible: readonly number[], { seen }: Asked): readonly number[] {
    const ret = seen.line.fields['ret'];
    const observed = typeof ret === 'number' && ret < 0 ? [ret] : [];
    return [...new Set([0, ...possible.filter((value) => observed.includes(value)), ...observed])];
  }

  #answers(state: State, call: Message, { seen, pid }: Asked): { [argument: string]: Plain }[] {
    const { fields } = seen.line;
    const { type } = call;
    const unseen = isNobody(seen.line.pid) ? unseenAnswers[type] : undefined;
    if (unseen !== undefined) return unseen.map((ret) => ({ ret }));
    if (type === 'klist_drivers_next' && isNobody(seen.line.pid)) {
      const asked = seen.says === 'kobject_uevent' && kobject_actions[Number(fields['action'])] !== 'KOBJ_BIND' ? null : String(fields['drv'] ?? unknown);
      return asked === null || call['after'] !== null ? [{ name: null }] : [{ name: asked }, { name: null }];
    }
    switch (type) {
      case 'klist_drivers_next':
        return [...(seen.says === '__driver_probe_device' && seen.at === 'entry' && this.#concerns(state, call, seen)
          ? [{ name: String(fields['drv']) }] : []), { name: null }];
      case 'klist_devices_next': {
        const registering = this.#system.local(state.world, call.from).context['driver'];
        return seen.says === '__driver_probe_device' && seen.at === 'entry' && fields['drv'] === registering && call['after'] !== fields['dev']
          ? [{ name: String(fields['dev']) }] : [{ name: null }];
      }
      case 'klist_last':
        return seen.says === 'device_release_driver_internal' && seen.at === 'entry' ? [{ device: String(fields['dev']) }] : [{ device: null }];
      case 'kernfs_get_active':
        return [{ ret: 0 }, { ret: -ENODEV }];
      case 'driver_managed_dma':
        if (typeof fields['managed'] === 'number') return [{ ret: fields['managed'] }];
        // Off PCI only VFIO's drivers set it; there it is not shown.
        return this.#knowledge.isPci(nameOf(call.from)) || isVfioDriver(nameOf(word(call['driver'] ?? ''))) ? [{ ret: 0 }, { ret: 1 }] : [{ ret: 0 }];
      case 'probe_type':
        // A probe on the task that asks is synchronous; one on another task, or by the helper, is not.
        return [{ ret: pid === seen.line.pid && call['want_async'] !== true ? 0 : 1 }];
      case 'driver_match_device':
        return seen.says === '__driver_probe_device' && fields['drv'] !== call['driver'] ? [{ ret: 0 }] : [{ ret: 1 }, { ret: 0 }];
      default: {
        const possible = new Set(environment_table[type]?.possible ?? []);
        return [...new Set([...possible].map((ret) => (ret < 0 && !telling.has(ret) ? -anyErrno : ret)))].map((ret) => ({ ret }));
      }
    }
  }

  #concerns(state: State, call: Message, seen: Seen): boolean {
    const thread = threadOf(this.#system, state.world, call.from);
    return nameOf(call.from) === seen.line.fields['dev'] || this.#system.local(state.world, thread).context['device'] === seen.line.fields['dev'];
  }
}
