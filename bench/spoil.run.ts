/**
 * Of the spoiled twins of all shipped recordings, how many does the judge refuse? Prints the tables of docs/benchmarks.md.
 *
 * `EACH` twins of each kind and recording (1), cuts and holes five times as many; `SEED` (1); `ONLY` recordings whose name contains this.
 */
import { test } from 'vitest';
import { reasons, undetermined, type Reason } from '../src/trace/determined.ts';
import { parseLine } from '../src/trace/line.ts';
import { dice, kinds, spoiled, spoils, type Kind, type Spoil } from '../src/trace/spoil.ts';
import { judge, load, names, optionsOf } from '../test/trace/recordings.ts';

const { EACH = '1', SEED = '1', ONLY = '' } = process.env;
const seed = Number(SEED);
const each = Number(EACH);
const print = (text: string) => process.stdout.write(`${text}\n`);
const read = (lines: readonly string[]) => lines.map((text, index) => parseLine(text, index + 1));

interface Row { made: number; determined: number; refused: number; atOnce: number; undetermined: number; refusedAnyway: number }

test('spoiled twins', async () => {
  const rows = new Map<Kind, Row>(kinds.map((kind) => [kind, { made: 0, determined: 0, refused: 0, atOnce: 0, undetermined: 0, refusedAnyway: 0 }]));
  const why = new Map<Reason, number>();
  const missed: string[] = [];
  let late = 0;
  let alarms = 0;
  for (const [at, name] of names.entries()) {
    if (!name.includes(ONLY)) continue;
    const { lines, items, model, recording } = await load(name);
    const own = judge(items, model, recording);
    if (own.violation !== null || own.lostAt !== null || own.doubtFrom !== null) {
      print(`left out: ${name}, which ${own.violation === null ? 'is not complete' : 'does not conform'}`);
      continue;
    }
    const random = dice(seed * 1000 + at);
    const reasonOf = undetermined(items, optionsOf(recording).recorded);
    const all = new Map<Kind, Spoil[]>();
    for (const kind of kinds) all.set(kind, []);
    for (const spoil of spoils(lines, seed)) all.get(spoil.kind)?.push(spoil);
    for (const [kind, list] of all) {
      for (let n = Math.min(each, list.length); n > 0; n--) {
        const [spoil] = list.splice(random(list.length), 1);
        if (spoil === undefined) continue;
        const row = rows.get(kind) as Row;
        const reason = reasonOf(spoil);
        const { violation } = judge(read(spoiled(lines, spoil)), model, recording);
        row.made++;
        row[reason === null ? 'determined' : 'undetermined']++;
        if (violation !== null) row[reason === null ? 'refused' : 'refusedAnyway']++;
        if (violation !== null && reason === null && violation.line <= spoil.line) row.atOnce++;
        if (violation !== null) continue;
        if (reason === null) missed.push(`${name} line ${spoil.line}, ${kind}: ${spoil.what}`);
        else why.set(reason, (why.get(reason) ?? 0) + 1);
      }
    }
    for (let n = 0; n < 5 * each; n++) {
      const cut = 1 + random(lines.length - 1);
      const from = random(lines.length);
      const lost = 1 + random(200);
      late += 2;
      for (const twin of [lines.slice(cut), [...lines.slice(0, from), `CPU:0 [LOST ${lost} EVENTS]`, ...lines.slice(from + lost)]]) {
        const { violation } = judge(read(twin), model, recording);
        if (violation === null) continue;
        alarms++;
        print(`false alarm: ${name}, cut ${cut}, hole ${from + 1}+${lost}: ${violation.text}: ${violation.reason}`);
      }
    }
  }
  print('| kind | made | determined | refused | at that line | not determined | refused anyway |\n| --- | --- | --- | --- | --- | --- | --- |');
  for (const [kind, row] of rows) print(`| ${kind} | ${row.made} | ${row.determined} | ${row.refused} | ${row.atOnce} | ${row.undetermined} | ${row.refusedAnyway} |`);
  const sum = (field: keyof Row) => [...rows.values()].reduce((total, row) => total + row[field], 0);
  print(`| all | ${sum('made')} | ${sum('determined')} | ${sum('refused')} | ${sum('atOnce')} | ${sum('undetermined')} | ${sum('refusedAnyway')} |\n`);
  for (const [reason, count] of why) print(`| ${reasons[reason]} | ${count} |`);
  print(`\nfalse alarms: ${alarms} of ${late} recordings that begin late or have a hole`);
  for (const text of missed) print(`missed: ${text}`);
});
