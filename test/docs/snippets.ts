/** Snippets of TypeScript in pages: run, and type-checked as a user's program is. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import ts from 'typescript';
import { root, type Block } from './markdown.ts';

const whole = ({ text, marks }: Block): string => `${marks.given === undefined ? '' : `${marks.given}\n`}${text}`;

/** What `console.log(...); // here` says behind its statements. */
const comments = (text: string): string[] => [...text.matchAll(/^.*console\.log\(.*\);? \/\/ (.*)$/gm)].map(([, said]) => said ?? '');

let number = 0;

/** Runs a snippet in the folder; gives what is not as it says. */
export async function runs(block: Block, { folder, built }: { folder: string; built: boolean }): Promise<string | undefined> {
  const printed = (built ? inNode(block, folder) : await inProcess(block, folder)).replaceAll(/\s+/g, ' ');
  let at = 0;
  for (const said of comments(block.text)) {
    const found = printed.indexOf(said, at);
    if (found < 0) return `the page: ${said}\nprinted:  ${printed.slice(at)}`;
    at = found + said.length;
  }
  return undefined;
}

function inNode(block: Block, folder: string): string {
  const file = join(folder, `snippet-${++number}.mjs`);
  const { outputText } = ts.transpileModule(whole(block), { compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext } });
  writeFileSync(file, outputText);
  return execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8', timeout: 60_000 });
}

async function inProcess(block: Block, folder: string): Promise<string> {
  const file = join(folder, `snippet-${++number}.ts`);
  writeFileSync(file, `${whole(block)}\nexport {};\n`);
  const before = process.cwd();
  const own = globalThis.console;
  const said: string[] = [];
  globalThis.console = { ...own, log: (...values: unknown[]) => said.push(format(...values)) };
  process.chdir(folder);
  try {
    await import(/* @vite-ignore */ pathToFileURL(file).href);
  } finally {
    process.chdir(before);
    globalThis.console = own;
  }
  return said.join('\n');
}

/** What the compiler says of all of them, against the declarations of the built package. */
export function typed(blocks: readonly Block[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'snippets-'));
  try {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules/dma-ownership'));
    for (const name of ['xstate', '@statelyai', '@types', 'vitest', 'react', 'zod']) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const files = new Map(blocks.map((block, index) => [`snippet${index}.ts`, block]));
    for (const [name, block] of files) writeFileSync(join(folder, name), `${whole(block)}\nexport {};\n`);
    const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), [
      '--noEmit', '--strict', '--skipLibCheck', '--noErrorTruncation', '--module', 'NodeNext', '--target', 'ES2023', '--lib', 'ES2023,DOM', '--types', 'node', ...files.keys(),
    ], { cwd: folder, encoding: 'utf8' });
    if (status === 0) return [];
    return stdout.trimEnd().split('\n').map((line) => line.replace(/^(snippet\d+\.ts)\((\d+),/, (_, name: string, at: string) => {
      const block = files.get(name);
      const given = block?.marks.given?.split('\n').length ?? 0;
      return `${block?.page}:${(block?.line ?? 0) + Number(at) - given} (`;
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
