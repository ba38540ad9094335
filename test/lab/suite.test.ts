/** A suite beside what a kernel did: recordings of the lab, and the same with a line changed. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import type { Model } from '../../machines/model.ts';
import { compareSuite, firstMissing, ktap, type TestResult } from '../../src/lab/compared.ts';
import type { Kernel } from '../../src/lab/folder.ts';
import { castOf, planOf } from '../../src/lab/plan.ts';
import { suiteFor, suiteFrom } from '../../src/lab/suites.ts';
import type { Suite } from '../../src/testgen/suite.ts';
import { parseProbes } from '../../src/trace/recording.ts';

const path = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const unpacked = (name: string) => gunzipSync(readFileSync(path(name))).toString('utf8');
const model = (name: string) => models[name] as Model;
const suiteOfModel = (name: string) => suiteFrom(path('../scenarios/ownership.scenario'), model(name));

const recorded = (name: string) => ({ lines: unpacked(`${name}.trace.txt.gz`).trimEnd().split('\n'), recording: { probes: parseProbes(unpacked(`${name}.kprobe_events.txt.gz`)) } });
const compared = (suite: Suite, name: string, edit: (lines: string[]) => string[] = (lines) => lines): TestResult => {
  const { lines, recording } = recorded(name);
  return compareSuite(suite, castOf(suite, name), edit(lines), recording)[0] as TestResult;
};

describe('v6.12.y beside 6.12.117', () => {
  const suite = suiteOfModel('v6.12.y');

  test('every step answers, and does in its turn, what the model says', () => {
    const { result, steps } = compared(suite, 'ownership-6.12');
    expect([result, steps.length, steps.filter(({ ok }) => !ok)]).toEqual(['ok', 21, []]);
  });

  test('another errno is seen', () => {
    const { result, steps } = compared(suite, 'ownership-6.12', (lines) => lines.map((line) => line.replace('done 0.7 ret=-1', 'done 0.7 ret=-16')));
    expect([result, steps.filter(({ ok }) => !ok).map(({ number, expected, got }) => `${number} ${expected} ${got}`)]).toEqual(['not ok', ['0.7 -EPERM -EBUSY']]);
  });

  test('a critical section that is missing is seen, and one that leaves another count', () => {
    const step = (lines: string[]) => lines.findIndex((line) => line.includes('step 0.1 '));
    const without = compared(suite, 'ownership-6.12', (lines) => lines.filter((line, at) => at < step(lines) || !line.includes(': cs_use: ')));
    expect(without.steps.find(({ ok }) => !ok)?.missing).toBe('iommu_device_use_default_domain (locked) group 8 owner_cnt=1');
    const counted = compared(suite, 'ownership-6.12', (lines) => lines.map((line, at) => (at > step(lines) ? line.replace(/(: cs_use: .* )oc=1 /, '$1oc=2 ') : line)));
    expect(counted.steps.find(({ ok }) => !ok)?.number).toBe('0.1');
  });

  test('two lines of one task in the other order are seen; of two tasks they are not', () => {
    const fact = (function_: string) => ({ function: function_, at: 'entry' as const });
    const facts = [fact('a'), fact('b')];
    const shown = (...list: [string, number][]) => list.map(([name, pid]) => ({ fact: fact(name), pid }));
    expect(firstMissing(facts, shown(['b', 1], ['a', 1]), () => true)).toEqual(fact('b'));
    expect(firstMissing(facts, shown(['b', 2], ['a', 1]), () => true)).toBeUndefined();
    expect(firstMissing(facts, shown(['a', 1]), ({ function: name }) => name === 'a')).toBeUndefined();
  });

  test('a trace that ends early leaves tests that were not run', () => {
    expect(compared(suite, 'ownership-6.12', (lines) => lines.slice(0, 200)).result).toBe('not run');
  });
});

test('the kernel without f429378a9bf8 differs at the step that the model names', () => {
  const kernel: Kernel = { name: 'small-remove-f429', from: '', folder: '', image: '', symbols: '', types: '', test_remove: true };
  const suite = suiteFor(kernel, suiteOfModel('v6.1.y'), model('v6.1.y'));
  const { result, steps } = compared(suite, 'ownership-f429');
  const wrong = steps.filter(({ ok }) => !ok);
  expect(result).toBe('not ok');
  expect(wrong.slice(0, 1).map(({ number, call, missing }) => [number, call, missing]))
    .toEqual([['0.1', 'bind_store uio_pci_generic B', 'iommu_device_use_default_domain (locked) group 8 owner_cnt=1']]);
  // What a user sees of it: the group is never free again.
  expect(wrong.filter(({ expected, got }) => expected !== got).map(({ call, expected, got }) => [call, expected, got])[0]).toEqual(['group_set_container 1', '0', '-EPERM']);
});

test('KTAP says what differs, and what was left out', () => {
  const steps = [{ number: '1.0', by: 'vm', call: 'set_iommu', expected: '0', got: '-EPERM', ok: false }];
  expect(ktap([{ number: 0, name: 'one', result: 'ok', steps: [] }, { number: 1, name: 'two', result: 'not ok', steps }, { number: 2, name: 'three', result: 'skip', why: 'no iommufd', steps: [] }]))
    .toBe('KTAP version 1\n1..3\nok 1 one\n# step 1.0 vm set_iommu: expected 0, got -EPERM\nnot ok 2 two\nok 3 three # SKIP no iommufd\n');
});

describe('who plays a suite', () => {
  const suite = suiteOfModel('v6.1.y');
  test('devices of one group are played by functions of one card', () => {
    expect(castOf(suite, 'a suite')).toEqual({ devices: { A: '0000:02:00.0', B: '0000:02:00.1', C: '0000:00:05.0' }, groups: { 1: 8, 2: 4 }, functions: 2 });
    expect(castOf({ ...suite, devices: { A: { group: 1 }, C: { group: 2 }, B: { group: 1 } } }, 'a suite'))
      .toEqual({ devices: { A: '0000:02:00.0', B: '0000:02:00.1', C: '0000:00:05.0' }, groups: { 1: 8, 2: 4 }, functions: 2 });
  });
  test('what the machine does not have is refused by name', () => {
    expect(() => castOf({ ...suite, devices: { A: { group: null } } }, 'a suite')).toThrow('A has no IOMMU group');
    expect(() => castOf({ ...suite, drivers: { e1000: { module: 'e1000', vfio: false, driver_managed_dma: false, loaded: true } } }, 'a suite')).toThrow('no guest has the driver e1000');
    expect(() => castOf({ ...suite, devices: Object.fromEntries([1, 2, 3, 4].map((group) => [`D${group}`, { group }])) }, 'a suite')).toThrow('the machine has not so many devices');
  });
  test('a plan has one line for a step, with real names', () => {
    const lines = planOf(suite, castOf(suite, 'a suite')).split('\n');
    expect(lines.filter((line) => line.startsWith('step ')).length).toBe(21);
    expect(lines).toContain('step 0.1 admin 0 0 bind_store uio_pci_generic B | write /sys/bus/pci/drivers/uio_pci_generic/bind 0000:02:00.1');
    expect(lines).toContain('step 0.5 vm1 0 0 group_open 1 | gopen:g1:8');
  });
});
