/**
 * Logs of released formats are read for ever. Each file in `test/log/golden` was exported by the version that had its format
 * and its charts; what it says, and whether today's charts still take its runs, stands beside it. A chart that is corrected
 * may move a verdict: then the commit says why. No other line may ever move.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bindings, cleanups, leaks, owners, project, refusals } from '../../../src/log/runs/projections.ts';
import { digestOf, loaded, runs } from '../../../src/log/runs/stored.ts';
import { travel } from '../../../src/log/runs/travel.ts';
import { renderChain, why } from '../../../src/log/why.ts';
import { upcast, versions } from '../../../src/log/runs/forms.ts';
import { format } from '../../../src/log/store/envelope.ts';
import { openStore } from '../../../src/log/store/open.ts';
import type { Store } from '../../../src/log/store/port.ts';
import { imports, judgeStored, verifiedImport } from '../../../src/trace/stored.ts';

const folder = fileURLToPath(new URL('../golden/', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));

test('there is a log of runs and one of a recording of every format', () => {
  for (let one = 1; one <= format; one++) expect(files).toEqual(expect.arrayContaining([`format-${one}.jsonl`, `format-${one}-recording.jsonl`]));
});

test.each(files)('%s', async (file) => {
  const store = await openStore(join(folder, file), { upcast });
  const lines: string[] = [];
  for (const run of await runs(store)) {
    const { id, began, ended, facts } = run;
    lines.push(`${id} ${began.what}, ${began.model}, by ${began.by}: ${facts} facts, ${ended?.outcome}, ${ended?.atRest === true ? 'at rest' : 'inside a call'}${began.parent === null ? '' : `, from ${began.parent.run} at ${began.parent.seq}`}`);
    const result = await travel(store, run, { snapshots: false });
    lines.push(`  digest ${ended?.digest === await digestOf(store, id) ? 'holds' : 'differs'}; today's charts ${result.same ? 'take it as it was' : `differ: ${result.reason}`}`);
    const [{ cleanups: audit }, held, devices, groups, all] = [await project(store, run, cleanups), await project(store, run, refusals), await project(store, run, bindings), await project(store, run, owners), await loaded(store, run)];
    for (const [group, history] of Object.entries(groups)) lines.push(`  ${group}: ${history.map(({ seq, ownership, owner, owner_cnt, domain }) => `${seq ?? 'start'} ${ownership} ${owner_cnt} ${owner ?? '-'} ${domain}`).join(', ')}`);
    for (const [device, history] of Object.entries(devices)) lines.push(`  ${device}: ${history.map(({ seq, presence, driver }) => `${seq ?? 'start'} ${presence} ${driver ?? '-'}`).join(', ')}`);
    for (const { seq, device, begun, failed } of audit) lines.push(`  clean-up of ${device} at ${seq}, begun by ${begun}, because of ${failed ?? 'nothing'}`, `    ${renderChain(why(all, seq))}`);
    for (const { seq, group, answer, owner, users } of held.refusals) lines.push(`  ${group} at ${seq}: ${answer}, owner ${owner ?? '-'}, users ${users.map(({ device }) => device).join(' ') || '-'}`);
    for (const { group, kind, who } of leaks(held, devices)) lines.push(`  held at the end: ${group} by ${kind} ${who}`);
  }
  lines.push(...await recordings(store));
  await store.close();
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(join(folder, `${file}.verdict`));
});

/** What a log says of its recordings, and what today's judge says of their files. */
async function recordings(store: Store): Promise<string[]> {
  const lines: string[] = [];
  for (const recording of await imports(store)) {
    const { id, name, events, gaps, ended } = recording;
    lines.push(`${id} ${name}: ${events} events, ${gaps} gaps${ended ? '' : ', not ended'}`);
    const [{ ok, notes }, { verdict, model, line, possible, groups }] = [await verifiedImport(store, recording), await judgeStored(store, recording)];
    lines.push(`  entries ${ok ? 'hold' : `differ: ${notes.join('; ')}`}; today's judge: ${verdict} by ${model}${line === undefined ? '' : ` at line ${line}, where ${possible?.join(' or ') ?? 'nothing'} was possible`}`);
    for (const { id: group, ownership } of groups) lines.push(`  group ${group}: ${ownership.map(({ line: at, state, owner_cnt, by }) => `${at} ${state} ${owner_cnt} ${by}`).join(', ')}`);
  }
  return lines;
}

test('a form that is changed gets an upcaster and a golden log', () => {
  expect(versions).toEqual({ 'run.began': 1, 'run.ended': 1, fact: 1, 'import.began': 1, 'import.ended': 1, 'trace.event': 1, 'trace.gap': 1 }); // change this line together with both
});
