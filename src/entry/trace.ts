/** `dma-ownership/trace`: recordings of real kernels, judged. */
export { judgeTrace, modelOfRelease, type JudgeTraceOptions, type Report, type Verdict } from '../trace/report.ts';
export { Judge, type JudgeOptions, type Violation } from '../trace/judge.ts';
export { readTrace, type Reading } from '../trace/read.ts';
export { findRecording, readTraceFile } from '../trace/file.ts';
export type { Recording } from '../trace/recording.ts';
