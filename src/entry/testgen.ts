/** `dma-ownership/testgen`: test suites that cover a model. */
export { generate, summary, type Generated, type GenerateOptions, type GoalReport, type Test } from '../testgen/generate.ts';
export { criteria, type Criterion } from '../testgen/goals.ts';
export { parseSuite, printSuite, type Suite, type SuiteTest } from '../testgen/suite.ts';
export { targets, type Target } from '../testgen/targets/index.ts';
