/** From a kernel's image to one that can be recorded: its initramfs, its symbols, its probes. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelError } from '../errors.ts';
import { call } from './call.ts';
import { runJob } from './boot.ts';
import type { Kernel } from './folder.ts';
import { baseOf, wanted } from './initramfs.ts';
import { disassembled, enums, recipeOf, structs, type Known } from './recipe.ts';
import { constantsIn, membersIn, sitesIn, Symbols } from './symbols.ts';

/** Makes initramfs and probes, and the symbols by one boot where the kernel came without. */
export async function prepare(lab: string, kernel: Kernel, progress: (what: string) => void, signal?: AbortSignal): Promise<void> {
  progress(`initramfs of ${kernel.name}`);
  await baseOf(kernel);
  if (!existsSync(kernel.symbols)) {
    progress(`asking ${kernel.name} where its functions are`);
    const run = await runJob(kernel, { name: 'symbols', script: `mods ${wanted.join(' ')}\ncat /proc/kallsyms > /out/kallsyms\n` }, { lab, to: join(kernel.folder, 'symbols'), limit: 120, signal });
    if (run.ended !== 'finished') throw new ModelError('no-recipe', `${kernel.name} does not boot: it ${run.ended}`, { at: run.folder, hint: 'its console.txt says why' });
    renameSync(join(run.folder, 'kallsyms'), kernel.symbols);
  }
  progress(`probes of ${kernel.name}`);
  const lines = recipeOf(await knownOf(kernel));
  writeFileSync(join(kernel.folder, 'probes'), `${lines.join('\n')}\n`);
}

/** Reads types with pahole and code with objdump, each only once. */
export async function knownOf(kernel: Kernel): Promise<Known> {
  const symbols = new Symbols(readFileSync(kernel.symbols, 'utf8'));
  const listing = async (name: string) => [name, await call('pahole', ['-C', name, kernel.types], { fine: [0, 1] })] as const;
  const members = new Map((await Promise.all(structs.map(listing))).map(([name, text]) => [name, membersIn(text)]));
  const constants = new Map((await Promise.all(enums.map(listing))).map(([name, text]) => [name, constantsIn(text)]));
  const code = new Map<string, string>();
  for (const name of disassembled) {
    const [from, to] = symbols.rangeOf(name) ?? [];
    if (from === undefined || to === undefined) continue;
    code.set(name, await call('objdump', ['-d', '--no-show-raw-insn', `--start-address=0x${from.toString(16)}`, `--stop-address=0x${to.toString(16)}`, kernel.image]));
  }
  return {
    kernel: kernel.name, symbols,
    members: (struct) => members.get(struct) ?? new Map<string, number>(),
    constants: (name) => constants.get(name) ?? new Map<string, number>(),
    sites: (function_, callee) => {
      const [from, to] = [symbols.addressOf(function_), symbols.addressOf(callee)];
      return from === undefined || to === undefined ? [] : sitesIn(code.get(function_) ?? '', from, to);
    },
  };
}
