/**
 * A field whose steps are whole calls: what can be forced on a machine from outside. A call is a step when, whatever order the machine takes
 * behind it, everybody gets the same answers and the same world is reached.
 */
import { deviceAt, driverAt, environment, kindOf, nameOf } from '../../machines/address.ts';
import { EMFILE } from '../../machines/kernel.ts';
import { Ints } from '../check/ints.ts';
import type { Choice, Tables } from '../check/tables.ts';
import { threadOfActor } from '../scenario/names.ts';
import type { Field } from './field.ts';
import type { Goals } from './goals.ts';
import type { Graph, Moved } from './graph.ts';
import { operationOf } from './operations.ts';


/** What became of a call: the world behind it, and who got which answer. */
interface End {
  readonly world: number;
  readonly edges: readonly number[];
}

/**
 * A field of calls over a graph of worlds in which calls begin in turn.
 *
 * @param machine only calls that user space can make, where their files are there; without it, whatever the threads can begin
 */
export function callsOf(graph: Graph, goals: Goals, machine: boolean): Field {
  const walker = new Walker(graph, machine);
  const worlds = [0];
  const states = new Map([[0, 0]]);
  const first = [0];
  const [target, kind] = [new Ints(), new Ints()];
  const steps: (readonly number[])[] = [];
  const kinds: ReturnType<Goals['of']>[] = [];
  const known = new Map<string, number>();
  for (const world of worlds) {
    for (const end of walker.calls(world)) {
      let state = states.get(end.world);
      if (state === undefined) states.set(end.world, state = worlds.push(end.world) - 1);
      target.push(state);
      steps.push(end.edges.map((edge) => graph.choice[edge] as number));
      const key = end.edges.map((edge) => graph.kind[edge]).join();
      let number = known.get(key);
      if (number === undefined) {
        number = kinds.push(goals.of(end.edges.flatMap((edge) => graph.kinds[graph.kind[edge] as number] as readonly Moved[]))) - 1;
        known.set(key, number);
      }
      kind.push(number);
    }
    first.push(target.length);
  }
  const whole = (ints: Ints) => ints.data.subarray(0, ints.length);
  return {
    states: worlds.length, complete: graph.complete, first: Int32Array.from(first), target: whole(target), kind: whole(kind), kinds, actors: graph.tables.nodes.length,
    choices: (edge) => steps[edge] as readonly number[],
  };
}

class Walker {
  readonly #graph: Graph;
  readonly #tables: Tables;
  readonly #nodes: Int32Array;
  readonly #machine: boolean;

  constructor(graph: Graph, machine: boolean) {
    this.#graph = graph;
    this.#machine = machine;
    this.#tables = graph.tables;
    this.#nodes = graph.search.nodes;
  }

  /** Calls that may begin in a world in which nothing is under way, each with its end. */
  calls(world: number): End[] {
    const { first } = this.#graph;
    this.#read(world);
    const inside = new Set(this.#tables.subject.actors.flatMap(({ thread, address }, actor) => (thread && !this.#tables.quiet(actor, this.#nodes[actor] as number) ? [threadOfActor(nameOf(address))] : [])));
    const found: End[] = [];
    for (let edge = first[world] as number; edge < (first[world + 1] as number); edge++) {
      this.#read(world);
      const { event, target } = this.#choice(edge);
      const who = threadOfActor(nameOf((this.#tables.subject.actors[target] as { address: string }).address));
      if (inside.has(who) || (this.#machine && (operationOf(event) === undefined || !this.#real(event)))) continue;
      const end = this.#run(edge);
      if (end !== undefined && !(this.#machine && this.#excluded(end, who, event.type))) found.push(end);
    }
    return found;
  }

  /** What follows a call, when all orders come to the same; the order is the one in which the caller goes first. */
  #run(start: number): End | undefined {
    const { first, target, thread } = this.#graph;
    const caller = thread[start];
    const ends = new Set<string>();
    const seen = new Set<string>();
    let chosen: End | undefined;
    const stack: { world: number; edges: readonly number[]; answers: string }[] = [{ world: target[start] as number, edges: [start], answers: this.#answers(start) }];
    for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
      const key = `${item.world} ${item.answers}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (seen.size > 4096) return undefined;
      const next = Array.from({ length: (first[item.world + 1] as number) - (first[item.world] as number) }, (_, index) => (first[item.world] as number) + index).filter((edge) => !this.#choice(edge).start);
      if (next.length === 0) {
        ends.add(key);
        if (ends.size > 1) return undefined;
        chosen ??= { world: item.world, edges: item.edges };
        continue;
      }
      // The last that is put there is taken first: the caller's own.
      const order = [...next].sort((one, other) => Number(thread[one] === caller) - Number(thread[other] === caller) || other - one);
      for (const edge of order) stack.push({ world: target[edge] as number, edges: [...item.edges, edge], answers: sorted(item.answers, this.#answers(edge)) });
    }
    return chosen;
  }

  /** What threads answer whoever began them, in a step. */
  #answers(edge: number): string {
    return (this.#graph.kinds[this.#graph.kind[edge] as number] as readonly Moved[]).flatMap(({ move: { out } }) => out.flatMap((output) =>
      (output.kind === 'sent' && output.sent.to === environment && kindOf(output.sent.event.from) === 'thread' && output.sent.event.type.endsWith('.ret') ? [`${output.sent.event.from} ${output.sent.event.type} ${JSON.stringify(output.sent.event['ret'])};`] : []))).join('');
  }

  /** A user that would wait cannot be let wait by who reads its answers; a descriptor more than the model knows is none to a kernel. */
  #excluded({ edges }: End, who: string, command: string): boolean {
    const mine = edges.map((edge) => this.#answers(edge)).join('').split(';').filter((answer) => answer.startsWith('thread:') && threadOfActor(nameOf(answer.split(' ')[0] as string)) === who);
    return (mine.length === 0 && who !== 'admin') || mine.some((answer) => answer.endsWith(` ${-EMFILE}`) && answer.includes(`${command}.ret`));
  }

  /** The file that the call needs is there, and nobody else would be met by it. */
  #real(call: Readonly<Record<string, unknown>>): boolean {
    const driver = typeof call['driver'] === 'string' ? this.#value(driverAt(call['driver'])) : undefined;
    const device = typeof call['device'] === 'string' ? this.#present(deviceAt(call['device'])) : undefined;
    switch (call['type']) {
      case 'bind_store': case 'unbind_store': return driver === 'registered';
      case 'driver_register': return driver !== 'registered';
      case 'driver_unregister': return driver === 'registered';
      case 'driver_override_store': case 'pci_stop_and_remove_bus_device': case 'uevent_show': return device === true;
      case 'pci_scan_single_device': return device === false && this.#devices().filter((address) => !this.#present(address)).length === 1;
      case 'group_store_type': return this.#devices().some((address) => this.#present(address));
      default: return true;
    }
  }

  #devices(): string[] {
    return this.#tables.subject.actors.flatMap(({ address }) => (kindOf(address) === 'device' ? [address] : []));
  }

  #present(address: string): boolean {
    return (this.#value(address) as { presence?: string }).presence === 'present';
  }

  #value(address: string): unknown {
    const actor = this.#tables.subject.indexOf(address);
    return ((this.#tables.nodes[actor] as Tables['nodes'][number])[this.#nodes[actor] as number] as { local: { value: unknown } }).local.value;
  }

  #choice(edge: number): Choice {
    return this.#tables.choices[this.#graph.choice[edge] as number] as Choice;
  }

  #read(world: number): void {
    this.#graph.search.worlds.read(world, this.#nodes);
  }
}

/** Answers in an order of their own: who gets his first does not matter. */
const sorted = (one: string, other: string): string => (other === '' ? one : [...one.split(';'), ...other.split(';')].filter((part) => part !== '').sort().map((part) => `${part};`).join(''));
