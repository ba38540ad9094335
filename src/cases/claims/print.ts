/** Settled claims as text, as the document of `--json`, and as the page of the reference. */
import type { Finding } from '../decide.ts';
import { printWitness } from '../print.ts';
import { shown, type ClaimVerdict, type Outcome, type Settled } from './claim.ts';

type Paint = (verdict: ClaimVerdict, text: string) => string;

const grouped = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ' ');
const undecided = 'The checks do not come to what any verdict needs.';
const unforeseen = 'The checks came out otherwise than they did for whoever wrote the notes.';
const marks = (met: boolean, role: Outcome['check']['role']): string => (role === 'control' ? (met ? '=' : '!') : met ? '+' : '-');
/** A way that shows something: a `sometimes` that is found only has to be there. */
const showsWay = ({ finding: { kind, verdict, witness } }: Outcome): boolean => witness !== undefined && (kind !== 'sometimes' || verdict === 'broken');
const length = (outcome: Outcome): number => outcome.finding.witness?.steps.length ?? 0;

/** `broken, 25 steps; 3 888 worlds`. */
function found(outcome: Outcome): string {
  const { verdict, states, complete } = outcome.finding;
  return `${verdict}${showsWay(outcome) ? `, ${length(outcome)} steps` : ''}; ${grouped(states)} worlds${complete ? '' : ', not all of them'}`;
}

/** What there is to say about a verdict: the note, where it is about this one. */
export const noteOf = ({ claim: { note: [foreseen, text] }, verdict }: Settled): string => (verdict === foreseen ? text : verdict === 'unknown' ? undecided : unforeseen);

/** Checks of one property in one setting stand together. */
function bySetting(outcomes: readonly Outcome[]): Outcome[][] {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const { property, setting } = outcome.check;
    const key = JSON.stringify([property.name, setting.says]);
    groups.set(key, [...(groups.get(key) ?? []), outcome]);
  }
  return [...groups.values()];
}

/**
 * One claim, for people: verdict, sentence, and each check with what was found.
 *
 * `+` as the claim says, `-` not so, `=` a control that came out as it has to, `!` one that did not.
 *
 * @param paths also the way to each violation, in the words of the kernel
 */
export function printClaim(settled: Settled, { paths = false, paint = (_verdict, text) => text }: { paths?: boolean; paint?: Paint } = {}): string[] {
  const { claim: { id, who, claim, condition }, verdict, outcomes, measures } = settled;
  return [
    `${String(id).padStart(2)} ${who}  ${paint(verdict, verdict)}: ${claim}`,
    ...(verdict === 'conditional' ? [`      if: ${condition ?? ''}`] : []),
    `      ${noteOf(settled)}`,
    ...bySetting(outcomes).flatMap(([first, ...more]) => {
      const { check: { property, setting } } = first as Outcome;
      return [
        `      ${property.name}`, `        ${setting.says}`,
        ...[first as Outcome, ...more].flatMap((outcome) => [
          `          ${marks(outcome.met, outcome.check.role)} ${outcome.check.model.name.padEnd(24)} ${found(outcome)}`,
          ...(paths && showsWay(outcome) ? printWitness(outcome.asked, outcome.finding).map((line) => `              ${line}`) : []),
        ]),
      ];
    }),
    ...measures.map(({ what, value }) => `      ${what}: ${value}`),
  ];
}

const way = (finding: Finding) => (finding.witness?.facts ?? []).map(({ from, to, event }) => ({ from, to, event }));

/** `dma-ownership/claims@1`. `states` adds up what each check visited; `path` is the way that shows most of the verdict. */
export function documentOf(settled: readonly Settled[]) {
  return {
    schema: 'dma-ownership/claims@1' as const,
    claims: settled.map((one) => {
      const { claim: { id, who, claim, condition, seen = [] }, verdict, outcomes, measures } = one;
      const best = shown(one);
      return {
        id, who, claim, verdict, ...(verdict === 'conditional' ? { condition } : {}), states: outcomes.reduce((sum, { finding }) => sum + finding.states, 0),
        ...(best === undefined ? {} : { path: way(best.finding) }), note: noteOf(one),
        checks: outcomes.map((outcome) => ({
          role: outcome.check.role, model: outcome.check.model.name, setting: outcome.check.setting.says, topology: outcome.check.setting.topology, together: outcome.check.setting.together ?? null, property: outcome.finding.property,
          expects: outcome.check.expects, verdict: outcome.finding.verdict, met: outcome.met, states: outcome.finding.states, complete: outcome.finding.complete,
          ...(showsWay(outcome) ? { shortest: outcome.finding.witness?.shortest, path: way(outcome.finding) } : {}),
        })),
        measures, seen,
      };
    }),
  };
}

/** The page of the reference: a table of all, each with its checks and the way that shows most, and what the models are. */
export function pageOf(head: string, settled: readonly Settled[]): string {
  const rows = settled.map(({ claim: { id, who, claim }, verdict }) => `| ${id} | ${who} | ${claim} | ${verdict} |`);
  const models = new Map(settled.flatMap(({ outcomes }) => outcomes.map(({ check: { model } }) => [model.name, model.about])));
  return `${[
    head, '| | | Claim | Verdict |', '| --- | --- | --- | --- |', ...rows, '', ...settled.flatMap(section),
    '## The models', '', ...[...models].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, about]) => `- \`${name}\`: ${about}`),
  ].join('\n')}\n`;
}

function section(settled: Settled): string[] {
  const { claim: { id, claim, condition, seen = [] }, verdict, outcomes, measures } = settled;
  const best = shown(settled);
  return [
    `## ${id}. ${claim}`, '', `**${verdict}**${verdict === 'conditional' ? `, if: ${condition ?? ''}` : ''}. ${noteOf(settled)}`, '',
    '| Property | Where | Found |', '| --- | --- | --- |',
    ...bySetting(outcomes).map((group) => {
      const { property, setting } = (group[0] as Outcome).check;
      const lines = group.map((outcome) => `${marks(outcome.met, outcome.check.role)} \`${outcome.check.model.name}\` ${found(outcome)}`);
      return `| ${property.name} | ${setting.says} | ${lines.join('<br>')} |`;
    }),
    '',
    ...(measures.length === 0 ? [] : [...measures.map(({ what, value }) => `- ${what}: ${value}`), '']),
    ...(seen.length === 0 ? [] : [...seen.map(({ recording, shows }) => `- seen in the recording \`${recording}\`: ${shows}`), '']),
    ...(best === undefined ? [] : [`\`${best.check.model.name}\`, ${length(best)} steps to where "${best.check.property.name}" is broken:`, '', '```', ...printWitness(best.asked, best.finding), '```', '']),
  ];
}
