/**
 * Choices as questions and answers: what a kernel needs instead of tables of moves.
 *
 * What a choice does depends on the nodes of the actors that it reaches, and which it reaches depends on what the others
 * answered. So a choice is a tree: a question names an actor, its node leads to the next question or to a leaf, and a leaf
 * says which nodes change. Each question is answered once per node, by the tables, and never again.
 */
import type { Images } from './futures.ts';
import { Ints, PairMap } from './ints.ts';
import { direct, type Choice, type Tables } from './tables.ts';

/** A choice, as far as the actors that it has reached so far go. */
interface Question {
  readonly choice: number;
  /** Nodes before the step of the actors that are known. */
  readonly known: ReadonlyMap<number, number>;
  /** Whose node decides how it goes on. */
  readonly actor: number;
}

export interface Change {
  readonly actor: number;
  readonly before: number;
  readonly after: number;
}

/** The end of a step. */
export interface Leaf {
  readonly changes: readonly Change[];
  /** Properties about steps that are decided, one bit each. */
  readonly decided: number;
}

/** What is known of each model, where nodes have no images. */
const kept = new WeakMap<Tables, Steps>();

export class Steps {
  /** What is known of a model: all that was ever asked, so a search after the first learns only what none before it met. With `images` it begins anew. */
  static of(tables: Tables, images?: Images): Steps {
    if (images !== undefined) return new Steps(tables, images);
    const steps = kept.get(tables) ?? new Steps(tables);
    kept.set(tables, steps);
    return steps;
  }

  readonly tables: Tables;
  readonly questions: Question[] = [];
  readonly leaves: Leaf[] = [];
  /** By choice: a leaf's number + 1, or -1 - question. 0: not expanded. */
  readonly values = new Ints();
  /** Choices whose value is known, in the order in which it became so. */
  readonly known: number[] = [];
  /** Answers to questions: the same. */
  readonly answers: { readonly question: number; readonly node: number; readonly value: number }[] = [];
  /** Nodes whose choices are known, in the order in which they became so. */
  readonly nodes: { readonly actor: number; readonly node: number }[] = [];
  readonly images: Images | undefined;
  readonly #answered = new PairMap();
  readonly #expanded = new PairMap();

  /** @param images every image of a node that is known is known too */
  private constructor(tables: Tables, images?: Images) {
    this.tables = tables;
    this.images = images;
  }

  /** Makes the choices of a node and of its images known. After an error none of them counts as known. */
  expand(actor: number, node: number): void {
    if (this.#expanded.get(actor, node) !== -1) return;
    const orbit = [{ actor, node }];
    this.images?.each((image) => orbit.push({ actor: image.actor(actor), node: image.node(actor, node) }));
    for (const one of orbit) this.#choices(one.actor, one.node);
    for (const one of orbit) if (this.#expanded.get(one.actor, one.node) === -1) this.#expanded.set(one.actor, one.node, this.nodes.push(one));
  }

  #choices(actor: number, node: number): void {
    const { tables, values } = this;
    if ((tables.first[actor] as Ints).data[node] === -1) tables.expand(actor, node);
    const first = (tables.first[actor] as Ints).data[node] as number;
    const end = first + ((tables.count[actor] as Ints).data[node] as number);
    while (values.length < end) values.push(0);
    for (let choice = first; choice < end; choice++) {
      if (values.data[choice] !== 0) continue;
      values.data[choice] = this.#resolve(choice, new Map([[actor, node]]));
      this.known.push(choice);
    }
  }

  /** Answers a question at a node. */
  answer(question: number, node: number): number {
    const at = this.#answered.get(question, node);
    if (at !== -1) return (this.answers[at] as (typeof this.answers)[number]).value;
    const { choice, known, actor } = this.questions[question] as Question;
    const value = this.#resolve(choice, new Map([...known, [actor, node]]));
    this.#answered.set(question, node, this.answers.push({ question, node, value }) - 1);
    return value;
  }

  /** Lets a choice happen as far as it is known: a leaf, or the next question. */
  #resolve(choice: number, known: ReadonlyMap<number, number>): number {
    const { tables } = this;
    const nodes = new Map(known);
    const { actor } = tables.choices[choice] as Choice;
    const target = tables.target.data[choice] as number;
    let effect: number;
    if (target === direct) {
      effect = tables.own.data[choice] as number;
    } else {
      const node = nodes.get(target);
      if (node === undefined) return this.#ask(choice, known, target);
      effect = tables.effect(choice, node);
      nodes.set(target, tables.effectTarget.data[effect] as number);
    }
    nodes.set(actor, tables.effectActor.data[effect] as number);
    let decided = tables.effectDecided.data[effect] as number;
    const queue = tables.left(effect);
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      const node = nodes.get(item.actor);
      if (node === undefined) return this.#ask(choice, known, item.actor);
      if (item.sent !== -1) {
        nodes.set(item.actor, tables.keep(item.actor, node, item.sent));
      } else {
        const received = tables.receive(item.actor, node, item.message);
        nodes.set(item.actor, tables.effectActor.data[received] as number);
        decided |= tables.effectDecided.data[received] as number;
        queue.push(...tables.left(received));
      }
    }
    const changes = [...nodes].flatMap(([one, after]) => {
      const before = known.get(one) as number;
      return before === after ? [] : [{ actor: one, before, after }];
    });
    return this.leaves.push({ changes, decided });
  }

  #ask(choice: number, known: ReadonlyMap<number, number>, actor: number): number {
    return -this.questions.push({ choice, known, actor });
  }
}
