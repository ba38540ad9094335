/**
 * The command line without its commands: options everywhere, exit codes, what is said when it fails.
 *
 * A command is one file that exports `register(program)` and is listed in `commands.ts`:
 *
 *     export function register(program: Program): void {
 *       program.command('judge').description('does the model explain this kernel trace?')
 *         .argument('<trace...>', 'trace files').option('--model <name>', 'a model, see `models`')
 *         .values({ trace: { files: ['txt'] }, '--model': Object.keys(models) }) // for shells
 *         .ends({ holds: 'every trace conforms', violation: 'one does not' })
 *         .examples([['judge trace.txt', 'the first line that the model does not explain']])
 *         .does((out, traces: string[], options: { model?: string }) => {
 *           out.result({ schema: 'dma-ownership/judge@1' }, () => 'conforms');
 *           return exit.holds;
 *         });
 *     }
 */
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { errorCodes, formatError, ModelError } from '../errors.ts';
import { endings, exit, type Ending, type Exit } from './exit.ts';
import { coloured, colours, output, type Colours, type Output, type Surroundings } from './output.ts';
import type { Endings, Examples, Offers, Told } from './surface.ts';

/** Takes what commander passes (arguments, then the options) and says how it ended. */
export type Handler<Given extends unknown[]> = (out: Output, ...given: Given) => Exit | Promise<Exit>;

export type Register = (program: Program) => void;

/** State of one call of `run`. */
export type Shell = { readonly around: Surroundings; ended: Exit; out: Output };

/** A commander command whose handler returns the exit code, and that tells shells, pages and tests about itself. */
export class Program extends Command implements Told {
  readonly shell: Shell;
  offers: Offers = {};
  endings: Endings = {};
  shown: Examples = [];

  constructor(shell: Shell, name?: string) {
    super(name);
    this.shell = shell;
  }

  override createCommand(name?: string): Program {
    return new Program(this.shell, name);
  }

  /** What may stand for options and arguments, where a shell can know it. */
  values(offers: Offers): this {
    this.offers = { ...this.offers, ...offers };
    return this;
  }

  /** What its exit codes mean. Every code that the handler may return is here. */
  ends(meaning: Endings): this {
    this.endings = meaning;
    return this;
  }

  /** Command lines that somebody may paste; tests run them. */
  examples(shown: Examples): this {
    this.shown = shown;
    return this;
  }

  /** Last, as the help is printed from what was said before. */
  does<Given extends unknown[]>(handler: Handler<Given>): this {
    return this.addHelpText('after', footer(this)).action(async (...given) => {
      given.pop(); // commander's last argument is the command itself
      this.shell.ended = await handler(this.shell.out, ...(given as Given));
      this.shell.out.progress('');
    });
  }
}

/** `argv` without the node and script names. Never throws and never ends the process. */
export async function run(argv: readonly string[], commands: readonly Register[], around: Surroundings): Promise<Exit> {
  const shell: Shell = { around, ended: exit.holds, out: output(around, argv.includes('--json'), colourAsked(argv)) };
  try {
    await programOf(commands, shell, argv).parseAsync(argv, { from: 'user' });
    return shell.ended;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exit.holds; // --help, --version
    if (error instanceof CommanderError && error.code === 'commander.help') return exit.wrongUse; // printed already
    return fail(error, shell);
  }
}

/** The program with its commands, which nobody has called yet. */
export function programOf(commands: readonly Register[], shell: Shell, argv: readonly string[] = []): Program {
  const program = shellProgram(shell, colourAsked(argv));
  for (const register of commands) register(program);
  return program;
}

/** Known before the command line is read, as errors have colours too. A word that is none is refused when it is read. */
function colourAsked(argv: readonly string[]): Colours {
  const at = argv.findIndex((word) => /^--color(?:=|$)/.test(word));
  const given = argv[at]?.split('=')[1] ?? (at < 0 ? undefined : argv[at + 1]);
  return colours.find((one) => one === given) ?? 'auto';
}

function colour(given: string): string {
  if ((colours as readonly string[]).includes(given)) return given;
  throw new ModelError('wrong-use', `colours are not ${given}`, { at: '--color', accepted: colours });
}

function shellProgram(shell: Shell, asked: Colours): Program {
  const { stdout, stderr, env } = shell.around;
  const program = new Program(shell, 'dma-ownership');
  program
    .description('Linux driver binding and IOMMU group ownership as charts: check them, and judge kernel traces by them.')
    .version(version(), '-V, --version')
    .option('--json', 'print one JSON document on stdout and nothing else')
    .option('--color <when>', `colours: ${colours.join(', ')}`, colour, 'auto')
    .values({ '--color': colours })
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHasColors: () => coloured(stdout, env, asked),
      getErrHasColors: () => coloured(stderr, env, asked),
      outputError: () => undefined, // said by `fail`, in our own form
    })
    .addHelpText('after', `\n${exitHelp}`)
    .exitOverride();
  return program;
}

/** What every command takes from its surroundings. The manual page has it too. */
export const variables: Readonly<Record<string, string>> = {
  NO_COLOR: 'switches colours off',
  FORCE_COLOR: 'switches them on where nobody watches; 0 switches them off',
  DMA_OWNERSHIP_DEBUG: '=1 shows the stack of a fault',
};

const exitHelp = `Exit codes:
${Object.entries(exit).map(([name, code]) => `  ${String(code).padStart(3)}  ${endings[name as Ending]}`).join('\n')}
Variables:
${Object.entries(variables).map(([name, about]) => `  ${name.padEnd(20)} ${about}`).join('\n')}`;

/** Below the options of a command: how it is used, and what its exit codes say. */
function footer({ shown, endings: own }: Told): string {
  const widest = Math.max(0, ...shown.map(([line]) => line.length).filter((length) => length <= 60));
  const examples = shown.map(([line, about]) => `  dma-ownership ${line.padEnd(widest)}  ${about}`.trimEnd());
  const codes = Object.entries(own).map(([name, about]) => `  ${String(exit[name as Ending]).padStart(3)}  ${about}`);
  return [...(examples.length === 0 ? [] : ['', 'Examples:', ...examples]), ...(codes.length === 0 ? [] : ['', 'Exit codes, besides 2 for wrong use:', ...codes])].join('\n');
}

export function version(): string {
  const require = createRequire(import.meta.url);
  return (require('dma-ownership/package.json') as { version: string }).version;
}

/** Says why nothing was decided, and which exit code that is. */
export function fail(error: unknown, { around, out }: Pick<Shell, 'around' | 'out'>): Exit {
  const known = explained(error);
  const text = known ? formatError(known) : unexplained(error);
  if (around.env['DMA_OWNERSHIP_DEBUG'] && error instanceof Error) out.remark(error.stack ?? '');
  out.remark(text);
  if (out.json && !out.printed) out.result(errorDocument(known, error), () => '');
  return known ? exitOf[errorCodes[known.code].fault] : exit.fault;
}

const exitOf = { use: exit.wrongUse, input: exit.badInput, model: exit.fault } as const;

/** Errors of the command line and of the file system get a code of ours. */
function explained(error: unknown): ModelError | undefined {
  if (error instanceof ModelError) return error;
  if (error instanceof CommanderError) {
    const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
    return new ModelError('wrong-use', message, {
      accepted: /\(Did you mean (?:one of )?(.*)\?\)/.exec(suggestion ?? '')?.[1],
      hint: 'dma-ownership --help, or dma-ownership <command> --help',
      cause: error,
    });
  }
  const { code, path } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const reason = reasons[code ?? ''];
  if (path === undefined || reason === undefined) return undefined;
  return new ModelError('unreadable-file', reason, { at: path, cause: error });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left',
};

function unexplained(error: unknown): string {
  return `unexpected: ${oneLine(error)}
  This is a fault of dma-ownership. Please report it with the command line; DMA_OWNERSHIP_DEBUG=1 shows the stack.`;
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ');
}

function errorDocument(known: ModelError | undefined, error: unknown) {
  const schema = 'dma-ownership/error@1' as const;
  if (known === undefined) return { schema, code: 'unexpected', message: oneLine(error) };
  const { code, message, at, accepted, usually, hint, way } = known;
  return { schema, code, message, at, accepted, usually, hint, ...(way.length > 0 ? { way } : {}) };
}
