/** The reference of the scenario format: its example is played, and its list of commands is the one of the code. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { commandsOf, parametersOf, usage } from '../../src/scenario/commands.ts';
import { compare } from '../../src/scenario/expected.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { printBlock } from '../../src/scenario/print.ts';
import { play } from '../../src/scenario/run.ts';

const path = fileURLToPath(new URL('../../docs/reference/scenario.md', import.meta.url));
const page = readFileSync(path, 'utf8');

test('the example prints what it expects', () => {
  const scenario = parseScenario(/```scenario\n([^]*?)```/.exec(page)?.[1] ?? '', 'docs/reference/scenario.md');
  for (const name of scenario.models) {
    const run = play(scenario, models[name] as Model);
    expect(compare(scenario, { model: name, blocks: run.blocks.map((block) => printBlock(run, block)) })).toBeUndefined();
  }
});

test('the table knows the arguments of every command', () => {
  const commands = Object.values(models).flatMap((model) => [...commandsOf(model).keys()]);
  expect(commands.filter((command) => parametersOf(command) === undefined)).toEqual([]);
});

test('the list of commands is the one of the code', async () => {
  const all = Object.values(models).map((model) => [...commandsOf(model).keys()]);
  const commands = [...new Set(all.flat())].sort();
  const everywhere = (command: string) => all.every((known) => known.includes(command));
  const where = (command: string, has: boolean) => Object.keys(models).filter((_, index) => all[index]?.includes(command) === has);
  const told = (command: string) => (where(command, false).length < 3 ? `all but ${where(command, false).join(' ')}` : where(command, true).join(' '));
  const list = commands.map((command) => (everywhere(command) ? usage(command) : `${usage(command).padEnd(40)}  ${told(command)}`));
  await expect(page.replace(/```text\n[^]*?```/, `\`\`\`text\n${list.join('\n')}\n\`\`\``)).toMatchFileSnapshot(path);
});
