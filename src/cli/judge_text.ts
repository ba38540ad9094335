/** The report of a trace as text. */
import type { Ownership } from '../trace/account.ts';
import type { Report } from '../trace/report.ts';
import type { Output } from './output.ts';

/** What was asked for on the command line. */
export interface Asked {
  readonly model?: string;
  readonly why?: true;
  readonly all?: true;
}

export function reportText(report: Report, options: Asked, { paint }: Pick<Output, 'paint'>): string {
  const { verdict, file, model, chosenBy, lines, events, outside, format, unseen } = report;
  const colour = verdict === 'conforms' ? 'green' : verdict === 'violates' ? 'red' : 'yellow';
  return [
    `${paint('bold', file)}: ${paint(colour, verdict)}${unseen.length === 0 ? '' : ', of what it shows'}`,
    `  model ${model} (${chosenBy}); ${format === 'ftrace' ? '' : `read as ${format}; `}${lines} lines, ${events} events, ${outside} of them outside the model`,
    ...(unseen.length === 0 ? [] : [`  never seen here: ${unseen.join('; ')}`]),
    ...failure(report, options),
    ...report.groups.flatMap((group) => [
      `  group ${group.id}${group.devices.length === 0 ? '' : `: ${group.devices.join(', ')}`}`,
      ...ownership(group.ownership, group.changes, options.all === true),
    ]),
    ...report.devices.filter(({ lostAt }) => lostAt !== null).map(({ name, deferredAt, lostAt }) =>
      `  ${name}: deferred at line ${deferredAt}, refused at its retry (line ${lostAt}), and nobody tries again`),
    ...(report.refusals.length === 0 ? [] : [`  refused or failed: ${report.refusals.length}`,
      ...short(report.refusals, options.all === true ? Infinity : 6, ({ line, what, by }) => `    line ${line}: ${what} (${by})`)]),
    ...(options.why === true ? report.why.map(({ line, what, why }) => `  line ${line}: ${what}\n    ${why}`) : []),
    ...(report.transitions === undefined ? [] : [`  transitions that it needs: ${report.transitions.length}`,
      ...report.transitions.map(({ chart, state, event, branch, shown, line }) => `    ${chart} ${state || '(any state)'}: ${event || 'always'}${branch > 1 ? `, branch ${branch}` : ''}${shown ? '' : ', on the way'} (line ${line})`)]),
    ...report.notes.map((note) => `  note: ${note}`),
    '',
  ].join('\n');
}

function failure({ line, text: quoted, reason, possible, before, lost, model }: Report, { model: asked }: Asked): string[] {
  return [
    ...(lost === undefined ? [] : [`  from line ${lost.line} on nothing is sure: ${lost.why}`]),
    ...(line === undefined ? [] : [
      `  line ${line}: ${reason ?? ''}`,
      ...(before ?? []).slice(-4).map((earlier) => `      ${earlier}`),
      `    > ${quoted ?? ''}`,
      `  possible here: ${possible === undefined || possible.length === 0 ? 'nothing of this task' : possible.slice(0, 8).join('; ')}`,
      ...(asked === undefined ? [] : [`  usual cause: a kernel other than ${model}'s; judge it without --model`]),
    ]),
  ];
}

/** An ownership in words, and who made it so. */
export function changeOf({ state, owner_cnt, domain, by }: Ownership): string {
  const cnt = state === 'unowned' ? '' : `  owner_cnt=${owner_cnt}`;
  const of = domain === 'default' ? '' : `  domain ${domain === 'blocking' ? 'blocking' : 'of the owner'}`;
  return `${state === 'claimed' ? `claimed by ${by}` : state}${cnt}${of}${state === 'claimed' ? '' : `  (${by})`}`;
}

function ownership(changes: readonly Ownership[], count: number, all: boolean): string[] {
  const lines = short(changes, all ? Infinity : 10, (change) => `    line ${String(change.line).padStart(6)}  ${changeOf(change)}`);
  return count > changes.length ? [...lines, `    (${count} changes in all)`] : lines;
}

/** The first and the last of a long list. */
function short<T>(list: readonly T[], most: number, print: (entry: T) => string): string[] {
  if (list.length <= most) return list.map(print);
  const half = Math.floor(most / 2);
  return [...list.slice(0, half).map(print), `    ... ${list.length - 2 * half} more (--all prints them)`, ...list.slice(-half).map(print)];
}
