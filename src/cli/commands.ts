/** The commands, in the order `--help` lists them. */
import type { Register } from './program.ts';

export const commands: readonly Register[] = [];
