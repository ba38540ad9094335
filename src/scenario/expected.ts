/**
 * What a scenario file expects against what was played: the first difference, and the file as it would be right.
 */
import type { Block, Scenario, Section } from './parse.ts';
import { separator } from './parse.ts';

/** Output of one model, block by block, line by line. */
export interface Produced {
  readonly model: string;
  readonly blocks: readonly (readonly string[])[];
}

/** The first place where the file and the output part. */
export interface Difference {
  readonly model: string;
  /** Line of the file. */
  readonly line: number;
  /** The line before it, which both have. */
  readonly after: string | null;
  readonly expected: string | null;
  readonly produced: string | null;
}

/** What a block expects of a model; undefined when it expects nothing. */
const sectionFor = ({ sections }: Block, model: string): Section | undefined =>
  sections.find(({ models }) => models?.includes(model)) ?? sections.find(({ models }) => models === null);

/** The first difference, or undefined: the output is what the file expects. A block that expects nothing is right. */
export function compare({ blocks }: Scenario, { model, blocks: output }: Produced): Difference | undefined {
  for (const [index, block] of blocks.entries()) {
    const section = sectionFor(block, model);
    if (section === undefined) continue;
    const produced = output[index] ?? [];
    const at = Array.from({ length: Math.max(section.lines.length, produced.length) }, (_, line) => line)
      .find((line) => section.lines[line]?.trimEnd() !== produced[line]);
    if (at !== undefined)
      return {
        model, line: section.line + at, after: section.lines[at - 1] ?? null, expected: section.lines[at] ?? null, produced: produced[at] ?? null,
      };
  }
  return undefined;
}

/** A difference as a patch would show it. */
export function printDifference(name: string, { model, line, after, expected, produced }: Difference): string {
  return [
    `@@ ${name}, line ${line}, ${model} @@`,
    ...(after === null ? [] : [` ${after}`]), ...(expected === null ? [] : [`-${expected}`]), ...(produced === null ? [] : [`+${produced}`]),
  ].join('\n');
}

/**
 * The file with the output of these models in place of what it expects. Commands and comments stay as they are.
 * Models that print the same share a section; a section of a model that is not among them stays.
 */
export function updated({ blocks, lines, models }: Scenario, outputs: readonly Produced[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const [index, block] of blocks.entries()) {
    parts.push(...lines.slice(done, block.from));
    if (block.from === block.to) while (parts.at(-1)?.trim() === '') parts.pop();
    const byText = new Map<string, string[]>();
    for (const model of models) {
      const text = (outputs.find((output) => output.model === model)?.blocks[index] ?? sectionFor(block, model)?.lines)?.join('\n');
      if (text !== undefined) byText.set(text, [...(byText.get(text) ?? []), model]);
    }
    for (const [text, group] of byText)
      parts.push(group.length === models.length ? separator : `${separator} ${group.join(' ')}`, ...(text === '' ? [] : [text]));
    done = block.to;
  }
  return `${[...parts, ...lines.slice(done)].join('\n')}\n`;
}
