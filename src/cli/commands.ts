/** The commands, in the order `--help` lists them. */
import type { Register } from './program.ts';
import { register as bugs } from './bugs.ts';
import { register as chart } from './chart.ts';
import { register as check } from './check.ts';
import { register as claims } from './claims.ts';
import { register as compare } from './compare.ts';
import { register as completion } from './completion.ts';
import { register as exported } from './export.ts';
import { register as inspect } from './inspect.ts';
import { register as judge } from './judge.ts';
import { register as lab } from './lab.ts';
import { register as log } from './log.ts';
import { register as mutate } from './mutate.ts';
import { register as record } from './record.ts';
import { register as replay } from './replay.ts';
import { register as run } from './run.ts';
import { register as testgen } from './testgen.ts';

export const commands: readonly Register[] = [judge, record, check, compare, claims, bugs, run, log, replay, chart, exported, testgen, mutate, lab, inspect, completion];
