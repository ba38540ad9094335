/** How do worlds, time and memory grow over devices and users? One worker, no reductions, no properties. */
import { explore, type ExploreOptions, type Report } from '../src/check/explore.ts';
import { question } from './models.ts';
import { figure, table, timed } from './rounds.ts';

/** Devices, users, threads inside a call at once (0: all). */
type Size = readonly [devices: number, users: number, together: number];

/** With worlds and steps. */
const sizes: readonly (readonly [Size, number, number])[] = [
  [[1, 0, 2], 5_138, 12_730],
  [[1, 1, 2], 25_041, 70_278],
  [[2, 1, 2], 79_126, 236_297],
  [[2, 2, 2], 334_710, 1_052_767],
  [[2, 3, 2], 1_290_672, 4_212_152],
  [[3, 1, 2], 169_341, 520_637],
  [[3, 2, 2], 762_172, 2_433_942],
  [[4, 2, 2], 1_490_736, 4_804_759],
  [[2, 2, 3], 841_216, 3_606_010],
  [[2, 2, 0], 1_468_232, 8_063_410],
];

const head = ['devices', 'users', 'at once', 'worlds', 'steps', 'depth', '', 's', 'worlds/s', 'bytes a world', 'peak MiB'];

async function grown([devices, users, together]: Size, options: Pick<ExploreOptions, 'limit' | 'signal' | 'onProgress'> = {}): Promise<{ readonly report: Report; readonly row: string[] }> {
  const asked = question('growth', { devices, users, together: together || Infinity, times: 1, hotplug: false });
  globalThis.gc?.();
  const [report, cpu] = await timed(() => explore(asked.subject(), [], { partialOrder: false, symmetry: false, memory: 2 ** 32, ...options }));
  const { states, transitions, depth, stopped, explain: { bytes } } = report;
  return {
    report,
    row: [
      String(devices), String(users), together === 0 ? 'all' : String(together), figure(states), figure(transitions), String(depth), stopped ?? 'complete',
      figure(cpu), figure(states / cpu), figure(bytes / states), figure(process.resourceUsage().maxRSS / 1024),
    ],
  };
}

/** Sizes that take seconds. @throws {Error} when one has other worlds or steps */
export async function growth(): Promise<void> {
  const rows: string[][] = [];
  for (const [size, states, transitions] of sizes) {
    const { report, row } = await grown(size);
    if (report.states !== states || report.transitions !== transitions) throw new Error(`${size.join(', ')}: ${report.states} worlds and ${report.transitions} steps, not ${states} and ${transitions}`);
    rows.push(row.slice(0, -1)); // the peak is that of whatever ran before
  }
  table('Growth over devices and users: usual topology, from empty tables', head.slice(0, -1), rows);
}

/** One size, as far as the limit, or as far as it gets in so many seconds. Told on stderr every million worlds. */
export async function far(size: Size, limit: number, seconds: number): Promise<void> {
  let told = 0;
  const { row } = await grown(size, {
    limit, signal: AbortSignal.timeout(seconds * 1000),
    onProgress: ({ distinct, bytes }) => {
      if (distinct < told + 1e6) return;
      told = distinct;
      process.stderr.write(`${figure(distinct)} worlds, ${figure(bytes / 2 ** 20)} MiB\n`);
    },
  });
  table(`Growth: one size, at most ${figure(limit)} worlds`, head, [row]);
}
