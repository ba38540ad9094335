/** What the command line offers, as data: for shells that complete it, the manual page and the tables of the reference. */
import type { Command, Option } from 'commander';
import type { Ending } from './exit.ts';

/** What may stand there: words, words with commas between, files with these endings (none: any), or folders. */
export type Values = readonly string[] | (() => readonly string[]) | { readonly commas: readonly string[] } | { readonly files: readonly string[] } | 'folders';

/** Options by their long flag and arguments by their name, each with what may stand there. */
export type Offers = Readonly<Record<string, Values>>;

/** What the exit codes say of one command; wrong use and a fault of the program are possible everywhere. */
export type Endings = Readonly<Partial<Record<Exclude<Ending, 'wrongUse' | 'fault'>, string>>>;

/** A command line without the name of the program, and what it shows. */
export type Examples = readonly (readonly [line: string, shows: string])[];

/** A command that says more of itself than commander asks for. */
export interface Told extends Command {
  readonly offers: Offers;
  readonly endings: Endings;
  readonly shown: Examples;
}

export interface SurfaceOption {
  readonly long: string;
  readonly short: string | undefined;
  /** As in the help: `--model <name>`. */
  readonly flags: string;
  readonly about: string;
  readonly takes: 'nothing' | 'a value' | 'values' | 'perhaps a value';
  readonly usual: unknown;
  readonly values: Values | undefined;
}

export interface SurfaceArgument {
  readonly name: string;
  readonly about: string;
  readonly required: boolean;
  readonly variadic: boolean;
  readonly values: Values | undefined;
}

export interface Surface {
  /** With the names of the commands above it, without that of the program. */
  readonly path: readonly string[];
  readonly about: string;
  readonly arguments: readonly SurfaceArgument[];
  readonly options: readonly SurfaceOption[];
  readonly commands: readonly Surface[];
  readonly endings: Endings;
  readonly examples: Examples;
}

/** The command and everything below it. */
export function surfaceOf(command: Told, path: readonly string[] = []): Surface {
  return {
    path, about: command.description(),
    arguments: command.registeredArguments.map((one) => ({ name: one.name(), about: one.description, required: one.required, variadic: one.variadic, values: command.offers[one.name()] })),
    options: command.options.map((one) => ({ long: one.long ?? one.flags, short: one.short, flags: one.flags, about: one.description, takes: takes(one), usual: one.negate ? undefined : one.defaultValue as unknown, values: command.offers[one.long ?? ''] })),
    commands: command.commands.map((one) => surfaceOf(one as Told, [...path, one.name()])),
    endings: command.endings, examples: command.shown,
  };
}

function takes({ required, optional, variadic }: Option): SurfaceOption['takes'] {
  if (variadic) return 'values';
  return required ? 'a value' : optional ? 'perhaps a value' : 'nothing';
}

/** The command and all below it, each before those below it. */
export const every = (surface: Surface): readonly Surface[] => [surface, ...surface.commands.flatMap(every)];
