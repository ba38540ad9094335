/** The targets of a suite: what each is for, and how it is written. */
import type { Model } from '../../../machines/model.ts';
import type { Topology } from '../../../machines/topology.ts';
import { subjectOf, type Subject } from '../../check/subject.ts';
import { machineSuite } from '../chapters.ts';
import { conform } from '../conform.ts';
import { generate, type Generated, type GenerateOptions } from '../generate.ts';
import { graphOf } from '../graph.ts';
import { spokenSuite } from '../spoken.ts';
import { System } from '../../world/world.ts';
import type { Written } from './files.ts';
import { fastCheck } from './fast_check.ts';
import { kselftest } from './kselftest.ts';
import { forKunit, kunit } from './kunit.ts';
import { scenarios } from './scenarios.ts';
import { vitest } from './vitest.ts';

/** What is to be tested. */
export interface Asked {
  readonly model: Model;
  /** As the reader gave it; undefined where a target takes its own. */
  readonly given: Topology | undefined;
  readonly topology: Topology;
  /** Every interleaving of the topology. */
  readonly subject: Subject;
  /** Of `conformance`: whose chart (default: the first group), and how many states an implementation may have more. */
  readonly chart?: string | undefined;
  readonly extra: number;
}

export type Result = Omit<Generated, 'graph' | 'tests'>;

export interface Target {
  readonly about: string;
  /** What a step of its tests is, for people. */
  readonly unit: 'steps' | 'calls';
  /** Its threads call again and again, unless the topology says otherwise. */
  readonly again?: true;
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
  vitest: {
    about: 'a test file that drives any implementation through an adapter of a few functions', unit: 'calls', again: true,
    write: async ({ model, topology }, options) => {
      const { tests, generated } = await inTurn(model, topology, options);
      return { files: vitest(model.name, topology, tests), result: generated };
    },
  },
  'fast-check': {
    about: 'random calls with the charts as their model, shrunk when an implementation answers otherwise', unit: 'calls', again: true,
    write: async ({ model, topology }, options) => {
      const { generated } = await inTurn(model, topology, options);
      return { files: fastCheck(model.name, topology), result: { ...generated, length: { tests: 1, steps: 0 } } };
    },
  },
  conformance: {
    about: 'sequences of messages to one chart, which guarantee that an implementation with no more states is equal (HSI method)', unit: 'steps',
    write: async ({ model, subject, chart, extra }, options) => {
      const graph = await graphOf(subject, options);
      const address = chart ?? subject.actors.find((actor) => actor.address.startsWith('group:'))?.address ?? '';
      const conformance = conform(graph, address, extra);
      const { sequences } = conformance;
      return {
        files: [{ name: 'conformance.json', text: `${JSON.stringify({ schema: 'dma-ownership/conformance@1', model: model.name, complete: graph.complete, ...conformance }, null, 1)}\n` }],
        result: {
          worlds: graph.states, steps: graph.target.length, complete: graph.complete, goals: [],
          length: { tests: sequences.length, steps: sequences.reduce((sum, { length }) => sum + length, 0) }, shortestPaths: { tests: 0, steps: 0 },
        },
      };
    },
  },
  kunit: {
    about: 'a skeleton in C for KUnit, with a fake bus', unit: 'calls', again: true,
    write: async ({ model, topology }, options) => {
      const { tests, generated } = await inTurn(model, forKunit(topology), options);
      return { files: kunit(model.name, topology, tests), result: generated };
    },
  },
};

/** Calls one after the other. */
const inTurn = (model: Model, topology: Topology, options: GenerateOptions) => {
  const system = new System(model, topology);
  return spokenSuite(system, subjectOf(system, { inTurn: true }), options);
};
