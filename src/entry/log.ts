/** `dma-ownership/log`: facts, runs and where they are kept. */
export { FactLog, type Facts, type Recorded } from '../log/facts.ts';
export { renderChain, why, type Hop, type WhyOptions } from '../log/why.ts';
export { holders, renderHolder, type Holder } from '../log/holder.ts';
export { choiceOf, replay, type Replay } from '../log/replay.ts';
export { openStore, usualStore, type OpenOptions } from '../log/store/open.ts';
export { memoryStore, type MemoryOptions } from '../log/store/memory.ts';
export { fileStore, type FileOptions } from '../log/store/file.ts';
export { sqliteStore, type SqliteOptions } from '../log/store/sqlite.ts';
export { postgresStore, type PostgresOptions } from '../log/store/postgres.ts';
export type { Append, Appended, Draft, Entry, Expected, Position, Store } from '../log/store/port.ts';
export { keepLive, keepRun, Recorder, type RunOptions } from '../log/runs/recorder.ts';
export { recordLive, type LiveRecording } from '../log/runs/live.ts';
export { factsOf, loaded, runNamed, runs, systemOf, type Run } from '../log/runs/stored.ts';
export { travel, type Travelled, type TravelOptions } from '../log/runs/travel.ts';
export { branch, type BranchOptions } from '../log/runs/branch.ts';
export { bindings, cleanups, leaks, owners, project, refusals, type Projection } from '../log/runs/projections.ts';
export { exported as exportLog, imported as importLog, type Imported } from '../log/runs/transfer.ts';
export { verified, type Verified } from '../log/runs/verify.ts';
