// What the registry knows about holes in what we install: `node test/package/audit.mjs` ends with 0 (none), 1 (some) or 4 (it did not answer, which is not an answer).
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** @returns {{ verdict: 'clean' | 'holes' | 'not answered', says: string }} of what `npm audit --json` printed */
export function auditVerdict(printed) {
  let report;
  try {
    report = JSON.parse(printed);
  } catch {
    return { verdict: 'not answered', says: printed.trim().split('\n')[0] || 'nothing was printed' };
  }
  const counts = report?.metadata?.vulnerabilities;
  if (typeof counts?.total !== 'number') return { verdict: 'not answered', says: report?.message ?? 'no count of vulnerabilities' };
  const of = Object.entries(report.vulnerabilities ?? {}).map(([name, { severity }]) => `${name} (${severity})`);
  return counts.total === 0 ? { verdict: 'clean', says: `${report.metadata.dependencies?.prod ?? '?'} dependencies` } : { verdict: 'holes', says: of.join(', ') };
}

/** Asks the registry about everything that is installed with the package in a folder. */
export function audit(folder) {
  const { stdout } = spawnSync('npm', ['audit', '--omit', 'dev', '--json'], { cwd: folder, encoding: 'utf8', timeout: 60_000 });
  return auditVerdict(stdout ?? '');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { verdict, says } = audit(fileURLToPath(new URL('../..', import.meta.url)));
  console.log(`npm audit: ${verdict}: ${says}`);
  process.exitCode = { clean: 0, holes: 1, 'not answered': 4 }[verdict];
}
