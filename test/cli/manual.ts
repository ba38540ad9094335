/** The manual page, from what the program says of itself. */
import { endings, exit, type Ending } from '../../src/cli/exit.ts';
import { variables } from '../../src/cli/program.ts';
import { every, type Surface, type SurfaceOption } from '../../src/cli/surface.ts';
import { usualStore } from '../../src/log/store/open.ts';

/** Text as roff takes it: backslashes and hyphens are written out, and no line begins a request. */
const roff = (text: string): string => text.replaceAll('\\', '\\e').replaceAll('-', '\\-').split('\n').map((line) => line.replace(/^([.'])/, '\\&$1')).join('\n');
const bold = (text: string): string => `\\fB${roff(text)}\\fR`;
/** A word in quotes behind a request. */
const word = (text: string): string => `"${roff(text).replaceAll('"', '\\(dq')}"`;
const sentence = (text: string): string => roff(`${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`);

const option = ({ flags, about, usual }: SurfaceOption): string[] => ['.TP', bold(flags), `${sentence(about)}${usual === undefined ? '' : roff(` Usual: ${[usual as string | readonly string[]].flat().join(',')}.`)}`];
const line = ({ path, arguments: given, options }: Surface): string =>
  `${path.join(' ')}${options.length === 0 ? '' : ' [options]'}${given.map(({ name, required, variadic }) => ` ${required ? '<' : '['}${name}${variadic ? '...' : ''}${required ? '>' : ']'}`).join('')}`;

function command(one: Surface): string[] {
  const { about, arguments: given, options, endings: own, examples } = one;
  return [
    `.SS ${word(line(one))}`, sentence(about),
    ...given.filter((each) => each.about !== '').flatMap((each) => ['.TP', `\\fI${roff(each.name)}\\fR`, sentence(each.about)]), ...options.flatMap(option),
    ...(Object.keys(own).length === 0 ? [] : ['.TP', 'Exit codes:', roff(Object.entries(own).map(([name, means]) => `${exit[name as Ending]} ${means}`).join('; ')) + '.']),
    ...(examples.length === 0 ? [] : ['.PP', 'Examples:', ...examples.flatMap(([text, shows]) => ['.PP', '.RS 4', ...(shows === '' ? [] : [`${sentence(shows)}`, '.br']), bold(`dma-ownership ${text}`), '.RE'])]),
  ];
}

/** The whole page, in man(7). No date: it is the same whenever it is made. */
export function manual(program: Surface, version: string): string {
  const commands = every(program).filter(({ commands: below, path }) => below.length === 0 && path.length > 0);
  return `${[
    '.\\" Printed by npx vitest run test/cli/manual.test.ts -u', `.TH DMA\\-OWNERSHIP 1 "" ${word(`dma-ownership ${version}`)} "User Commands"`,
    '.SH NAME', `dma\\-ownership \\- ${roff('who may do DMA: Linux driver binding and IOMMU groups as charts, checked, and held against traces')}`,
    '.SH SYNOPSIS', bold('dma-ownership'), '\\fIcommand\\fR [\\fIoptions\\fR] [\\fIarguments\\fR]', '.br', bold('dma-ownership'), `${bold('help')} [\\fIcommand\\fR]`,
    '.SH DESCRIPTION', roff(program.about), '.PP', roff('Results go to stdout; errors, remarks and progress go to stderr, progress only where that is a terminal.'),
    '.SH OPTIONS', 'Every command takes these.', ...program.options.flatMap(option), '.TP', bold('-h, --help'), 'Says what a command takes.',
    '.SH COMMANDS', ...commands.flatMap(command),
    '.SH "EXIT STATUS"', 'What the codes say of each command stands there; of all of them:', ...(Object.keys(exit) as Ending[]).flatMap((name) => ['.TP', bold(String(exit[name])), sentence(endings[name])]),
    '.SH ENVIRONMENT', ...Object.entries(variables).flatMap(([name, about]) => ['.TP', `\\fB${name}\\fR`, sentence(about.replace(/^=/, 'set to '))]),
    '.TP', '\\fBPGPASSWORD\\fR, \\fBPGHOST\\fR, ...', roff('As for every client of PostgreSQL, where a log is on such a server.'), '.TP', '\\fBXDG_CACHE_HOME\\fR', roff('Below it the lab keeps its kernels; usually ~/.cache.'),
    '.SH FILES', '.TP', `\\fI${roff(usualStore.replace('sqlite:', ''))}\\fR`, roff('The usual store of --log, below the folder where the program is called.'),
    '.TP', `\\fI${roff('~/.cache/dma-ownership/lab')}\\fR`, 'Kernels of the lab.',
    '.SH "SEE ALSO"', `${['ftrace', 'trace-cmd', 'perf', 'spin'].map((name) => `\\fB${roff(name)}\\fR(1)`).join(', ')}`,
  ].join('\n')}\n`;
}
