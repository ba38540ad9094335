/** Spoiled twins are refused; recordings that begin late or have holes are not. `SEED=2 npx vitest run test/trace/spoil` takes other samples. */
import { beforeAll, describe, expect, test } from 'vitest';
import { undetermined } from '../../src/trace/determined.ts';
import { parseLine } from '../../src/trace/line.ts';
import { dice, kinds, spoiled, spoils, type Kind } from '../../src/trace/spoil.ts';
import { judge, load, names, optionsOf, type Shipped } from './recordings.ts';

const seed = Number(process.env['SEED'] ?? 1);
const patience = 60_000;

/** Complete recordings that conform, short ones as they are, the beginning of long ones. */
let complete: Shipped[];
beforeAll(async () => {
  const shipped = await Promise.all(names.map(load));
  complete = shipped.filter(({ verdict, lines }) => verdict === 'conforms' && !lines.some((line) => line.startsWith('# cut by')))
    .map((one) => ({ ...one, lines: one.lines.slice(0, 800), items: one.items.slice(0, 800) }));
});

const read = (lines: readonly string[]) => lines.map((text, index) => parseLine(text, index + 1));
const violationOf = (lines: readonly string[], { model, recording }: Shipped) => judge(read(lines), model, recording).violation;

test('the same seed gives the same twins, and every kind is made', () => {
  const made = new Set<Kind>();
  for (const { lines } of complete) for (const { kind } of spoils(lines, seed)) made.add(kind);
  expect([...kinds].filter((kind) => !made.has(kind))).toEqual([]);
  const [first] = complete as [Shipped];
  expect([...spoils(first.lines, seed)]).toEqual([...spoils(first.lines, seed)]);
  for (const spoil of spoils(first.lines, seed)) expect(spoiled(first.lines, spoil), spoil.what).not.toEqual(first.lines);
}, patience);

describe(`seed ${seed}: a twin is refused where the charts determine that it is wrong`, () => {
  test.each(kinds)('%s', (kind) => {
    const random = dice(seed + kinds.indexOf(kind));
    for (let tries = 0, judged = 0; judged < 2 && tries < 40; tries++) {
      const one = complete[random(complete.length)] as Shipped;
      const all = [...spoils(one.lines, seed)].filter((spoil) => spoil.kind === kind);
      const spoil = all[random(all.length)];
      if (spoil === undefined || undetermined(one.items, optionsOf(one.recording).recorded)(spoil) !== null) continue;
      judged++;
      const line = violationOf(spoiled(one.lines, spoil), one)?.line ?? 0;
      expect(line, `${one.name} line ${spoil.line}: ${spoil.what}`).toBeGreaterThanOrEqual(spoil.line);
    }
  }, patience);
});

describe(`seed ${seed}: no false alarm`, () => {
  test.each(names)('%s, from the middle on and with a hole', (name) => {
    const one = complete.find((candidate) => candidate.name === name);
    if (one === undefined) return;
    const { lines } = one;
    const random = dice(seed + names.indexOf(name));
    const cut = 1 + random(lines.length - 1);
    expect(violationOf(lines.slice(cut), one), `without its first ${cut} lines`).toBe(null);
    const from = random(lines.length);
    const lost = 1 + random(random(2) === 0 ? 12 : 200);
    const holed = [...lines.slice(0, from), `CPU:${random(2)} [LOST ${lost} EVENTS]`, ...lines.slice(from + lost)];
    expect(violationOf(holed, one), `with ${lost} events lost at line ${from + 1}`).toBe(null);
  }, patience);
});
