/** `dma-ownership bugs [ID...]`: bugs of the kernel, found again where they were and absent where they were put right. */
import type { Bug, Outside } from '../cases/bugs/bug.ts';
import { find, type Sought } from '../cases/bugs/find.ts';
import { bugs as all, outside } from '../cases/bugs/index.ts';
import { documentOf, printDetails, printOutside, printRow } from '../cases/bugs/print.ts';
import { ModelError } from '../errors.ts';
import { nearest } from '../world/nearest.ts';
import { count } from './asked.ts';
import { exit, type Exit } from './exit.ts';
import type { Colour, Output } from './output.ts';
import type { Program } from './program.ts';

const colours: Readonly<Record<Sought['verdict'], Colour>> = { found: 'green', open: 'yellow', missed: 'red', unknown: 'yellow' };

export function register(program: Program): void {
  program.command('bugs')
    .description('bugs of the kernel: the affected models break a property by a shortest path, the fixed ones do not')
    .argument('[id...]', 'rows of docs/reference/bugs.md, such as 18 or H-g; 5 stands for 5a and 5b. Default: all')
    .option('--paths', 'print the path of each, as it is printed for rows that are named')
    .option('--workers <n>', 'threads that search together', count('--workers', 1), 1)
    .values({ id: [...all, ...outside].map(({ id }) => id) })
    .ends({ holds: 'the models have what each row says', violation: 'a row says what the models do not', interrupted: 'stopped, with what was found so far' })
    .examples([
      ['bugs', 'every row in two lines, some ten seconds'],
      ['bugs 18', 'the bus that throws a refusal away, step by step'],
      ['bugs 5 H-a', 'two ways in which a group that appears late is not counted'],
      ['bugs 18 --json', 'for a program: dma-ownership/bugs@1'],
    ])
    .does(bugs);
}

async function bugs(out: Output, ids: string[], { paths = ids.length > 0, workers }: { readonly paths?: boolean; readonly workers: number }): Promise<Exit> {
  const rows = ids.length === 0 ? [...all, ...outside] : [...new Set(ids.flatMap(called))];
  const signal = out.interruption();
  const sought = await find(rows.filter(isBug), { workers, signal, onProgress: (done, of) => out.progress(`${done} of ${of} topologies explored`) });
  const beyond = rows.filter((row): row is Outside => !isBug(row));
  out.result(documentOf(sought, beyond), () => [
    ...sought.flatMap((one) => [
      ...printRow(one, (text) => out.paint(colours[one.verdict], text)), ...(paths ? [...printDetails(one).map((line) => `${' '.repeat(13)}${line}`), ''] : []),
    ]),
    ...beyond.map(printOutside),
    '', ended(sought, beyond),
  ].join('\n'));
  if (signal.aborted) return exit.interrupted;
  return sought.every(({ verdict }) => verdict === 'found' || verdict === 'open') ? exit.holds : exit.violation;
}

const isBug = (row: Bug | Outside): row is Bug => 'property' in row;

function ended(sought: readonly Sought[], beyond: readonly Outside[]): string {
  const counted = Object.keys(colours).map((verdict) => [verdict, sought.filter((one) => one.verdict === verdict).length] as const).filter(([, number]) => number > 0);
  return [...counted.map(([verdict, number]) => `${number} ${verdict}`), ...(beyond.length === 0 ? [] : [`${beyond.length} outside the charts`])].join(', ');
}

function called(id: string): (Bug | Outside)[] {
  const rows: readonly (Bug | Outside)[] = [...all, ...outside];
  const found = rows.filter((row) => row.id === id || row.id.replace(/[a-z]$/, '') === id);
  if (found.length > 0) return found;
  const names = rows.map((row) => row.id);
  const near = nearest(id, names);
  throw new ModelError('wrong-use', `there is no bug ${id}`, {
    at: 'bugs', accepted: names, usually: 'a commit or a word in place of an id', hint: near === undefined ? 'dma-ownership bugs lists them all' : `did you mean ${near}?`,
  });
}
