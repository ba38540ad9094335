/** `dma-ownership/check`: every interleaving, and what must hold in it. */
export { explore, type ExploreOptions, type Outcome, type Progress, type Report } from '../check/explore.ts';
export type { Coverage, Untaken } from '../check/coverage.ts';
export { simulate, type SimulateOptions, type SimulationReport } from '../check/simulate.ts';
export { subjectOf, type Subject } from '../check/subject.ts';
export { replay as replayWay, tell as tellWay } from '../check/replay.ts';
export type { Kind, Verdict } from '../check/property.ts';
export { properties, propertiesFor } from '../../machines/properties/index.ts';
export { property, type Property } from '../../machines/properties/property.ts';
export { compare, type CompareOptions, type Comparison, type Side } from '../compare/compare.ts';
export { observers, type Happening, type Observer } from '../../machines/observable.ts';
