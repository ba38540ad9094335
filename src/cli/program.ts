/**
 * The command line without its commands: options everywhere, exit codes, what is said when it fails.
 *
 * A command is one file that exports `register(program)` and is listed in `commands.ts`:
 *
 *     export function register(program: Program): void {
 *       program.command('judge').description('does the model explain this kernel trace?')
 *         .argument('<trace...>', 'trace files').option('--model <name>', 'a model, see `models`')
 *         .does((out, traces: string[], options: { model?: string }) => {
 *           out.result({ schema: 'dma-ownership/judge@1' }, () => 'conforms');
 *           return exit.holds;
 *         });
 *     }
 */
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { errorCodes, formatError, ModelError } from '../errors.ts';
import { exit, type Exit } from './exit.ts';
import { output, type Output, type Surroundings } from './output.ts';

/** Takes what commander passes (arguments, then the options) and says how it ended. */
export type Handler<Given extends unknown[]> = (out: Output, ...given: Given) => Exit | Promise<Exit>;

export type Register = (program: Program) => void;

/** State of one call of `run`. */
type Shell = { readonly around: Surroundings; ended: Exit; out: Output };

/** A commander command whose handler returns the exit code. */
export class Program extends Command {
  readonly shell: Shell;

  constructor(shell: Shell, name?: string) {
    super(name);
    this.shell = shell;
  }

  override createCommand(name?: string): Program {
    return new Program(this.shell, name);
  }

  does<Given extends unknown[]>(handler: Handler<Given>): this {
    return this.action(async (...given) => {
      given.pop(); // commander's last argument is the command itself
      this.shell.ended = await handler(this.shell.out, ...(given as Given));
      this.shell.out.progress('');
    });
  }
}

/** `argv` without the node and script names. Never throws and never ends the process. */
export async function run(argv: readonly string[], commands: readonly Register[], around: Surroundings): Promise<Exit> {
  const shell: Shell = { around, ended: exit.holds, out: output(around, argv.includes('--json')) };
  const program = shellProgram(shell);
  for (const register of commands) register(program);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return shell.ended;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exit.holds; // --help, --version
    if (error instanceof CommanderError && error.code === 'commander.help') return exit.wrongUse; // printed already
    return fail(error, shell);
  }
}

function shellProgram(shell: Shell): Program {
  const { stdout, stderr, env } = shell.around;
  const quiet = (stream: Surroundings['stdout']) => stream.isTTY !== true || Boolean(env['NO_COLOR']);
  const program = new Program(shell, 'dma-ownership');
  program
    .description('Linux driver binding and IOMMU group ownership as charts: check them, and judge kernel traces by them.')
    .version(version(), '-V, --version')
    .option('--json', 'print one JSON document on stdout and nothing else')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHasColors: () => !quiet(stdout),
      getErrHasColors: () => !quiet(stderr),
      outputError: () => undefined, // said by `fail`, in our own form
    })
    .addHelpText('after', `\n${exitHelp}`)
    .exitOverride();
  return program;
}

const exitHelp = `Exit codes: ${exit.holds} holds or conforms, ${exit.violation} violation, ${exit.wrongUse} wrong use, \
${exit.badInput} unreadable or invalid input,
  ${exit.inconclusive} inconclusive, ${exit.limit} stopped by a limit, ${exit.fault} fault of this program, ${exit.interrupted} interrupted.
Variables: NO_COLOR switches colours off, DMA_OWNERSHIP_DEBUG=1 shows the stack of a fault.`;

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
  const schema = 'dma-ownership/error@1';
  if (known === undefined) return { schema, code: 'unexpected', message: oneLine(error) };
  const { code, message, at, accepted, usually, hint, way } = known;
  return { schema, code, message, at, accepted, usually, hint, ...(way.length > 0 ? { way } : {}) };
}
