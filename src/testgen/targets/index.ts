/** The targets of a suite: what each is for, and how it is written. */
import type { Model } from '../../../machines/model.ts';
import type { Topology } from '../../../machines/topology.ts';
import type { Subject } from '../../check/subject.ts';
import { machineSuite } from '../chapters.ts';
import { generate, type Generated, type GenerateOptions } from '../generate.ts';
import type { Written } from './files.ts';
import { kselftest } from './kselftest.ts';
import { scenarios } from './scenarios.ts';

/** What is to be tested. */
export interface Asked {
  readonly model: Model;
  /** As the reader gave it; undefined where a target takes its own. */
  readonly given: Topology | undefined;
  readonly topology: Topology;
  /** Every interleaving of the topology. */
  readonly subject: Subject;
}

export type Result = Omit<Generated, 'graph' | 'tests'>;

export interface Target {
  readonly about: string;
  /** What a step of its tests is, for people. */
  readonly unit: 'steps' | 'calls';
  write(asked: Asked, options: GenerateOptions): Promise<{ readonly files: readonly Written[]; readonly result: Result }>;
}

export const targets: Readonly<Record<string, Target>> = {
  scenario: {
    about: 'scenario texts, every interleaving step by step, for dma-ownership run', unit: 'steps',
    write: async ({ model, topology, subject }, options) => {
      const generated = await generate(subject, options);
      return { files: scenarios(model, topology, generated.tests), result: generated };
    },
  },
  kselftest: {
    about: 'a shell script and a helper in C that drive a real machine, and suite.json', unit: 'calls',
    write: async ({ model, given }, options) => {
      const { suite, ...result } = await machineSuite(model, options, given);
      return { files: kselftest(suite), result };
    },
  },
};
