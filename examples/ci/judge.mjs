// Judges traces in a CI job: one line for each, an annotation where the model does not explain it. Exit code 1 then, 4 where a trace is inconclusive.
import { appendFileSync } from 'node:fs';
import { judgeTrace, readTraceFile } from 'dma-ownership/trace';

const escaped = (text) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const verdicts = [];
for (const file of process.argv.slice(2)) {
  const { verdict, line, reason = '', events } = await judgeTrace(readTraceFile(file), { name: file });
  verdicts.push(verdict);
  console.log(`${verdict.padEnd(13)} ${file}, ${events} events`);
  if (verdict !== 'conforms') console.log(`::${verdict === 'violates' ? 'error' : 'warning'} file=${file},line=${line ?? 1}::${escaped(reason)}`);
}
if (process.env.GITHUB_STEP_SUMMARY !== undefined) appendFileSync(process.env.GITHUB_STEP_SUMMARY, `${verdicts.filter((one) => one === 'conforms').length} of ${verdicts.length} traces conform\n`);
process.exitCode = verdicts.includes('violates') ? 1 : verdicts.includes('inconclusive') ? 4 : 0;
