/**
 * Scenario text in, a scenario out: header, topology in plain words, and blocks of commands with the output they expect.
 *
 * The format is described in docs/reference/scenario.md. A line that cannot be read, or that names somebody who is not
 * there, is refused with its number, what would have been accepted, and the nearest word.
 */
import type { Said } from '../../machines/chart.ts';
import { draws, environment_table } from '../../machines/environment.ts';
import { errnoName, errnoNumber } from '../../machines/kernel.ts';
import { models } from '../../machines/models/index.ts';
import type { Topology } from '../../machines/topology.ts';
import { ModelError, type ErrorDetail } from '../errors.ts';
import { nearest } from '../world/nearest.ts';
import { commandsOf, parametersOf, usage, wantsBus, type Parameter } from './commands.ts';
import { Declarations } from './setup.ts';

export const separator = '----';

/** One scripted line. `line` counts from 1. */
export type Command = { readonly line: number } & (
  | { readonly kind: 'call' | 'start'; readonly thread: string; readonly entry: string; readonly call: Said }
  | { readonly kind: 'answer'; readonly call: string; readonly of: string | null; readonly ret: number }
  | { readonly kind: 'step'; readonly thread: string; readonly until: string }
  | { readonly kind: 'step'; readonly thread: string; readonly count: number }
  | { readonly kind: 'take'; readonly thread: string; readonly event: string }
  | { readonly kind: 'run'; readonly thread: string | null }
  | { readonly kind: 'hold'; readonly thread: string });

/** Output as the file expects it, for some models or (null) for all. */
export interface Section {
  readonly models: readonly string[] | null;
  readonly lines: readonly string[];
  /** Number of its first line. */
  readonly line: number;
}

/** Commands, and what they should print. `from` and `to` are the lines of the sections, counted from 0, `to` excluded. */
export interface Block {
  readonly commands: readonly Command[];
  readonly sections: readonly Section[];
  readonly from: number;
  readonly to: number;
}

export interface Scenario {
  readonly name: string;
  /** Its lines as they stand in the file. */
  readonly lines: readonly string[];
  /** The comment at the top, without `#`. */
  readonly about: string;
  readonly expect: 'always' | 'sometimes' | 'never';
  /** Names of the models that play it. */
  readonly models: readonly string[];
  readonly topology: Topology;
  readonly blocks: readonly Block[];
}

const keywords = ['call', 'start', 'answer', 'step', 'run', 'hold'] as const;
const isCommand = (line: string): boolean => (keywords as readonly string[]).includes(line.split(/\s+/, 1)[0] ?? '');

/**
 * Reads one scenario.
 *
 * @param name how errors and reports call it: the file, best
 * @throws {ModelError} `bad-scenario`: the first line that does not fit
 */
export function parseScenario(text: string, name: string): Scenario {
  return new Parser(text, name).scenario();
}

class Parser {
  readonly #name: string;
  readonly #lines: readonly string[];
  #at = 0;
  #declared: Declarations;

  constructor(text: string, name: string) {
    this.#name = name;
    this.#lines = text.replace(/\n$/, '').split('\n');
    this.#declared = new Declarations((message, detail, line) => this.#refuse(message, detail, line));
  }

  scenario(): Scenario {
    const header: string[] = [];
    for (; this.#line?.startsWith('#'); this.#at++) header.push(this.#line.replace(/^# ?/, ''));
    const about = header.join('\n');
    const expect = /\bExpect:\s+(always|sometimes|never)\b/.exec(about)?.[1] as Scenario['expect'] | undefined;
    if (expect === undefined)
      this.#refuse('the header does not say what to expect', {
        accepted: ['# Expect: always ...', '# Expect: sometimes ...', '# Expect: never ...'], hint: 'begin the file with comment lines; one of them says what to expect',
      });
    const played = this.#models(about);
    for (; this.#line !== undefined && !isCommand(this.#line); this.#at++) {
      if (!skipped(this.#line)) this.#declared.line(this.#line, this.#at + 1);
    }
    this.#declared.complete();
    const blocks: Block[] = [];
    while (this.#line !== undefined) blocks.push(this.#block(played));
    if (blocks.length === 0)
      this.#refuse('nothing happens in this scenario', { accepted: keywords.map((word) => `${word} ...`), hint: 'call admin bind_store DRIVER DEVICE' });
    return { name: this.#name, lines: this.#lines, about, expect, models: played, topology: this.#declared.topology(), blocks };
  }

  get #line(): string | undefined {
    return this.#lines[this.#at];
  }

  /** `Models: v6.1.y v6.12.y`, or `Kernel v6.12`. */
  #models(about: string): string[] {
    const named = /\bModels?:\s+([^\n]*)/.exec(about)?.[1]?.split(/[\s,]+/).filter(Boolean);
    const kernel = /\bKernel (v\d+\.\d+)/.exec(about)?.[1];
    const known = Object.keys(models);
    const chosen = named ?? known.filter((model) => kernel !== undefined && (model === kernel || model.startsWith(`${kernel}.`)));
    if (chosen.length === 0)
      this.#refuse(kernel === undefined ? 'the header does not say which kernel this is about' : `no model stands for ${kernel}`, {
        accepted: [`# Models: ${known.join(' ')}`, '# Kernel v6.12'], hint: 'add a comment line that names the models',
      });
    for (const model of chosen) if (models[model] === undefined) this.#refuse(`there is no model ${model}`, suggest(model, known));
    return chosen;
  }

  #block(played: readonly string[]): Block {
    const commands: Command[] = [];
    for (; this.#line !== undefined && !this.#line.startsWith(separator); this.#at++) {
      if (skipped(this.#line)) continue;
      if (!isCommand(this.#line)) this.#refuse(`${this.#word(0)} is not a command`, { ...suggest(this.#word(0), keywords), hint: `what a command prints stands behind a line ${separator}` });
      commands.push(this.#command(played));
    }
    const from = this.#at;
    const sections: Section[] = [];
    while (this.#line?.startsWith(separator)) sections.push(this.#section(played));
    const to = this.#at;
    while (this.#line !== undefined && skipped(this.#line)) this.#at++;
    return { commands, sections, from, to };
  }

  #section(played: readonly string[]): Section {
    const words = this.#line?.slice(separator.length).trim().split(/\s+/).filter(Boolean) ?? [];
    for (const word of words) if (!played.includes(word)) this.#refuse(`this scenario is not about ${word}`, suggest(word, played));
    const line = ++this.#at + 1;
    const lines: string[] = [];
    for (; this.#line !== undefined && !isCommand(this.#line) && !skipped(this.#line) && !this.#line.startsWith(separator); this.#at++) lines.push(this.#line);
    return { models: words.length === 0 ? null : words, lines, line };
  }

  #command(played: readonly string[]): Command {
    const line = this.#at + 1;
    const kind = this.#word(0) as (typeof keywords)[number];
    switch (kind) {
      case 'call':
      case 'start':
        return { line, kind, ...this.#call(played) };
      case 'answer':
        return { line, kind, ...this.#answer() };
      case 'step': {
        const [thread, rest] = this.#thread(this.#words.slice(1));
        if (rest.length === 1 && /^[1-9]\d{0,5}$/.test(rest[0] ?? '')) return { line, kind, thread, count: Number(rest[0]) };
        if (rest.length === 2 && rest[0] === 'take') return { line, kind: 'take', thread, event: rest[1] ?? '' };
        if (rest[0] !== 'until' || rest.length !== 2) this.#refuse('step goes up to a state', { accepted: ['step THREAD until STATE', 'step THREAD NUMBER', 'step THREAD take MESSAGE'], usually: 'a word left out' });
        const until = rest[1] ?? '';
        const states = [...new Set(played.flatMap(statesOf))];
        if (!states.includes(until)) this.#refuse(`no chart has a state ${until}`, { accepted: 'a state of a chart, such as in_dma_configure', ...near(until, states) });
        return { line, kind, thread, until };
      }
      case 'run':
        if (this.#words.length === 1) return { line, kind, thread: null };
        return { line, kind, thread: this.#only(this.#words.slice(1)) };
      case 'hold':
        return { line, kind, thread: this.#only(this.#words.slice(1)) };
    }
  }

  get #words(): string[] {
    return (this.#line ?? '').trim().split(/\s+/);
  }
  #word(index: number): string {
    return this.#words[index] ?? '';
  }

  /** A thread of the scenario, or one of the kernel's own: `deferred_probe_work`, `async DEVICE`. */
  #thread(words: readonly string[]): [string, readonly string[]] {
    const [first = '', second = ''] = words;
    if (first === 'async') return [`async:${this.#declared.known('device', second)}`, words.slice(2)];
    if (first === 'deferred_probe_work') return [first, words.slice(1)];
    return [this.#declared.known('thread', first), words.slice(1)];
  }
  #only(words: readonly string[]): string {
    const [thread, rest] = this.#thread(words);
    if (rest.length > 0) this.#refuse(`${rest.join(' ')} is too much here`, { accepted: 'one thread' });
    return thread;
  }

  #call(played: readonly string[]): { thread: string; entry: string; call: Said } {
    const thread = this.#declared.known('thread', this.#word(1));
    const command = this.#word(2);
    const tables = played.map((model) => commandsOf(models[model] as (typeof models)[string]));
    for (const [index, table] of tables.entries())
      if (!table.has(command))
        this.#refuse(`no thread of ${played[index]} can call ${command || 'nothing'}`, suggest(command, [...table.keys()]));
    const entries = tables[0]?.get(command) ?? [];
    const entry = this.#declared.entryOf(thread, entries);
    return { thread, entry, call: { type: command, ...this.#arguments(command, this.#words.slice(3)) } };
  }

  #arguments(command: string, words: readonly string[]): Record<string, string | number | null> {
    const parameters = parametersOf(command) ?? [];
    const given: Record<string, string | number | null> = {};
    for (const [index, { name, kind }] of parameters.entries()) {
      const word = words[index];
      if (word !== undefined) given[name] = this.#argument(kind, word);
      else if (kind === 'driver?') given[name] = null;
      else if (!kind.endsWith('?')) this.#refuse(`${command} needs a ${name}`, { accepted: usage(command), usually: 'an argument left out' });
    }
    for (const word of words.slice(parameters.length)) {
      const [, name, value] = /^(\w+)=(.+)$/.exec(word) ?? [];
      if (name === undefined || value === undefined)
        this.#refuse(`${word} is too much here`, { accepted: usage(command), usually: 'an argument of another command' });
      given[name as string] = this.#value(name as string, value as string);
    }
    if (wantsBus(command)) given['bus'] = this.#declared.busOf(String(given['device'] ?? given['driver']));
    return given;
  }

  #argument(kind: Parameter['kind'], word: string): string | number | null {
    if (kind === 'bus' || kind === 'device' || kind === 'driver' || kind === 'group') return this.#declared.known(kind, word);
    if (kind === 'group?') return this.#declared.known('group', word);
    if (kind === 'driver?') return word === 'NULL' ? null : this.#declared.known('driver', word);
    return word === 'NULL' ? null : `owner:${word}`;
  }
  #value(name: string, value: string): string | number | null {
    if (value === 'NULL') return null;
    if (name === 'device' || name === 'driver' || name === 'group') return this.#declared.known(name, value);
    return /^-?\d+$/.test(value) ? Number(value) : value;
  }

  #answer(): { call: string; of: string | null; ret: number } {
    const [, call = '', ...rest] = this.#words;
    const row = environment_table[call] ?? draws[call];
    const answerable = [...Object.keys(environment_table), ...Object.keys(draws)];
    if (row === undefined) this.#refuse(`the environment answers no ${call || 'nothing'}`, suggest(call, answerable));
    const word = rest.at(-1) ?? '';
    const ret = errnoNumber(word);
    const possible = row?.possible.map(errnoName) ?? [];
    if (ret === undefined || row?.possible.includes(ret) !== true)
      this.#refuse(`${call} never answers ${word || 'nothing'}`, { ...suggest(word, possible), usually: 'a positive number for a negative errno' });
    if (rest.length > 2) this.#refuse(`${rest.slice(1, -1).join(' ')} is too much here`, { accepted: 'answer FUNCTION [DEVICE] ERRNO' });
    const of = rest.length === 2 ? this.#declared.anybody(rest[0] ?? '') : null;
    return { call, of, ret: ret as number };
  }

  #refuse(message: string, detail: ErrorDetail = {}, line = Math.min(this.#at + 1, this.#lines.length)): never {
    throw new ModelError('bad-scenario', message, { ...detail, at: `line ${line} of ${this.#name}` });
  }
}

const skipped = (line: string): boolean => line.trim() === '' || line.startsWith('#');
const near = (word: string, words: readonly string[]): ErrorDetail => {
  const meant = words.find((known) => word.length > 2 && known.startsWith(`${word}.`)) ?? nearest(word, words);
  return meant === undefined ? {} : { hint: `did you mean ${meant}?` };
};
const suggest = (word: string, words: readonly string[]): ErrorDetail => ({ accepted: words, ...near(word, words) });
/** Names of all states of all charts of a model. */
function statesOf(name: string): string[] {
  const charts = models[name]?.charts;
  if (charts === undefined) return [];
  const { bus_dma, iommu_dma = {}, entry, ...one } = charts;
  type Node = { readonly states: Readonly<Record<string, Node>> };
  const names = (node: Node): string[] => Object.entries(node.states).flatMap(([state, inner]) => [state, ...names(inner)]);
  return [...Object.values(one), ...Object.values(bus_dma), ...Object.values(iommu_dma), ...Object.values(entry)].flatMap((chart) => names(chart as unknown as Node));
}
