/**
 * The script that records a judgeable trace on a reader's own machine: POSIX shell, complete in one file, for machines without Node.
 *
 * Its parts lie in `script/`. What is filled in comes from the tables that the judge reads by: which probes there are and what they show
 * (`machines/probes.ts`), which kernels have models (`machines/tracepoints.ts`).
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { essential, probes, type Probe } from '../../machines/probes.ts';
import { notifiedBuses, recorders } from '../../machines/tracepoints.ts';

const parts = ['begin', 'derive', 'examine', 'run'];

/** One line of the script's table: words that stand for nothing are `-`. */
export const rowOf = ({ event, on, unless, calls, returns, module, shows }: Probe): string =>
  [event, on.join('|'), unless ?? '-', calls ?? '-', returns === '' ? 'void' : returns ?? '-', module ?? '-', ...shows].join(' ');

/**
 * The whole script.
 *
 * @example
 * writeFileSync('record.sh', recordScript('0.1.0'), { mode: 0o755 });
 */
export function recordScript(version: string): string {
  const filled: Readonly<Record<string, string>> = {
    VERSION: version,
    PROBES: probes.map(rowOf).join('\n'),
    ESSENTIAL: essential.join(' '),
    NOTIFIED: notifiedBuses.map((bus) => `bus == "${bus}"`).join(' || '),
    MODELS: Object.keys(recorders).join(' '),
  };
  const folder = join(dirname(createRequire(import.meta.url).resolve('dma-ownership/package.json')), 'src', 'record', 'script');
  const text = parts.map((part) => readFileSync(join(folder, `${part}.sh`), 'utf8')).join('');
  return text.replace(/@([A-Z]+)@/g, (mark, name: string) => filled[name] ?? mark);
}
