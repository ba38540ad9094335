/** docs/reference/bugs.md, printed from what was found. */
import { isOpen, type Outside } from '../../../src/cases/bugs/bug.ts';
import type { Checked, Sought } from '../../../src/cases/bugs/find.ts';
import { grouped, printDetails } from '../../../src/cases/bugs/print.ts';

const head = `# Bugs found again

\`dma-ownership bugs\` looks for each of these where it was and where it was put right: in one small topology the affected models break the
property, by a path that no other is shorter than, and the fixed ones keep it in every world. The test \`test/cases/bugs/bugs.test.ts\` runs them all,
writes this page (\`npx vitest run test/cases/bugs -u\`) and checks it.

\`dma-ownership bugs 18\` prints one row with its path; \`--json\` prints the topologies too: written to a file, \`dma-ownership check FILE --model 'v6.6, two passes'\` asks
all properties of \`check\` there, also under the models that only this page has.
Exit code 0: every row is as it stands here. The numbers are those of a list that was made from commits, reports and mails before
there were charts; \`H-\` are hazards that were read out of the code, of which no report is known.

A model whose name goes on after a comma is that model with one chart changed (\`machines/options/\`, \`machines/broken/\`): an option that the others leave
out, a commit taken back out, or, for what nobody has put right, a repair that shows what the property hangs on.
`;

const sheet = `## Where a path and what was known of it differ

Three of them were known as sequences of calls, which the paths follow call by call (\`test/cases/bugs/sequences.test.ts\`):

- **1** (f429378a9bf8): configure (count 1), probe, remove, no cleanup, configure (count 2), bound; unbind leaves 1; a claim gets -EPERM. The path ends at the unbind,
  where nothing uses the group and it is held; the claim follows from there and is played in the test. The report binds vfio-pci first: VFIO's driver counts nothing, so it changes nothing.
  Where other users may attach a domain of their own the shortest path is another one (42 steps): the second configure is refused because of that domain, and the first is never given back.
- **18** (cdx): the claim, use() -EBUSY and dropped, bound, the unbind takes the count of the user; then its release warns and gives nothing back, claims get -EBUSY, drivers pass.
  The path ends when the count is gone, while the driver is still being released. Nothing differs.
- **5** (the group appears late): no group at use(), firmware makes it, bound, the clean-up warns (5a). With a sibling (5b) the path is shorter than the sequence, which has both drivers bound: the sibling
  is only being probed when the user claims the group, because it uses the DMA API from dma_configure() on. A still shorter way breaks "no driver beside a user" with one
  device, which was never counted; 5b and H-a ask for the sibling, whose count was given away.

Recordings of real kernels that show a row are named beside its path. One shows the property of 5b and H-a at work: in \`slow-probe\` (both kernels) a claim beside
a probe that takes its time is refused with -EPERM until the probe has failed or its driver has gone.

A hazard that turned out to have a fix: H-e, in 6.2 and later. Three rows need a reading that the list did not have: 11 is H-c wherever domains are not both identity domains,
and 24 and H-f a second walk while the first is outside its lock, which the models leave out.
`;

const json = `## JSON, \`dma-ownership/bugs@1\`

| Key | |
| --- | --- |
| \`bugs[]\` | \`id\`; \`commit\`: the fix, null where there is none; \`what\`; \`affected\`, \`fixed\`, \`repaired\`: names of models; \`property\`: its sentence |
| \`bugs[].verdict\` | \`found\`; \`open\`: found, and nothing has put it right; \`missed\`: the models say something else; \`unknown\`: interrupted |
| \`bugs[].found\`, \`absentInFixed\` | every affected model breaks the property; every fixed one keeps it in every world, null where there is none |
| \`bugs[].path\` | the facts of the shortest path under the first affected model: \`from\`, \`to\`, \`event\` |
| \`bugs[].checks[]\` | \`model\`, \`verdict\`, \`states\`, \`transitions\`, \`complete\`, \`steps\`, \`shortest\` |
| \`bugs[].topology\`, \`condition\`, \`note\`, \`scenario\`, \`recordings[]\`, \`toRecord\` | as below; null or empty where nothing is to be said |
| \`outside[]\` | \`id\`, \`commit\`, \`what\`, \`because\` |
`;

const cell = (text: string): string => text.replaceAll('|', '\\|');
const names = (checked: readonly Checked[]): string => checked.map(({ asked }) => `\`${asked.model.name}\``).join(', ');

/** Models with one answer stand together. */
function told(checked: readonly Checked[], word: (one: Checked) => string): string {
  const by = new Map<string, Checked[]>();
  for (const one of checked) by.set(word(one), [...(by.get(word(one)) ?? []), one]);
  return [...by].map(([said, ones]) => `${names(ones)}: ${said}`).join('; ');
}
const worlds = ({ finding }: Checked): string => `${grouped(finding.states)} worlds`;
const broken = (one: Checked): string => `${one.finding.witness?.steps.length} steps, ${worlds(one)}`;

function table(sought: readonly Sought[], last: string): string {
  const columns = ['', 'fix', 'what happens', 'property that breaks', 'broken in', last];
  const rows = sought.map(({ bug: { id, commit, what, property }, affected, fixed, repaired }) =>
    [`[${id}](#${id.toLowerCase()})`, commit ?? 'none', cell(what), cell(property.name), told(affected, broken), told([...fixed, ...repaired], worlds)]);
  return [columns, columns.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const details = (one: Sought): string => `### ${one.bug.id}\n\n\`\`\`text\n${printDetails(one).join('\n')}\n\`\`\``;

export const page = (sought: readonly Sought[], outside: readonly Outside[]): string => [
  head,
  `## Found, and absent where they were put right\n\n${table(sought.filter(({ bug }) => !isOpen(bug)), 'absent in')}\n`,
  `## Open: nothing has put them right\n\nEach says below where it can happen and how a recording of a real kernel would show it.\n\n${table(sought.filter(({ bug }) => isOpen(bug)), 'absent with a repair')}\n`,
  `## Outside the charts\n\n| | fix | what happens | why it cannot be shown here |\n| --- | --- | --- | --- |\n${outside.map(({ id, commit, what, because }) => `| ${id} | ${commit ?? 'none'} | ${cell(what)} | ${because} |`).join('\n')}\n`,
  sheet,
  json,
  `## Paths\n\nAs \`dma-ownership bugs --paths\` prints them: a call that a thread begins, what the kernel does, and how things stand at the end.\n\n${sought.map(details).join('\n\n')}\n`,
].join('\n');
