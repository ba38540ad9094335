/**
 * The judge: does a model explain what a real kernel recorded?
 *
 * Lines go in one by one; the judge keeps every state that explains all of them so far. The first line that no state
 * explains is where kernel and model part. Memory does not grow with the trace: what is kept is the states, the objects
 * they name, and a bounded account of what happened.
 */
import { asyncAt } from '../../machines/address.ts';
import type { Address } from '../../machines/chart.ts';
import { EACCES, ENOENT, ENXIO, errnoName, kobject_actions, unknown } from '../../machines/kernel.ts';
import type { Model } from '../../machines/model.ts';
import { isVfioDriver, recorders, type Place, type Recorder } from '../../machines/tracepoints.ts';
import { ModelError } from '../errors.ts';
import { deviceOf, operationOf, typesOf, wordsOf, type Operation } from './command.ts';
import { Explainer, type Miss, type Seen } from './explain.ts';
import { Follower } from './follow.ts';
import { Account, type AccountOptions } from './account.ts';
import { Checks } from './checks.ts';
import { Knowledge, type Found } from './knowledge.ts';
import { Labels } from './label.ts';
import type { Item, TraceLine } from './line.ts';
import type { Mark } from './body.ts';
import { keepFiles, startedBy } from './operations.ts';
import { isNobody } from './readers/names.ts';
import type { Format } from './readers/reader.ts';
import { checkFields, Rows } from './rows.ts';
import { recordedBy, shownWords, unseen } from './sees.ts';
import { framesOf, push, top, type Frame, type State } from './state.ts';
import { Usage } from './usage.ts';

/** Where kernel and model part. */
export interface Violation {
  readonly line: number;
  readonly text: string;
  readonly reason: string;
  /** What the model would have accepted there. */
  readonly possible: readonly string[];
}

export interface JudgeOptions extends AccountOptions {
  /** Which functions the recorder had probes on; absent: all that the model's recorder knows. */
  readonly recorded?: (function_: string, place: Place) => boolean;
  /** The function an event's probe sits on, where the definitions say it and there is one only. */
  readonly symbolOf?: (event: string) => string | undefined;
  /** Tells the steps by which it explains the lines: so many at each end. Default: none. */
  readonly follow?: number;
  /** States kept at most; beyond it the judge no longer says `violates`. */
  readonly most?: number;
  /** Count which transitions of the charts the trace needs. */
  readonly transitions?: boolean;
}

/** Lines kept back at most while one of them is waited for. */
const holdAtMost = 20_000;
/** A trace without header that begins at a later event has lost its beginning. */
const lateStart = 2000;
/** Errors of a system call that never reached the function: no such file, no permission. */
const neverReached = new Set([-ENOENT, -EACCES, -ENXIO]);
/** Lines about devices that are not judged: class devices and devices of buses without callbacks, while they come and go. */
const comings = new Set(['device_add', 'device_del', 'kobject_uevent', 'bus_notify', 'driver_deferred_probe_del',
  'iommu_probe_device', 'iommu_release_device', 'iommu_deinit_device', 'iommu_group_remove_device']);
const leavings = new Set(['iommu_release_device', 'iommu_deinit_device', 'iommu_group_remove_device']);
const pairs = new Set(['device_add', 'device_del', 'iommu_probe_device']);

/** Messages of drivers/base/dd.c that belong to an attempt to bind. */
const judgedMessages = new Set(['matched', 'probing', 'probe', 'driver_bound', 'bound']);

/** Functions that no other function on record calls, but for a driver's own code. */
export const outermost: ReadonlySet<string> = new Set(['driver_register', 'driver_unregister', 'device_driver_attach', 'device_attach', 'deferred_probe_work_func', 'iommu_group_store_type',
  'vfio_group_fops_open', 'vfio_group_fops_release', 'vfio_group_fops_unl_ioctl', 'vfio_fops_unl_ioctl', 'vfio_device_fops_release']);
/** Functions that change owner_cnt. */
const sections = ['iommu_device_use_default_domain', 'iommu_device_unuse_default_domain', 'iommu_group_claim_dma_owner', 'iommu_group_release_dma_owner',
  'iommu_device_claim_dma_owner', 'iommu_device_release_dma_owner'];

/** Nobody asks what led here. */
const forgetting = (states: State[]): State[] =>
  (states.some(({ past }) => past !== undefined) ? states.map((state) => (state.past === undefined ? state : { ...state, past: undefined })) : states);

export class Judge {
  readonly model: Model;
  readonly account: Account;
  /** Transitions that the trace needs, where they are counted. */
  readonly usage: Usage | null;
  /** The steps of one explanation, where they were asked for. */
  readonly followed: Follower | null;
  /** Lines that a state explained. */
  explained = 0;
  readonly #rows: Rows;
  readonly #checks: Checks;
  readonly #recorded: (function_: string, place: Place) => boolean;
  readonly #words: ReadonlySet<string>;
  readonly #labels: Labels;
  readonly #most: number;
  readonly #options: JudgeOptions;
  readonly #knowledge: Knowledge;
  readonly #explainer: Explainer;
  #states: State[];
  /** Calls outside the model that a task is inside of. */
  readonly #inside = new Map<number, { readonly says: string; readonly device: string }[]>();
  /** Tasks that were in the middle of something when the recording began, or went on after a loss. */
  readonly #midLife = new Set<number>();
  /** Tasks that have been seen where none of the functions that a recorder shows is open: in user space, or at the start of a worker. */
  readonly #grounded = new Set<number>();
  /** Tasks by whether their first line began a function that nothing else on record calls. */
  readonly #first = new Map<number, boolean>();
  /** Functions that a task has entered on record, while it may be inside something older. */
  readonly #entered = new Map<number, Set<string>>();
  /** A run of deferred_probe_work_func may be queued that no explained line has queued. */
  #mayBeQueued = true;
  /** From this line on it is known that things were under way when the recording began, or that events were lost. */
  doubtFrom: number | null = null;
  readonly #marks = new Map<number, number>();
  /** A header says that nothing was overwritten. */
  #counted = false;
  #held: { pid: number; items: Item[] } | null = null;
  /** What a task read of a group without its lock, until a critical section on that group ends. */
  readonly #reads = new Map<number, { readonly group: Address; readonly line: TraceLine }>();
  /** Each critical section that changes owner_cnt has a probe. */
  readonly #showsAllSections: boolean;
  /** Tasks inside vfio_register_group_dev: a device file named by a number there is a new vfio_group's. */
  readonly #registering = new Set<number>();
  /** Device that a task is bringing into its group. */
  readonly #joining = new Map<number, string>();
  /** Device whose probe a task is in. */
  readonly #probing = new Map<number, string>();
  /** Device whose remove a task is in. */
  readonly #removing = new Map<number, string>();
  /** Tasks that unregister a VFIO device of a group that is from before the recording: who is in it decides what happens. */
  readonly #unregistering = new Set<number>();
  /** Events were lost before this line, or states given up. */
  lostAt: number | null = null;
  violation: Violation | null = null;

  constructor(model: Model, options: JudgeOptions = {}) {
    const { recorded = recordedBy(null, undefined), most = 512 } = options;
    this.#recorded = recorded;
    this.#options = options;
    this.account = new Account(options);
    this.model = model;
    const recorder = recorders[model.name] as Recorder;
    this.#rows = new Rows(recorder, options.symbolOf);
    this.#words = shownWords(recorder, recorded);
    this.#showsAllSections = sections.every((name) => !recorder.points.has(`${name} locked`) || this.#words.has(`${name} locked`));
    this.#labels = new Labels(this.#words);
    this.#most = most;
    this.#knowledge = new Knowledge(model);
    this.#explainer = new Explainer(this.#knowledge, this.#labels);
    this.usage = options.transitions === true ? new Usage(this.#knowledge.system, this.#labels) : null;
    this.#checks = new Checks(this.#knowledge, this.#words, this.#showsAllSections);
    this.#states = [{ world: this.#knowledge.system.initial(), tasks: [] }];
    this.followed = options.follow === undefined ? null : new Follower(() => this.#knowledge.system, this.#labels, options.follow);
  }

  /** Takes the next line. False once a line could not be explained: the judge stops there. */
  take(item: Item): boolean {
    if (this.violation !== null) return false;
    if (this.#held !== null) return this.#hold(item, this.#held);
    if (item.kind === 'event' && this.#mustWait(item)) {
      this.#held = { pid: item.pid, items: [item] };
      return true;
    }
    return this.#now(item);
  }

  /** Call when the trace is over: takes what was held back. */
  close(): void {
    if (this.#held !== null) this.#letGo(this.#held);
    if (this.violation === null) this.usage?.close(this.#states);
  }

  /** Which group a VFIO device registers in is shown some lines later, by the name of the group's device file. */
  #mustWait(line: TraceLine): boolean {
    const device = this.#probing.get(line.pid);
    if (device === undefined || line.mark !== null) return false;
    const row = this.#rows.of(line);
    return typeof row === 'object' && row.says === 'vfio_register_group_dev' && row.at === 'entry' && !this.#knowledge.knowsGroupOf(device);
  }

  #hold(item: Item, held: { pid: number; items: Item[] }): boolean {
    held.items.push(item);
    if (item.kind !== 'event' || item.pid !== held.pid || item.mark !== null) return held.items.length < holdAtMost || this.#letGo(held);
    const row = this.#rows.of(item);
    if (typeof row !== 'object') return true;
    const device = this.#probing.get(held.pid) ?? '';
    const name = item.fields['dev'];
    if (row.says === 'device_add' && row.at === 'entry' && typeof name === 'string' && /^\d+$/.test(name))
      this.#states = this.#knowledge.learnGroup(this.#states, device, Number(name));
    else if (row.says !== 'vfio_register_group_dev') return true;
    else {
      this.#states = this.#knowledge.guessGroup(this.#states, device);
      // No vfio_group was made, and none is known: it was there before the recording.
      if (this.#states.every((state) => this.#knowledge.groupOf(state, device) === null)) this.doubtFrom ??= item.line;
    }
    return this.#letGo(held);
  }

  #letGo({ items }: { items: Item[] }): boolean {
    this.#held = null;
    for (const item of items) if (!this.#now(item)) return false;
    return true;
  }

  #now(item: Item): boolean {
    if (this.violation !== null) return false;
    if (item.kind === 'lost') this.#lose(item.line, `${item.count ?? 'some'} events were lost`);
    else if (item.kind === 'started') this.#lose(item.line, `earlier events of CPU ${item.cpu} were overwritten`);
    else if (item.kind === 'cut' && item.missing === 'beginning') this.#lose(item.line, 'the beginning of the file was cut');
    else if (item.kind === 'cut') this.account.cut = true;
    else if (item.kind === 'entries' && item.held === item.written) this.#counted = true;
    else if (item.kind === 'entries') this.#lose(item.line, `${item.written - item.held} events were overwritten`);
    else if (item.kind === 'event') {
      if (this.account.events === 0 && !this.#counted && item.unit === 'count' && item.seq > lateStart) this.#lose(item.line, `the recording begins at event ${item.seq}`);
      this.#event(item);
      if (this.violation === null) this.#states = this.usage?.take(this.#states, item.line) ?? forgetting(this.#states);
    }
    return this.violation === null;
  }

  /** How many states explain the trace so far. */
  get states(): readonly State[] {
    return this.#states;
  }
  /** What tasks are still inside of. */
  unfinished(): string[] {
    return (this.#states[0]?.tasks ?? []).flatMap(({ pid, frames }) => frames.filter(({ thread, expect, mark }) => (thread !== null && expect.length > 0) || mark !== null)
      .map(({ what, since }) => `${what}, task ${pid}, since line ${since}`));
  }
  get knowledge(): Knowledge {
    return this.#knowledge;
  }
  /** What a recording of this kind, with these probes, never shows. */
  unseen(format: Format | null): string[] {
    return unseen(recorders[this.model.name] as Recorder, format, this.#recorded);
  }

  /** After a loss nothing is known for sure: the objects are learnt anew. */
  #lose(line: number, why: string): void {
    this.lostAt ??= line;
    this.account.lose(why);
    this.#grounded.clear();
    this.#entered.clear();
    this.#first.clear();
    this.#marks.clear();
    this.#startAnew();
  }

  /** Nothing is known of the machine any more; who is in the middle of something goes on unjudged until it is over. */
  #startAnew(): void {
    this.doubtFrom = null;
    this.#mayBeQueued = true;
    for (const { tasks } of this.#states) for (const { pid } of tasks) this.#midLife.add(pid);
    this.#knowledge.forget();
    this.#states = [{ world: this.#knowledge.system.initial(), tasks: [] }];
    this.#checks.forget();
    for (const known of [this.#inside, this.#reads, this.#joining, this.#probing, this.#registering, this.#removing, this.#unregistering]) known.clear();
  }

  #event(line: TraceLine): void {
    this.account.events++;
    if (line.mark !== null) return this.#mark(line, line.mark);
    const row = this.#rows.of(line);
    if (row === 'foreign') return this.account.outside(`probe ${line.event}`);
    if (row === 'elsewhere') return this.#refuseAnyhow(line, `nothing in ${this.model.name} calls ${line.symbol}`, []);
    const seen: Seen = { line, ...row };
    checkFields(seen);
    // Up to 6.2 one function serves all notifier chains: of another chain, what is no device has no name.
    if (row.says === 'bus_notify' && line.fields['dev'] === null) return this.account.outside('another notifier chain');
    const alien = this.#checks.uevent(seen);
    if (alien !== null) return this.#refuseAnyhow(line, alien.reason, alien.possible);
    if (this.#isOutside(seen)) return;
    if (isNobody(line.pid)) return this.#byNobody(seen);
    const odd = this.#checks.links(seen);
    if (odd !== null) return this.#refuse(line, odd.reason, odd.possible);
    this.#learn(seen);
    if (!this.#first.has(line.pid)) this.#first.set(line.pid, seen.at === 'entry' && outermost.has(seen.says));
    if (seen.at === 'entry' && !this.#grounded.has(line.pid)) this.#entered.set(line.pid, (this.#entered.get(line.pid) ?? new Set()).add(seen.says));
    const isWorker = seen.says === 'deferred_probe_work_func';
    const { explained } = this;
    if (isWorker && !this.#mayBeQueued) this.#ground(line.pid);
    this.#explain(seen);
    // Queued work begins with nothing else open.
    if (seen.at === 'entry' && this.#states.every((state) => framesOf(state, line.pid).length === 1 && top(state, line.pid)?.thread === asyncAt(String(line.fields['dev'])))) this.#ground(line.pid);
    if (!isWorker) return;
    this.#mayBeQueued = false;
    if (this.explained > explained) this.#ground(line.pid);
  }

  /** A line without a task: a device's own life goes on, each of its steps as far as it shows anything. */
  #byNobody(seen: Seen): void {
    const { line, says } = seen;
    const { pid } = line;
    const device = String(line.fields['dev']);
    const message = line.fields['message'];
    // The log begins in the middle of an attempt.
    if (says === 'printk' && message !== 'matched' && !this.#grounded.has(pid)) return this.account.outside('began before the recording');
    // Nothing is printed for an unbind: whoever is asked again has lost its driver.
    if (says === 'printk' && (message === 'matched' || message === 'probing') && this.#states.every((state) => top(state, pid) === undefined && this.#knowledge.isBound(state, device)))
      this.#states = this.#knowledge.forgetDevice(this.#states, device);
    this.#learn(seen);
    const { explained } = this;
    this.#explain(seen);
    if (this.explained === explained) return;
    this.#ground(pid);
    if (says === 'printk' && message !== 'bound' && message !== 'probe') return;
    // It shows nothing more.
    const over = this.#states.flatMap((state) => this.#guarded(line.line, () => this.#explainer.over(state, pid, seen)));
    if (over.length > 0) this.#states = this.#explainer.distinct(over);
  }

  #isAbout({ world, tasks }: State, pid: number, device: string): boolean {
    return tasks.some((task) => task.pid === pid && task.frames.some(({ thread }) =>
      thread !== null && this.#knowledge.system.has(thread) && this.#knowledge.system.local(world, thread).context['device'] === device));
  }

  #ground(pid: number): void {
    this.#grounded.add(pid);
    this.#entered.delete(pid);
    this.#midLife.delete(pid);
  }

  /** Of what nobody is seen to do, only binding is judged, and on PCI coming and going. */
  #isAside({ fields }: TraceLine, says: string): boolean {
    const { dev, message } = fields;
    if (says === 'printk') {
      if (judgedMessages.has(String(message))) return false;
      this.account.outside(`message ${message}`);
      return true;
    }
    const action = kobject_actions[Number(fields['action'])];
    // Without properties nobody can tell who asked for it.
    const comes = (action === 'KOBJ_ADD' || action === 'KOBJ_REMOVE') && this.#knowledge.isPci(String(dev)) && fields['seqnum'] !== undefined;
    if (action === 'KOBJ_BIND' || action === 'KOBJ_UNBIND' || comes) return false;
    this.account.outside(`device ${dev}`);
    return true;
  }

  #isOutside({ line, says, at, first }: Seen): boolean {
    const { pid } = line;
    if (isNobody(pid)) return this.#isAside(line, says);
    if (this.#unregistering.has(pid) && says !== 'vfio_unregister_group_dev') {
      if (typeof line.fields['g'] === 'number') this.#knowledge.unsettle(line.fields['g']);
      this.account.outside('the end of a VFIO group from before the recording');
      return true;
    }
    const inside = this.#inside.get(pid);
    if (at === 'return' && inside?.at(-1)?.says === says) {
      inside.pop();
      if (inside.length === 0) this.#inside.delete(pid);
      this.account.outside(`${says} of a device that is not judged`);
      return true;
    }
    const device = line.fields['dev'];
    if (typeof device !== 'string' || !comings.has(says) || at === 'return') return false;
    // A driver may add a class device that bears the name of a PCI device.
    const namesake = inside?.at(-1)?.device === device || (says === 'device_add' && this.#isInDriver(pid));
    if (this.#knowledge.isPci(device) && !namesake) return false;
    // Joining and leaving the bus is not judged here; binding is.
    const action = Number(line.fields['action']) - (first ?? 0);
    if (says === 'bus_notify' && (action < 0 || action > 2)) return false;
    if (says === 'kobject_uevent' && this.#knowledge.knowsDevice(device) && Number(line.fields['action']) > 1) return false;
    if (says === 'driver_deferred_probe_del' && this.#knowledge.knowsDevice(device) && inside?.at(-1)?.says !== 'device_del') return false;
    if (says === 'device_add' && this.#registering.has(pid) && /^\d+$/.test(device)) this.#knowledge.vfioGroupMade(Number(device));
    if (!this.#knowledge.isPci(device) && (says === 'device_add' || says === 'device_del')) this.#states = this.#knowledge.leaves(this.#states, device, says === 'device_del');
    if (pairs.has(says) && this.#words.has(`${says} return`)) this.#inside.set(pid, [...(inside ?? []), { says, device }]);
    this.account.outside(`device ${device}`);
    return true;
  }

  /** The task runs a driver's own probe, as far as every state says. */
  #isInDriver(pid: number): boolean {
    return this.#states.every((state) => this.#explainer.inDriver(state, pid));
  }

  /** Gives everything that the line names its actors. */
  #learn({ line, says, at }: Seen): void {
    const { fields } = line;
    const driver = fields['drv'] ?? fields['cur'] ?? (isNobody(line.pid) ? unknown : undefined);
    if (typeof driver === 'string') this.#knowledge.ensureDriver(driver, says === 'driver_register' && at === 'entry');
    if (typeof driver === 'string' && says === 'driver_register' && at === 'entry') this.#states = this.#knowledge.maybeUnregistered(this.#states, driver);
    const device = fields['dev'];
    if (typeof device === 'string') {
      this.#states = this.#knowledge.ensureDevice(this.#states, device, this.#found(says, at, line), isNobody(line.pid) ? String(fields['bus'] ?? unknown) : undefined);
      if (typeof fields['cur'] === 'string' && (says === 'device_release_driver_internal' || says === 'device_del'))
        this.#states = this.#knowledge.nameDriver(this.#states, device, fields['cur']);
      if (says === 'device_add' && at === 'entry') this.#knowledge.forgetGroup(device);
      else if (fields['grp'] !== undefined && says !== 'iommu_probe_device') {
        // Only now it shows that the device is in a group, and it has been leaving for some lines.
        if (leavings.has(says) && !this.#knowledge.knowsGroupOf(device) && this.#states.some((state) => this.#isAbout(state, line.pid, device))) this.doubtFrom ??= line.line;
        this.#states = this.#knowledge.learnGroup(this.#states, device, fields['grp'] === '0x0' ? null : Number(fields['g']));
      }
    } else if (typeof fields['g'] === 'number') this.#knowledge.ensureGroup(fields['g']);
    // Without a probe where VFIO registers a device, it does so unseen.
    if ((says === 'really_probe' || isNobody(line.pid)) && at === 'entry' && typeof driver === 'string' && isVfioDriver(driver) && !this.#words.has('vfio_register_group_dev entry'))
      this.#states = this.#knowledge.maybeInSomeGroup(this.#states, String(device));
    if (says === 'pci_device_probe' && at === 'entry') this.#probing.set(line.pid, String(device));
    if (says === 'pci_device_remove' && at === 'entry') this.#removing.set(line.pid, String(device));
    if (says === 'vfio_unregister_group_dev' && (at === 'return' || this.#states.some((state) => this.#knowledge.isInSomeGroup(state, this.#removing.get(line.pid) ?? ''))))
      this.#unregistering[at === 'entry' ? 'add' : 'delete'](line.pid);
    if (says === 'vfio_register_group_dev') this.#registering[at === 'entry' ? 'add' : 'delete'](line.pid);
    if (says === 'iommu_probe_device' && at === 'entry') this.#joining.set(line.pid, String(device));
    const joining = this.#joining.get(line.pid);
    if (says.startsWith('__iommu_group_set_domain') && typeof fields['g'] === 'number' && joining !== undefined)
      this.#states = this.#knowledge.redirect(this.#states, joining, fields['g']);
    const { length } = this.#knowledge.system.actors;
    if (this.#states.some(({ world }) => world.locals.length < length))
      this.#states = this.#states.map((state) => ({ ...state, world: this.#knowledge.system.grow(state.world) }));
  }

  #found(says: string, at: Place, { fields, pid }: TraceLine): readonly Found[] {
    if (isNobody(pid)) {
      const action = says === 'printk' ? undefined : kobject_actions[Number(fields['action'])];
      return action === 'KOBJ_ADD' ? ['absent'] : action === 'KOBJ_UNBIND' ? ['open'] : ['unbound'];
    }
    if (says === 'device_add') return ['absent'];
    if (says === 'device_release_driver_internal' || says === 'device_del')
      return typeof fields['cur'] === 'string' ? [{ driver: fields['cur'] }] : fields['cur'] === null ? ['unbound'] : ['unbound', 'open'];
    return says === '__driver_probe_device' || says === 'device_driver_attach' || says === 'device_attach' ? ['unbound', 'open'] : ['unbound'];
  }

  #explain(seen: Seen): void {
    const { line, says, at } = seen;
    const misses: Miss[] = [];
    const group = typeof line.fields['g'] === 'number' ? `group:${line.fields['g']}` : null;
    const first = group !== null && this.#knowledge.knowsGroup(group) && !this.#knowledge.isSettled(group) &&
      (at === 'locked' || says.startsWith('__iommu_group_set_domain'));
    const shows = first || (says === 'iommu_group_store_type' && at === 'entry' && group !== null && !this.#knowledge.isSettled(group));
    const maybeEmpty = group === null || !says.startsWith('__iommu_group_set_domain') ? []
      : this.#states.flatMap((state) => this.#knowledge.emptied(state, group));
    const from = maybeEmpty.length > 0 && this.#joining.has(line.pid) ? [...this.#states, ...maybeEmpty] 
      : shows && group !== null ? this.#states.flatMap((state) => this.#knowledge.guesses(state, group, Number(line.fields['oc']), first ? this.#readBefore(seen, group) : line)) : this.#states;
    this.#remember(seen, group);
    const found = this.#guarded(line.line, () => this.#explainer.explain(from, seen, misses));
    if (found.length === 0) return this.#orphan(seen, misses);
    if (says === 'iommu_probe_device' && at === 'return') this.#joining.delete(line.pid);
    if (first && group !== null) this.#knowledge.settle(group);
    const odd = this.#checks.owner(seen, group) ?? this.#checks.flag(line);
    if (odd !== null) return this.#refuse(line, odd.reason, odd.possible);
    this.#keep(found, line);
    this.explained++;
    this.account.note(seen, this.#states[0] as State, this.#knowledge);
    this.followed?.note(line, this.#states[0] as State, this.#states.length);
  }

  /** Nothing is found where a chart speaks to an object that no line has named: it was there before the recording. */
  #guarded<Found>(line: number, search: () => Found[]): Found[] {
    try {
      return search();
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      this.doubtFrom ??= line;
      return [];
    }
  }

  /** What this task read at its entry, where no critical section on the group has ended since: so it is what this one began with. */
  #readBefore({ line }: Seen, group: Address): TraceLine | null {
    const read = this.#reads.get(line.pid);
    return read?.group === group ? read.line : null;
  }

  #remember({ line, at }: Seen, group: Address | null): void {
    if (group === null || !this.#showsAllSections) return;
    if (at === 'locked') {
      for (const [pid, read] of this.#reads) if (read.group === group) this.#reads.delete(pid);
    } else if (at === 'entry' && typeof line.fields['oc'] === 'number' && line.fields['grp'] !== '0x0') this.#reads.set(line.pid, { group, line });
  }

  #keep(found: State[], line: TraceLine): void {
    this.#states = found.length <= this.#most ? found : found.slice(0, this.#most);
    if (found.length > this.#most) {
      this.lostAt ??= line.line;
      this.account.lose(`more than ${this.#most} explanations at once`);
    }
  }

  /** A line that no state explains: in the middle of something that began before the recording, or else a violation. */
  #orphan(seen: Seen, misses: readonly Miss[]): void {
    const { line, says, at } = seen;
    const { pid } = line;
    const isFree = !this.#grounded.has(pid) && this.#states.every((state) => this.#mayBeOlder(seen, state));
    if (says === 'driver_deferred_probe_trigger') this.#mayBeQueued = true;
    if (isFree && isNobody(pid)) {
      this.#states = this.#knowledge.forgetDevice(this.#states, String(line.fields['dev']));
      return this.account.outside('began before the recording');
    }
    if (isFree || this.#midLife.has(pid) || (says === 'deferred_probe_work_func' && this.#mayBeQueued)) {
      this.#midLife.add(pid);
      this.#unknown(line);
      this.account.outside('began before the recording');
      return;
    }
    const expected = [...new Set(misses.map(({ expected: word, why }) => (why === 'other' || why === 'ended' || why === 'not shown' ? word : `${word} with ${why}`)))];
    const field = misses.find(({ why, expected: word }) => !['other', 'ended', 'not shown'].includes(why) && word.startsWith(says));
    const ret = at === 'return' && typeof line.fields['ret'] === 'number' ? ` ${errnoName(line.fields['ret'])}` : '';
    this.#refuse(line, field === undefined
      ? `the model cannot take ${says === 'printk' ? `the message ${String(line.fields['message'])}` : says}${at === 'return' ? `.ret${ret}` : ''} here`
      : `${says}${at === 'return' ? `.ret${ret}` : ''} has ${field.why.split('=')[0] ?? ''} other than the model: ${field.why}`, expected);
  }

  /** Whether, in a state, the line may belong to a call that the task was in before the recording. */
  #mayBeOlder(seen: Seen, state: State): boolean {
    const { pid } = seen.line;
    if (top(state, pid) === undefined) return true;
    if (this.#first.get(pid) !== false) return false;
    if (framesOf(state, pid).every(({ thread, mark }) => thread === null && mark === null)) return true;
    if (seen.at === 'return' && this.#entered.get(pid)?.has(seen.says) !== true) return true;
    return this.#guarded(seen.line.line, () => this.#explainer.over(state, pid, seen)).length > 0;
  }

  /** Somebody whom nobody follows does something to the objects of this line. */
  #unknown({ fields }: TraceLine): void {
    const { dev, g } = fields;
    const touched = [typeof dev === 'string' ? dev : null, typeof g === 'number' ? `group:${g}` : null];
    const isInUse = this.#states.some(({ world, tasks }) => tasks.some(({ frames }) => frames.some(({ thread }) => {
      if (thread === null || !this.#knowledge.system.has(thread)) return false;
      const { device, group } = this.#knowledge.system.local(world, thread).context;
      return touched.includes(String(device)) || touched.includes(String(group));
    })));
    if (isInUse || this.#states.length > 1) return this.#startAnew();
    if (typeof dev === 'string') this.#states = this.#knowledge.forgetDevice(this.#states, dev);
    if (typeof g === 'number') this.#knowledge.unsettle(g);
  }

  // What the user did.

  #mark(line: TraceLine, mark: Mark): void {
    if (mark.kind === 'note' || mark.id === '') return;
    const [, count = '0'] = mark.id.split('.');
    const { pid } = line;
    const operation = operationOf(mark.op);
    if (mark.kind === 'begin') {
      const last = this.#marks.get(pid);
      // Who is in user space is inside nothing: what seemed so had begun before the recording.
      if (!this.#grounded.has(pid) && this.#states.some((state) => framesOf(state, pid).length > 0)) this.#startAnew();
      this.#ground(pid);
      const open = this.#states.flatMap((state) => this.#guarded(line.line, () => this.#explainer.over(state, pid, { line, says: 'tracing_mark_write', at: 'entry' })));
      if ((last !== undefined && Number(count) !== last + 1) || open.length === 0)
        return this.#refuse(line, `the task is still inside its operation ${last ?? ''}`, [`end of operation ${pid}.${last ?? ''}`]);
      this.#marks.set(pid, Number(count));
      this.#begin(line, mark, operation, open);
    } else this.#end(line, mark, operation);
  }

  #begin(line: TraceLine, mark: Mark, operation: Operation, states: readonly State[]): void {
    let base = states;
    const device = deviceOf(operation);
    if (device !== undefined) {
      const driver = operation.kind === 'entry' ? operation.driver : undefined;
      base = this.#knowledge.ensureDevice(base, device, ['unbound', 'open', 'absent']);
      if (driver !== undefined) {
        this.#knowledge.ensureDriver(driver);
        base = base.flatMap((state) => this.#knowledge.maybeBoundTo(state, device, driver));
      }
    }
    if (operation.kind === 'entry' && operation.group !== undefined) base = this.#knowledge.membersOpen(base, this.#knowledge.ensureGroup(operation.group));
    this.#states = this.#explainer.distinct(base.flatMap((state) => {
      const started = startedBy(this.#knowledge, line.pid, operation, state);
      const grown = { ...state, world: this.#knowledge.system.grow(state.world) };
      return (started === null ? [null] : typesOf(started.command)).map((pending) => this.#explainer.settle(push(grown, line.pid, {
        thread: started?.thread ?? null, pending, what: wordsOf(mark.op), since: line.line,
        expect: [], mark: mark.id, ends: null, trail: null,
      }), line.pid));
    }));
    if (this.#states.every((state) => top(state, line.pid)?.thread === null)) this.account.outside('operation of a user outside the charts');
  }

  #end(line: TraceLine, mark: Mark, operation: Operation): void {
    const { pid } = line;
    const open = this.#states.filter((state) => framesOf(state, pid).some((frame) => frame.mark === mark.id));
    if (open.length === 0) {
      if (!this.#grounded.has(pid) || this.#midLife.has(pid)) {
        this.#ground(pid);
        if (this.#states.some((state) => framesOf(state, pid).length > 0)) this.#startAnew();
        this.#midLife.delete(pid);
        return this.account.outside('began before the recording');
      }
      return this.#refuse(line, `the task is not inside operation ${mark.id}`, []);
    }
    const misses: Miss[] = [];
    const wrong = new Set<string>();
    const seen: Seen = { line, says: 'tracing_mark_write', at: 'return' };
    let ended: Frame | undefined;
    const found = open.flatMap((state) => {
      const undone = neverReached.has(mark.ret ?? 0) ? this.#explainer.undone(state, pid) : null;
      const skipped = undone === null ? [] : [undone];
      const finished = this.#guarded(line.line, () => this.#explainer.finish(state, pid, mark.id, seen, misses)).flatMap(({ state: after, ret, frame: last }) => {
        if (ret === null || ret === mark.ret || operation.kind === 'other') {
          ended ??= last;
          return [after];
        }
        wrong.add(`${wordsOf(mark.op)} answers ${errnoName(ret)}`);
        return [];
      });
      return [...skipped, ...finished];
    });
    if (found.length === 0)
      return this.#refuse(line, wrong.size > 0 ? `the user saw ${errnoName(mark.ret ?? 0)}` : 'the operation cannot be over here',
        [...wrong, ...new Set(misses.map(({ expected }) => expected))]);
    keepFiles(this.#knowledge, pid, operation, mark);
    const device = deviceOf(operation);
    const settled = device === undefined ? found : this.#knowledge.forgetIfOpen(this.#explainer.distinct(found), device);
    this.#keep(this.#explainer.distinct(settled), line);
    this.explained++;
    this.account.ended(line, mark, this.#knowledge, ended);
    this.followed?.ended(line, ended, this.#states.length);
  }

  /** Where something may have been under way unseen, what cannot be explained is no violation: the judge starts anew behind it. */
  #refuse(line: TraceLine, reason: string, possible: readonly string[]): void {
    // Any program may ask for a uevent; only its properties tell.
    if (isNobody(line.pid) && line.event === 'kobject_uevent' && line.fields['seqnum'] === undefined)
      return this.#lose(line.line, `${reason}, unless a program asked for this uevent: recorded without --property, nobody can tell`);
    if (this.doubtFrom === null && this.#midLife.size === 0) return this.#refuseAnyhow(line, reason, possible);
    this.account.outside('not explained, while things were under way that began before the recording');
    this.#lose(line.line, `${reason}, while things were under way that began before the recording`);
    if (line.mark === null) this.#midLife.add(line.pid);
  }

  #refuseAnyhow(line: TraceLine, reason: string, possible: readonly string[]): void {
    this.violation = { line: line.line, text: line.text.trim(), reason, possible };
  }
}
