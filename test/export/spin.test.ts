/** The Promela text against Spin itself: equal counts, equal verdicts, trails that our step takes again. Needs spin and gcc. */
import { describe, expect, test } from 'vitest';
import { runSpin, type SpinFlags } from '../../bench/spin.ts';
import { brokenModels } from '../../machines/broken/index.ts';
import { propertiesFor } from '../../machines/properties/index.ts';
import { explore } from '../../src/check/explore.ts';
import { replay, tell } from '../../src/check/replay.ts';
import { subjectOf } from '../../src/check/subject.ts';
import { close, type CloseOptions } from '../../src/export/close.ts';
import { promela } from '../../src/export/promela.ts';
import { follow, optionsTaken } from '../../src/export/trail.ts';
import { small, smallTopology, type Small } from '../check/subjects.ts';

interface Given extends Small {
  readonly together?: number;
}

const subject = ({ together, ...given }: Given) => {
  const { system } = small(given);
  return { system, subject: subjectOf(system, { together }), properties: propertiesFor(smallTopology(given)) };
};

async function text(given: Given, options?: CloseOptions) {
  const { subject: one, properties } = subject(given);
  const closed = await close(one, properties, options);
  return { closed, ...promela(closed, properties) };
}

/** Not optimised: gcc would take longer than pan. A bigger `-m` than any of them is deep. */
const spin = (promelaText: string, { spin: front = ['-o1', '-o2', '-o3'], cc = [], pan = [] }: SpinFlags = {}) =>
  runSpin(promelaText, { spin: front, cc: ['-O0', '-DSAFETY', '-DNOREDUCE', ...cc], pan: ['-m1000000', '-w18', ...pan] });

/** Verdicts that the text can say, by number in it. */
async function verdicts(given: Given) {
  const { subject: one, properties } = subject(given);
  const report = await explore(one, properties, { symmetry: false, partialOrder: false });
  const said = report.properties.filter(({ kind }) => ['always', 'atRest', 'neverStuck', 'sometimes'].includes(kind));
  return { report, said, broken: said.flatMap(({ kind, verdict }, index) => (kind !== 'sometimes' && verdict === 'broken' ? [String(index + 1)] : [])) };
}

const errors = { probe: [0, -12], sysfs_create_link: [0, -12] };
const fault = (name: string) => {
  const found = brokenModels.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no broken model is called ${name}`);
  return found.model;
};

const holding: [string, Given][] = [
  ['v6.12.y, a user, again and again', { sysfs: true, users: 1 }],
  ['v6.1.y, two users', { model: 'v6.1.y', sysfs: true, users: 2, times: 1, only: ['bind_store', 'vm1', 'vm2'] }],
  ['v6.1.y, devices on platform come and go', { model: 'v6.1.y', hotplug: true, users: 1, times: 1, bus: 'platform' }],
  ['v6.12.y, a module, a device that fails to probe', { module: true, sysfs: true, times: 1, answers: errors }],
  ['v6.12.y, two devices, two calls at once', { devices: 2, sysfs: true, users: 1, times: 1, together: 2 }],
  ['v6.12.y, threads that act twice', { sysfs: true, users: 1, times: 2, together: 1 }],
];

describe('Spin visits the worlds that check visits', () => {
  test.each(holding)('%s', async (_name, given) => {
    const { report: { states, transitions }, broken } = await verdicts(given);
    expect([states > 1000, broken]).toEqual([true, []]);
    const { text: written, closed } = await text(given);
    expect([closed.states, closed.transitions, closed.complete]).toEqual([states, transitions, true]);
    const found = spin(written);
    expect([found.complete, found.states, found.transitions - 1, found.errors]).toEqual([true, states, transitions, 0]); // the initial state is a transition
  });
});

/** What each breaks first. */
const breaking: [string, Given][] = [
  ['claim that asks first', { sysfs: true, users: 1, times: 1 }], // always, of a world
  ['sysfs failure leaks the count', { sysfs: true, times: 1, answers: errors }], // always, and at rest
  ['NOT_BOUND without BIND', { sysfs: true, times: 1, answers: { pinctrl_bind_pins: [0, -22] } }], // always, of a step
  ['bind keeps device_lock', { sysfs: true, times: 1, answers: errors }], // neverStuck
  ['dev->driver stays after a failed probe', { sysfs: true, times: 1, answers: errors }], // atRest
];

describe('Spin breaks what check breaks, and its way is one of ours', () => {
  test.each(breaking)('%s', async (name, without) => {
    const given = { ...without, model: fault(name) };
    const { text: written, closed } = await text(given);
    const { report, said, broken } = await verdicts(given);
    expect(broken).not.toEqual([]);

    const all = spin(written, { pan: ['-c0', '-e'] });
    expect(all.complete).toBe(true);
    expect([...all.failed].sort()).toEqual(broken.sort());
    expect([all.states, all.transitions - 1]).toEqual([closed.states, closed.transitions]);

    const nearest = spin(written, { cc: ['-DBFS'] });
    const { system, subject: one, properties } = subject(given);
    const { steps, decided } = follow(one, properties, optionsTaken(nearest.trail, written, 'trail'));
    const shortest = Math.min(...report.properties.filter(({ verdict, kind }) => verdict === 'broken' && kind !== 'canAlways' && kind !== 'sometimes').map(({ way }) => way?.steps.length ?? Infinity));
    expect(steps.length).toBe(shortest);
    const failed = said[Number([...nearest.failed][0]) - 1];
    expect(decided.map((property) => property.name)).toContain(failed?.name);
    expect(tell(replay(system, steps).facts).length).toBeGreaterThan(0);
  });
});

test('a sometimes is asked for alone, and its error is the world that was looked for', async () => {
  const given: Given = { sysfs: true, users: 1, times: 1 };
  const { text: written } = await text(given);
  const { said } = await verdicts(given);
  const number = said.findIndex(({ name }) => name === 'a claim is refused because a driver uses the group') + 1;
  const found = spin(written, { spin: ['-o1', '-o2', '-o3', `-DASK=${number}`] });
  expect([...found.failed]).toEqual([String(number)]);
  const { subject: one, properties } = subject(given);
  expect(follow(one, properties, optionsTaken(found.trail, written, 'trail')).decided.map(({ name }) => name)).toContain('a claim is refused because a driver uses the group');
});

test('what is broken at the very beginning is broken before the first step', async () => {
  const given: Given = { sysfs: true, users: 1, times: 1 };
  const { subject: one } = subject(given);
  const never = { kind: 'always', name: 'no group is there', why: '', sees: { group: () => true }, holds: ({ group = [] }: Readonly<Record<string, readonly unknown[]>>) => group.length === 0 } as const;
  const written = promela(await close(one, [never]), [never]).text;
  expect([...spin(written).failed]).toEqual(['1']);
});

test('a step that the tables lack is an error, never a world that is lost without a word', async () => {
  const given: Given = { sysfs: true, users: 1, times: 1 };
  const few = await text(given, { limit: 300, walks: 0 });
  expect(few.closed.complete).toBe(false);
  expect(few.text).toContain('NOT COMPLETE');
  const found = spin(few.text, { pan: ['-c0', '-e'] });
  const { said, report } = await verdicts(given);
  expect([...found.failed]).toEqual([String(said.length + 1)]);
  expect(found.output).toMatch(new RegExp(`!\\(${said.length + 1}\\)`));

  const walked = await text(given, { limit: 300, walks: 5000 });
  const after = spin(walked.text);
  expect([walked.closed.complete, after.errors, after.states, after.transitions - 1]).toEqual([false, 0, report.states, report.transitions]);
});

test('what is lost to the depth or to the way of storing is told', async () => {
  const { text: written } = await text({ sysfs: true, users: 1, times: 1, only: ['vm1'] });
  expect(spin(written).complete).toBe(true);
  expect(spin(written, { pan: ['-m2'] }).complete).toBe(false);
  for (const cc of ['-DBITSTATE', '-DHC4']) expect([cc, spin(written, { cc: [cc] }).complete]).toEqual([cc, false]);
});

test('without WebAssembly, and in bytes, the counts are the same', async () => {
  const { text: written, closed } = await text({ sysfs: true, users: 1, times: 1 }, { kernel: 'javascript' });
  const found = spin(written, { spin: ['-o1', '-o2', '-o3', '-DBYTES'] });
  expect([found.complete, found.states, found.transitions - 1]).toEqual([true, closed.states, closed.transitions]);
});
