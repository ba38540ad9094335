/** Rounds of races, and what is made of a crash, without a kernel. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { callOf, scenarioOf } from '../../src/lab/finding.ts';
import { overlaps, partAt, partsOf } from '../../src/lab/judged.ts';
import { roundsOf, textOf } from '../../src/lab/races.ts';
import { lastRound } from '../../src/lab/racing.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { play } from '../../src/scenario/run.ts';

const rounds = roundsOf(200, 7);

test('a seed gives its rounds again, and another gives others', () => {
  expect(roundsOf(200, 7)).toEqual(rounds);
  expect(roundsOf(200, 8)).not.toEqual(rounds);
  expect(roundsOf(50, 7)).toEqual(rounds.slice(0, 50));
});

test('a user meets somebody else in each round, and nothing is pulled out unless it may be', () => {
  for (const { racers } of rounds) expect(racers.map(({ name }) => name)).toEqual(expect.arrayContaining(['user']));
  expect(Math.min(...rounds.map(({ racers }) => racers.length))).toBe(2);
  expect(rounds.some(({ hotplug }) => hotplug)).toBe(true);
  expect(textOf(roundsOf(200, 7, { hotplug: false }))).not.toMatch(/remove|rescan/);
});

test('every operation of a race has its place in a scenario, and the scenario can be played', () => {
  expect(rounds.flatMap(({ racers }) => racers.flatMap(({ ops }) => ops)).filter((op) => callOf(op) === undefined)).toEqual([]);
  for (const { racers } of rounds.slice(0, 3)) {
    const text = scenarioOf(racers, 'a crash');
    const scenario = parseScenario(text, 'made');
    for (const name of ['v6.1.y', 'v6.12.y']) expect(play(scenario, models[name] as Model).blocks.length).toBeGreaterThan(0);
  }
});

test('what the guest reads has a racer of each kind of line', () => {
  const lines = textOf(rounds.slice(0, 1)).split('\n');
  expect(lines.filter((line) => line !== '').every((line) => /^(round \d+|end|\| \d \d+ .+|write \S+ .*|[a-z]+:.+)$/.test(line))).toBe(true);
  expect(lines.filter((line) => line.startsWith('|')).length).toBe((rounds[0]?.racers ?? []).reduce((sum, { ops }) => sum + ops.length, 0));
});

const marked = (...marks: string[]) => marks.map((mark, at) => `labctl-${mark.split(' ')[0]}   [000] .....  ${at}: tracing_mark_write: ${mark.replace(/^\d+ /, '')}`);

test('a trace is cut at the notes, and calls that meet are told from calls that follow each other', () => {
  const lines = marked('1 NOTE round 0', '2 USER B 2.1 copen:c', '3 USER B 3.1 copen:c', '2 USER E 2.1 copen:c ret=0', '1 NOTE round 1', '2 USER B 2.2 copen:c', '2 USER E 2.2 copen:c ret=0', '3 USER B 3.2 copen:c');
  const parts = partsOf(lines, (text) => /^NOTE (round \d+)$/.exec(text)?.[1]);
  expect(parts).toEqual([{ name: 'round 0', from: 1, to: 4 }, { name: 'round 1', from: 5, to: 8 }]);
  expect(parts.map(({ from, to }) => overlaps(lines.slice(from - 1, to)))).toEqual([true, false]);
  expect([partAt(parts, 3)?.name, partAt(parts, 8)?.name, partAt(parts, 0)]).toEqual(['round 0', 'round 1', undefined]);
});

test('the round of a crash is the last that the console names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-'));
  writeFileSync(join(folder, 'console.txt'), '# round 3\n[ 1.0] 7.1 copen:c -> 0\n# round 4\r\n[    4.1] BUG: kernel NULL pointer dereference\n');
  expect([lastRound(folder), lastRound(join(folder, 'none'))]).toEqual([4, undefined]);
});
