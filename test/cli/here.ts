/** The whole command line in this process, and what its documents have to look like. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { commands } from '../../src/cli/commands.ts';
import { exit, type Exit } from '../../src/cli/exit.ts';
import { output, type Surroundings } from '../../src/cli/output.ts';
import { programOf, run, type Program } from '../../src/cli/program.ts';
import { surfaceOf, type Surface } from '../../src/cli/surface.ts';

export interface Ended { readonly code: Exit; readonly out: string; readonly err: string }

/** `words`: a command line without the name of the program. */
export async function shell(words: readonly string[], more: Partial<Pick<Surroundings, 'env' | 'interruption'>> & { readonly isTTY?: boolean } = {}): Promise<Ended> {
  const ended = { out: '', err: '' };
  const { isTTY = false, ...around } = more;
  const code = await run([...words], commands, { stdout: { write: (text) => (ended.out += text), isTTY }, stderr: { write: (text) => (ended.err += text), isTTY }, env: {}, ...around });
  return { code, ...ended };
}

/** The program that nobody has called. */
export function program(): Program {
  const around: Surroundings = { stdout: { write: () => undefined }, stderr: { write: () => undefined }, env: {} };
  return programOf(commands, { around, ended: exit.holds, out: output(around, false) });
}

export const surface = (): Surface => surfaceOf(program());

/** A line as a shell takes it apart: quotes, and nothing else. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => single ?? double ?? bare ?? '');
}

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
const known = new Map<string, ValidateFunction>();

/** What is wrong with a document, by the schema of its name as it is published; undefined: nothing. */
export function wrongIn(document: unknown): string | undefined {
  const name = /^dma-ownership\/([\w-]+@\d+)$/.exec(String((document as { schema?: unknown } | null)?.schema))?.[1];
  if (name === undefined) return 'the document has no schema';
  let validate = known.get(name);
  if (validate === undefined) {
    validate = ajv.compile(JSON.parse(readFileSync(new URL(`../../docs/reference/json/${name}.schema.json`, import.meta.url), 'utf8')) as object);
    known.set(name, validate);
  }
  return validate(document) ? undefined : ajv.errorsText(validate.errors);
}

/** Which command prints a document, where its name does not say it. */
const printers: Readonly<Record<string, string>> = { 'charts@1': 'chart', 'trail@1': 'export', 'export-chart@1': 'export', 'export-monitor@1': 'export', 'log-summary@1': 'log show', 'lab-races@1': 'lab run', 'lab-suite@1': 'lab run', 'error@1': '' };

/** The command that prints a document; empty: any, when it fails. */
export const printerOf = (name: string): string => printers[name] ?? name.replace(/@\d+$/, '').replaceAll('-', ' ');
