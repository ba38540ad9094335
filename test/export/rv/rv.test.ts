/** The automata for the kernel: texts as rvgen reads them, and what they say about recordings of real kernels. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { eventsOf, faults, rvDot, type Automaton } from '../../../src/export/rv/automaton.ts';
import { automata, dma_pairing, group_owner } from '../../../src/export/rv/monitors.ts';
import { Handlers, Monitors, type Refusal } from '../../../src/export/rv/observe.ts';
import { parseLine } from '../../../src/trace/line.ts';

const folder = mkdtempSync(join(tmpdir(), 'rv-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/**
 * The rules of tools/verification of the kernel (automata.py), kept by hand: split on blanks, the last word but one of an arrow is
 * its label, lines are looked at one by one until one does not begin with a quote.
 */
function parsed(text: string) {
  const rows = text.split('\n').map((line) => line.split(/\s+/).filter((word) => word !== ''));
  expect(rows[0]?.slice(0, 2)).toEqual(['digraph', 'state_automaton']);
  const first = rows.findIndex(([word]) => word === '{node');
  const after = rows.findIndex(([word], index) => index > first && word !== '{node');
  const names = rows.slice(first, after).map((row) => (row.at(-1) as string).replaceAll(/"|\};/g, ''));
  const initial = names.find((name) => name.startsWith('__init_'))?.slice(7);
  const states = [...new Set(names.filter((name) => !name.startsWith('__init_')))].sort();
  const arrows = [];
  for (let at = after + 1; rows[at]?.[0]?.startsWith('"') === true; at++) {
    const row = rows[at] as string[];
    if (row[1] !== '->') continue;
    for (const event of (row.at(-2) as string).replaceAll('"', '').split('\\n')) arrows.push({ from: row[0]?.replaceAll('"', ''), event, to: row[2]?.replaceAll('"', '') });
  }
  return { initial, states, arrows };
}

const arrowsOf = ({ states }: Automaton) => Object.entries(states).flatMap(([from, row]) => Object.entries(row).map(([event, to]) => ({ from, event, to })));
const sorted = (arrows: readonly object[]) => arrows.map((arrow) => JSON.stringify(arrow)).sort();

describe.each(automata.map((one) => [one.name, one] as const))('%s', (name, automaton) => {
  test('has names that the kernel takes, and every state is reached', () => {
    expect(faults(automaton)).toEqual([]);
  });

  test('is read back as it is, one target for each state and event', () => {
    const { initial, states, arrows } = parsed(rvDot(automaton));
    expect([initial, states]).toEqual([automaton.initial, Object.keys(automaton.states).sort()]);
    expect(sorted(arrows)).toEqual(sorted(arrowsOf(automaton)));
    expect(new Set(arrows.map(({ from, event }) => `${from} ${event}`)).size).toBe(arrows.length);
  });

  test('Graphviz reads it', () => {
    expect(execFileSync('dot', ['-Tplain'], { input: rvDot(automaton), encoding: 'utf8' })).toMatch(/^graph /);
  });

  test('every event has a handler', () => {
    expect([...new Set(automaton.handlers.map(({ event }) => event))].sort()).toEqual(eventsOf(automaton));
  });

  /** KERNEL_SOURCE: an unpacked kernel. Its licence and size keep it out of this repository. */
  const dot2k = ['tools/verification/dot2/dot2k', 'tools/verification/rvgen'].map((path) => join(process.env['KERNEL_SOURCE'] ?? '', path)).find((path) => existsSync(path));
  test.skipIf(process.env['KERNEL_SOURCE'] === undefined)("the kernel's own generator makes a monitor of it (skipped without KERNEL_SOURCE)", () => {
    const file = join(folder, `${name}.dot`);
    writeFileSync(file, rvDot(automaton));
    const script = `import sys; sys.path.insert(0, '${join(dot2k ?? '', '..')}')
from automata import Automata
a = Automata('${file}')
import json; print(json.dumps([a.name, a.initial_state, a.states, a.events, a.function]))`;
    const [read, initial, states, events, matrix] = JSON.parse(execFileSync('python3', ['-c', script], { encoding: 'utf8' })) as [string, string, string[], string[], string[][]];
    expect([read, initial, events]).toEqual([name, automaton.initial, eventsOf(automaton)]);
    expect(matrix).toEqual(states.map((state) => events.map((event) => automaton.states[state]?.[event] ?? 'INVALID_STATE')));
  });
});

test.each([
  ['a name that is too long', { unowned: { ['e'.repeat(24)]: 'unowned' } }, /23 letters/],
  ['a target that is no state', { unowned: { claim: 'owned' } }, /which is no state/],
  ['a state that is never reached', { unowned: {}, claimed: {} }, /never reached/],
])('%s is a fault', (_what, states, expected) => {
  expect(faults({ ...group_owner, begins: [], states }).join()).toMatch(expected);
});

const traces = fileURLToPath(new URL('../../traces/', import.meta.url));
const recordings = readdirSync(traces, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(join(traces, name)).map((scenario) => `${name}/${scenario}`)).filter((path) => existsSync(join(traces, path, 'trace.txt.gz')));
/** Lines about what the handlers look at; the others cost time only. */
const linesOf = (path: string) => gunzipSync(readFileSync(join(traces, path, 'trace.txt.gz'))).toString('latin1').split('\n').filter((line) => /pci_dma_c|default_domain|dma_owner/.test(line));

function judged(lines: readonly string[]) {
  const [handlers, monitors, refused] = [new Handlers(), new Monitors(), [] as Refusal[]];
  lines.forEach((text, index) => {
    const item = parseLine(text, index + 1);
    if (item.kind === 'event') for (const observed of handlers.observe(item)) refused.push(...[monitors.take(observed)].filter((one) => one !== undefined));
  });
  return { refused, steps: monitors.steps, instances: monitors.instances };
}

/** Early in boot only a few probes are there: a monitor without its handlers says nothing. */
const handled = (path: string) => {
  const file = join(traces, path, 'kprobe_events.txt.gz');
  if (!existsSync(file)) return automata; // the kernel crashed before it could list them
  const probes = gunzipSync(readFileSync(file)).toString();
  return automata.filter(({ handlers }) => handlers.every(({ function: functions }) => functions.split(', ').some((one) => probes.includes(` ${one} `) || probes.includes(` ${one}+`))));
};

const buggy = (path: string) => path.startsWith('tdr-buggy');
const early = (path: string) => path.endsWith('/early-boot');
test.each(recordings.filter((path) => !buggy(path) && !early(path)))('%s is accepted', (path) => {
  expect(handled(path)).toEqual(automata);
  expect(judged(linesOf(path)).refused.map(({ automaton, ...said }) => ({ ...said, by: automaton.name }))).toEqual([]);
});

test.each(recordings.filter(early))('%s has too few probes for a monitor', (path) => {
  expect(handled(path)).toEqual([]);
});

test('the kernel that cleans up once too seldom is refused', () => {
  const { refused } = judged(linesOf(recordings.find(buggy) as string));
  expect(refused[0]).toMatchObject({ automaton: { name: 'dma_pairing' }, event: 'configure', state: 'in_use', possible: ['cleanup'] });
});

describe('a spoiled recording', () => {
  const lines = linesOf('6.12.117+deb12-amd64/user-first');
  test('is one of many steps', () => {
    expect(judged(lines).steps).toBeGreaterThan(20);
  });

  const at = (pattern: RegExp, from = 0) => lines.findIndex((line, index) => index >= from && pattern.test(line));
  const without = (pattern: RegExp) => lines.filter((_line, index) => index !== at(pattern));
  const changed = (pattern: RegExp, from: string | RegExp, to: string) => lines.map((line, index) => (index === at(pattern) ? line.replace(from, to) : line));
  test.each([
    ['a claim that nobody saw', without(/cs_claim:/), group_owner, 'use'],
    ['a release that nobody saw', without(/cs_rel:/), group_owner, 'use_first'],
    ['a use that is granted under an owner', changed(/cs_use:.*ow=0xffff/, /oc=1/, 'oc=2'), group_owner, 'use'],
    ['a cleanup that never came', lines.filter((line, index) => / cs_/.test(line) || index < at(/dma_clean:/) || index > at(/dma_clean_ret:/)), dma_pairing, 'configure'],
    ['a refused use behind which the configuration goes on', changed(/dma_conf_ret:.*ret=-16/, 'ret=-16', 'ret=0'), dma_pairing, 'configure_ok'],
    ['a cleanup without unuse', lines.filter((_line, index) => index !== at(/ unuse: /)), dma_pairing, 'cleanup_done'],
  ])('%s is refused', (_what, spoiled, automaton, event) => {
    expect(spoiled).not.toEqual(lines);
    const { automaton: { name } = {}, event: refused } = judged(spoiled).refused[0] ?? {};
    expect([name, refused]).toEqual([automaton.name, event]);
  });
});

test('python3 is there when KERNEL_SOURCE asks for it', () => {
  if (process.env['KERNEL_SOURCE'] !== undefined) expect(spawnSync('python3', ['--version']).status).toBe(0);
});
