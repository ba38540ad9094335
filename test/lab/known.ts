/** `pahole -C`, /proc/kallsyms and `objdump -d` of two Debian kernels, as far as a recipe asks. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Known } from '../../src/lab/recipe.ts';
import { constantsIn, membersIn, sitesIn, Symbols } from '../../src/lab/symbols.ts';

export const unpacked = (path: string) => gunzipSync(readFileSync(new URL(path, import.meta.url))).toString('utf8');

export type Taken = { readonly types: Record<string, string>; readonly kallsyms: string; readonly code: Record<string, string> };

export const taken = (kernel: string): Taken => JSON.parse(unpacked(`fixtures/${kernel}.json.gz`)) as Taken;

export function known(kernel: string): Known {
  const { types, kallsyms, code } = taken(kernel);
  const symbols = new Symbols(kallsyms);
  return {
    kernel, symbols,
    members: (struct) => membersIn(types[struct] ?? ''),
    constants: (name) => constantsIn(types[name] ?? ''),
    sites: (function_, callee) => sitesIn(code[function_] ?? '', symbols.addressOf(function_) ?? 0n, symbols.addressOf(callee) ?? 0n),
  };
}
