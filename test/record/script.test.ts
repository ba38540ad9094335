/**
 * The recorder's script without a kernel: what it makes of a machine's files, and what it refuses. Needs shellcheck. On kernels it is tried by
 * `npm run lab:record`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { release } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { probes } from '../../machines/probes.ts';
import { recorders } from '../../machines/tracepoints.ts';
import { disassembled, recipeOf, structs } from '../../src/lab/recipe.ts';
import { recordScript } from '../../src/record/script.ts';
import { parseProbes } from '../../src/trace/recording.ts';
import { known, taken } from '../lab/known.ts';
import { btf, kcore, machine, removed } from './machine.ts';

const script = recordScript('0.0.0');
const busybox = spawnSync('busybox', ['true']).status === 0;
const roots: string[] = [];
afterAll(() => { roots.forEach(removed); });

/** The kernel of these files; what nobody asks about may be left out. */
function machineOf(kernel: string, without: readonly string[] = []): string {
  const files = filesOf(kernel);
  const root = machine(Object.fromEntries(Object.entries(files).filter(([path]) => !without.includes(path))));
  roots.push(root);
  return root;
}

const made = new Map<string, Readonly<Record<string, string | Buffer>>>();
function filesOf(kernel: string): Readonly<Record<string, string | Buffer>> {
  const before = made.get(kernel);
  if (before !== undefined) return before;
  const { members, sites, symbols } = known(kernel);
  const low = (name: string) => Number((symbols.addressOf(name) ?? 0n) & 0xffff_ffffn);
  const calls = disassembled.flatMap((from) => ['mutex_unlock', 'kobject_uevent'].flatMap((to) => sites(from, to).map((at) => ({ at: low(from) + at, to: low(to) }))));
  const start = Math.floor(Math.min(...calls.map(({ at }) => at)) / 4096) * 4096;
  const end = Math.max(...calls.map(({ at }) => at)) + 0x4000;
  const files = {
    'sys/kernel/btf/vmlinux': btf(new Map(structs.map((struct) => [struct, members(struct)]))),
    'proc/kallsyms': taken(kernel).kallsyms,
    'proc/kcore': kcore(start, end - start, calls),
    'sys/kernel/security/lockdown': '[none] integrity confidentiality\n',
    'sys/kernel/tracing/kprobe_events': '',
    'sys/kernel/tracing/events/header_page': '',
    'sys/kernel/tracing/instances/.keep': '',
    'sys/kernel/iommu_groups/0/type': 'DMA\n',
    [`boot/config-${release()}`]: 'CONFIG_KPROBES=y\nCONFIG_KPROBE_EVENTS=y\n',
  };
  made.set(kernel, files);
  return files;
}

const run = (root: string, args: readonly string[], shell = ['sh']) => {
  const [program = '', ...before] = shell;
  const { status, stdout, stderr } = spawnSync(program, [...before, '-c', script, 'record', ...args], { encoding: 'utf8', env: { ...process.env, DMA_OWNERSHIP_ROOT: root }, cwd: existsSync(root) ? root : '/' });
  return { status, stdout, stderr };
};

const listed = (lines: readonly string[]): string[] => lines.filter((line) => /^[pr]:/.test(line)).map((line) => line.replace(/^(.):\w+\//, '$1:').replace(/\+0x([0-9a-f]+) /, (_, hex) => `+${parseInt(String(hex), 16)} `)).sort();

test('shellcheck has nothing to say', () => {
  // SC2016: the dollar signs of the probes are the kernel's.
  expect(spawnSync('shellcheck', ['-s', 'sh', '-e', 'SC2016', '-'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' });
  expect(script).not.toMatch(/@[A-Z]+@/);
});

test('every point that a judge knows has a probe, and every probe stands for a point', () => {
  const places = ({ on, calls, returns }: (typeof probes)[number]): string[] => on.map((name) => name.replace(/\.part\.0$/, ''))
    .flatMap((name) => [`${name} ${calls === undefined ? 'entry' : 'locked'}`, ...(returns === undefined ? [] : [`${name} return`])]);
  const probed = new Set(probes.filter(({ outside }) => outside !== true).flatMap(places));
  const points = new Set(Object.values(recorders).flatMap((recorder) => [...recorder.points.keys()]));
  expect([...points].filter((point) => !probed.has(point))).toEqual([]);
  expect([...probed].filter((place) => !points.has(place))).toEqual([]);
});

test.each([['6.1.0-56-amd64', 'sh'], ['6.12.117+deb12-amd64', busybox ? 'busybox sh' : 'sh']])('%s in %s: types, symbols and code of the machine give the probes that pahole and objdump give', (kernel, shell) => {
  const { status, stdout } = run(machineOf(kernel), ['--probes'], shell.split(' '));
  expect(status).toBe(0);
  const expected = listed(recipeOf(known(kernel)));
  // The fixtures have modules as a machine has on which they are loaded.
  expect(listed(stdout.split('\n'))).toEqual(expected);
  expect(expected.length).toBeGreaterThan(90);
});

describe('what a machine lacks', () => {
  let good: string;
  beforeAll(() => { good = machineOf('6.12.117+deb12-amd64'); });
  const root = process.getuid?.() === 0;
  const lacking = (without: readonly string[], files: Readonly<Record<string, string>> = {}) => {
    const made = machineOf('6.12.117+deb12-amd64', without);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(made, path, '..'), { recursive: true });
      writeFileSync(join(made, path), text);
    }
    return made;
  };

  test('nothing', () => {
    const { status, stdout } = run(good, ['--check']);
    expect(stdout).toContain('ok    types (BTF): 14 offsets');
    expect(stdout).toMatch(/^ok {4}probes: 101$/m);
    if (root) expect([status, stdout]).toEqual([0, expect.stringMatching(/Can be recorded\.\n$/)]);
    else expect([status, stdout]).toEqual([3, expect.stringContaining('stop  not root')]);
  });

  test.each([
    ['types', ['sys/kernel/btf/vmlinux'], {}, /^stop {2}no \S+btf\/vmlinux: the kernel was built without CONFIG_DEBUG_INFO_BTF: where members lie is not known\n {6}do: boot a kernel of a distribution/m],
    ['probes', ['sys/kernel/tracing/kprobe_events'], { [`boot/config-${release()}`]: '# CONFIG_KPROBE_EVENTS is not set\n' }, /^stop {2}no \S+kprobe_events: the kernel was built without CONFIG_KPROBE_EVENTS\n/m],
    ['probes, before tracefs is mounted', ['sys/kernel/tracing/events/header_page', 'sys/kernel/tracing/kprobe_events'], { 'proc/filesystems': 'nodev\ttracefs\n', [`boot/config-${release()}`]: 'CONFIG_FTRACE=y\n' }, /^stop {2}no kprobe events: the kernel was built without CONFIG_KPROBE_EVENTS\n/m],
    ['tracefs', ['sys/kernel/tracing/events/header_page', 'sys/kernel/tracing/kprobe_events', 'sys/kernel/tracing/instances/.keep'], {}, /^stop {2}no tracefs: the kernel was built without CONFIG_FTRACE\n/m],
    ['freedom', [], { 'sys/kernel/security/lockdown': 'none integrity [confidentiality]\n' }, /^stop {2}the kernel is locked down \(confidentiality\): it refuses probes\n/m],
    ['freedom, as far as the command line says', ['sys/kernel/security/lockdown'], { 'proc/cmdline': 'quiet lockdown=confidentiality\n' }, /^stop {2}the kernel is locked down/m],
    ['ownership', [], { 'proc/kallsyms': taken('6.12.117+deb12-amd64').kallsyms.replace(/^.* iommu_device_use_default_domain$/m, '') }, /^stop {2}no function iommu_device_use_default_domain\(\)/m],
    ['types that can be read', [], { 'sys/kernel/btf/vmlinux': 'ELF' }, /^stop {2}\S+vmlinux cannot be understood/m],
  ] as const)('%s: nothing is recorded', (_what, without, files, said) => {
    const made = lacking(without, files);
    const before = readdirSync(made, { recursive: true });
    const { status, stdout, stderr } = run(made, ['--to', 'out', '--', 'touch', 'ran']);
    expect([status, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(said);
    expect(readdirSync(made, { recursive: true })).toEqual(before);
  });

  test.each([
    ['code', ['proc/kcore'], {}, 'no probes inside functions: '],
    ['addresses', [], { 'proc/kallsyms': taken('6.12.117+deb12-amd64').kallsyms.replaceAll(/^[0-9a-f]{16}/gm, '0000000000000000') }, 'hides addresses'],
  ] as const)('%s: probes at entries and returns are left, and the judge is said to see less', (_what, without, files, said) => {
    const made = lacking(without, files);
    expect(run(made, ['--check']).stdout).toContain(said);
    const defined = [...parseProbes(run(made, ['--probes']).stdout).values()].flat();
    expect(defined.length).toBeGreaterThan(70);
    expect(defined.filter(({ offset }) => offset > 0)).toEqual([]);
  });

  test('a member: the probes that show it, and the others are as they were', () => {
    const made = machineOf('6.12.117+deb12-amd64');
    const { members } = known('6.12.117+deb12-amd64');
    writeFileSync(join(made, 'sys/kernel/btf/vmlinux'), btf(new Map(structs.map((struct) => [struct, new Map([...members(struct)].filter(([name]) => name !== 'driver_managed_dma'))]))));
    const { stdout } = run(made, ['--check']);
    expect(stdout).toContain('less  members that its types do not have: pci_driver.driver_managed_dma;');
    expect(stdout).toMatch(/^ok {4}probes: 97$/m);
  });
});

describe('wrong use', () => {
  test.each([
    [['--seconds', '0'], '--seconds takes a number from 1, not 0'],
    [['--seconds'], '--seconds takes a value'],
    [['--sceonds', '3'], 'there is no option --sceonds'],
    [['--seconds', '3', '--', 'true'], 'either --seconds or a command'],
    [['--check', '--', 'true'], '--check takes no command'],
    [['--with', 'perf'], '--with takes trace-cmd, not perf'],
    [['--kernel-config', '/nowhere', '--check'], '/nowhere cannot be read'],
  ])('%j', (args, said) => {
    const { status, stdout, stderr } = run('/nowhere', args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(said);
  });
});
