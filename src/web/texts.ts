/** Which kind of text somebody gives: a scenario, a path, a kernel trace, a watched application. */

/** A path as it is saved: a run as JSON, with everything that it takes to walk it again. */
export const pathSchema = 'dma-ownership/path@1';

/** A watched application as it is saved: everything that was seen of it. */
export const watchedSchema = 'dma-ownership/watched@1';

export type TextKind = 'scenario' | 'path' | 'trace' | 'watched';

const scenarioLine = /^(?:call|start|answer|step|run|hold|device|absent|driver|thread|user|option)\s+\S/;
const traceLine = /^\s*\S.*-\d+\s+(?:\(\s*[-\d]+\)\s+)?\[\d{3,}\]|^# tracer:|^\s*\S.*\[\d{3}\].*\d+\.\d{6}:/;

/** From its name and its first lines; a trace where nothing says otherwise. */
export function kindOfText(text: string, name = ''): TextKind {
  if (name.endsWith('.scenario')) return 'scenario';
  if (/^\s*\{/.test(text.slice(0, 1000))) return text.slice(0, 1000).includes(watchedSchema) ? 'watched' : 'path';
  const lines = text.slice(0, 100_000).split('\n', 400);
  if (lines.some((line) => traceLine.test(line))) return 'trace';
  return lines.some((line) => scenarioLine.test(line)) ? 'scenario' : 'trace';
}
