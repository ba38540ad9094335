/**
 * A reader who does what a page says, in a folder that looks like a clone of the project.
 *
 * Cheaply, in this process and from the sources, a command line is `dma-ownership` with its arguments, or something that `sh` can do alone. With the built program
 * (`npm run docs:run`) every line is one of a real shell, and `dma-ownership`, `node` and `import ... from 'dma-ownership'` are what a user has.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { commands } from '../../src/cli/commands.ts';
import { run } from '../../src/cli/program.ts';
import { root } from './markdown.ts';

export type Said = { readonly code: number; readonly out: string };

export class Reader {
  readonly folder = mkdtempSync(join(tmpdir(), 'reader-'));
  /** Where commands are run; `cd` changes it. */
  #place = this.folder;
  #code = 0;
  readonly #built: boolean;

  constructor({ built }: { built: boolean }) {
    this.#built = built;
    const entries = (folder: string) => readdirSync(join(root, folder)).filter((one) => !/^(?:node_modules|test|\.git|\.dma-ownership|coverage)$/.test(one)).map((one) => join(folder, one));
    for (const name of ['node_modules/.bin', 'test']) mkdirSync(join(this.folder, name), { recursive: true });
    for (const name of [...entries('.'), ...entries('test')]) symlinkSync(join(root, name), join(this.folder, name));
    symlinkSync(root, join(this.folder, 'node_modules/dma-ownership'));
    for (const name of ['xstate', '@statelyai']) symlinkSync(join(root, 'node_modules', name), join(this.folder, 'node_modules', name));
    const program = join(this.folder, 'node_modules/.bin/dma-ownership');
    writeFileSync(program, `#!/bin/sh\nexec node '${join(root, 'dist/src/cli/main.js')}' "$@"\n`);
    chmodSync(program, 0o755);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.#place, name)), { recursive: true });
    rmSync(join(this.#place, name), { force: true });
    writeFileSync(join(this.#place, name), text);
  }

  /** What is printed, on both streams, and the exit code. */
  async does(line: string): Promise<Said> {
    const words = this.#built ? undefined : plain(line);
    const said = words?.[0] === 'dma-ownership' ? await this.#inProcess(words.slice(1)) : this.#inShell(line);
    this.#code = said.code;
    return { ...said, out: said.out.replaceAll(`${this.folder}/`, '').replaceAll(root, '') };
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #inProcess(words: readonly string[]): Promise<Said> {
    const before = process.cwd();
    const into = words.at(-2) === '>' ? words.at(-1) : undefined;
    let [out, file] = ['', ''];
    process.chdir(this.#place);
    try {
      const stdout = { write: (text: string) => (into === undefined ? (out += text) : (file += text)) };
      const code = await run(into === undefined ? words : words.slice(0, -2), commands, { stdout, stderr: { write: (text) => (out += text) }, env: {} });
      if (into !== undefined) this.write(into, file);
      return { code, out };
    } finally {
      process.chdir(before);
    }
  }

  #inShell(line: string): Said {
    if (!this.#built && /\b(?:dma-ownership|node|npm|npx|git)\b/.test(line)) return { code: 127, out: 'to be run by a real shell: mark it <!-- dear: ... -->' };
    const place = join(this.folder, '.place');
    const told = spawnSync('bash', ['-c', `exec 2>&1; (exit ${this.#code})\n${line}\ncode=$?; pwd > '${place}'; exit $code`], {
      cwd: this.#place, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28, timeout: 600_000,
      env: { PATH: `${join(this.folder, 'node_modules/.bin')}:${dirname(process.execPath)}:/usr/bin:/bin`, HOME: this.folder, LC_ALL: 'C.UTF-8' },
    });
    if (existsSync(place)) this.#place = readFileSync(place, 'utf8').trimEnd();
    return { code: told.status ?? 1, out: told.stdout + told.stderr };
  }
}

/** The words of a line that needs no shell; undefined for any other. */
function plain(line: string): string[] | undefined {
  const words = [...line.matchAll(/'([^']*)'|"([^"$`\\]*)"|([^\s'"$`\\|&;()*?~]+)|\S/g)];
  const taken = words.map(([, single, double, bare]) => single ?? double ?? bare);
  return taken.every((word) => word !== undefined) && !taken.slice(0, -2).includes('>') ? taken : undefined;
}
