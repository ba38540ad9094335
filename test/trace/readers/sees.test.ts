/** The table of docs/reference/recordings.md is what the code says. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { recorders, type Recorder } from '../../../machines/tracepoints.ts';
import { formats } from '../../../src/trace/readers/reader.ts';
import { facts, never, recordedBy, unseen } from '../../../src/trace/sees.ts';

const page = fileURLToPath(new URL('../../../docs/reference/recordings.md', import.meta.url));
const { 'v6.12.y': recorder } = recorders as { readonly 'v6.12.y': Recorder };

function table(): string {
  const rows = [...facts.map(({ fact }) => fact), ...new Set(Object.values(never).flat())];
  const hidden = new Map(formats.map((format) => [format, new Set(unseen(recorder, format, recordedBy(format, undefined)))]));
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(['', ...formats.map((format) => `\`${format}\``)]), row(['---', ...formats.map(() => '---')]),
    ...rows.map((fact) => row([fact, ...formats.map((format) => (hidden.get(format)?.has(fact) === true ? '' : 'yes'))]))].join('\n');
}

test('the table of what each kind shows', () => {
  expect(/<!-- seen -->\n([^]*?)\n?<!-- \/seen -->/.exec(readFileSync(page, 'utf8'))?.[1]).toBe(table());
});
