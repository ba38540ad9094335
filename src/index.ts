/** The front door: names by task. Nothing is defined here, and each export is a promise. */

// The charts; more of them in dma-ownership/machines
export { device } from '../machines/device.ts';
export { driver_binding } from '../machines/driver_binding.ts';
export { iommu_group } from '../machines/v6.12.y/iommu_group.ts';

// As sets
export { models } from '../machines/models/index.ts';
export type { Charts, Model, Placement } from '../machines/model.ts';
export type { Address, Message, Plain, Said } from '../machines/chart.ts';

// Who exists
export { defaultTopology, parseTopology, type DefaultTopology } from './world/topology.ts';
export type { DeviceSpec, DriverSpec, ThreadSpec, Topology } from '../machines/topology.ts';

// One step at a time, or live
export { System, type Choice, type Fact, type Flight, type Step, type SystemOptions, type World } from './world/world.ts';
export { createSystem, type Delivery, type Live, type LiveOptions } from './world/live.ts';
export { watch, type Watch, type WatchOptions } from './inspect/watch.ts';

// What happened, and why
export { FactLog, type Facts, type Recorded } from './log/facts.ts';
export { renderChain, why, type Hop, type WhyOptions } from './log/why.ts';
export { holders, renderHolder, type Holder } from './log/holder.ts';
export { replay, type Replay } from './log/replay.ts';

// Where logs are kept
export { openStore, usualStore, type OpenOptions } from './log/store/open.ts';
export { memoryStore, type MemoryOptions } from './log/store/memory.ts';
export { fileStore, type FileOptions } from './log/store/file.ts';
export { sqliteStore, type SqliteOptions } from './log/store/sqlite.ts';
export { postgresStore, type PostgresOptions } from './log/store/postgres.ts';
export { upcasting, type Upcast, type Upcaster } from './log/store/upcast.ts';
export type {
  AllOptions, Append, Appended, Attachments, Capabilities, CaughtUp, Checkpoint, Checkpoints, Clock, Draft, Durability, Entry, Expected, Meta, Position, ReadOptions as StreamOptions,
  Snapshot, Snapshots, Store,
} from './log/store/port.ts';
export { conformance } from './log/store/conformance/index.ts';
export type { Bed as ConformanceBed, Case as ConformanceCase } from './log/store/conformance/bed.ts';

// Runs that are kept
export { keepLive, keepRun, Recorder, type RunOptions } from './log/runs/recorder.ts';
export { recordLive, type LiveRecording } from './log/runs/live.ts';
export { factsOf, loaded, runNamed, runs, systemOf, type Run } from './log/runs/stored.ts';
export { travel, type Travelled, type TravelOptions } from './log/runs/travel.ts';
export { branch, type BranchOptions } from './log/runs/branch.ts';
export { bindings, cleanups, leaks, owners, project, refusals, type Projection } from './log/runs/projections.ts';
export { exported as exportLog, imported as importLog, type Imported } from './log/runs/transfer.ts';
export { ingest, type Ingested, type TraceBytes } from './trace/ingest.ts';
export { imports, judgeStored, type Import } from './trace/stored.ts';
export { verified, type Verified } from './log/runs/verify.ts';
export { upcast as runUpcast, type Began, type Ended } from './log/runs/forms.ts';

// Every interleaving
export { explore, type ExploreOptions, type Outcome, type Report as CheckReport } from './check/explore.ts';
export type { Coverage, Untaken } from './check/coverage.ts';
export { simulate, type SimulateOptions, type SimulationReport } from './check/simulate.ts';
export { subjectOf, type Subject } from './check/subject.ts';
export { properties, propertiesFor } from '../machines/properties/index.ts';
export { property, type Property } from '../machines/properties/property.ts';

// Two systems, side by side
export { compare, type CompareOptions, type Comparison, type Side } from './compare/compare.ts';
export { observers, type Happening, type Observer } from '../machines/observable.ts';

// Tables of questions: one property, one topology, one model
export { decide, type Case, type DecideOptions, type Finding } from './cases/decide.ts';
export { printWitness } from './cases/print.ts';
export { smallTopology, type Small } from './cases/small.ts';
export { settle, type Check, type Claim, type ClaimVerdict, type Settled } from './cases/claims/claim.ts';
export { claims } from './cases/claims/index.ts';

// Texts
export { parseScenario, type Scenario } from './scenario/parse.ts';
export { play, type Played } from './scenario/run.ts';

// Recordings of real kernels
export { judgeTrace, modelOfRelease, type JudgeTraceOptions, type Report, type Verdict } from './trace/report.ts';
export { Judge, type JudgeOptions, type Violation } from './trace/judge.ts';
export { readTrace, type Reading } from './trace/read.ts';
export { findRecording, readTraceFile } from './trace/file.ts';
export type { Recording } from './trace/recording.ts';

// When something cannot be asked
export { ModelError, errorCodes, formatError, type ErrorCode, type ErrorDetail } from './errors.ts';
