/** What the three shells need to know of the command line, with everything looked up. */
import { every, type Surface, type SurfaceOption, type Values } from '../surface.ts';

/** Values with everything known: words, perhaps several with commas between; files with these endings (none: any); folders. */
export type Offer =
  | { readonly kind: 'words'; readonly words: readonly string[]; readonly commas: boolean }
  | { readonly kind: 'files'; readonly endings: readonly string[] }
  | { readonly kind: 'folders' };

export const offerOf = (values: Values): Offer => {
  if (values === 'folders') return { kind: 'folders' };
  if (typeof values === 'function') return { kind: 'words', words: values(), commas: false };
  if ('files' in values) return { kind: 'files', endings: values.files };
  if ('commas' in values) return { kind: 'words', words: values.commas, commas: true };
  return { kind: 'words', words: values, commas: false };
};

/** A command under its whole name: empty for the program, `log list`. */
export interface Offered {
  readonly name: string;
  readonly about: string;
  /** Its own options and those that every command has. */
  readonly options: readonly SurfaceOption[];
  readonly arguments: Surface['arguments'];
  readonly commands: Surface['commands'];
}

const help: SurfaceOption = { long: '--help', short: '-h', flags: '-h, --help', about: 'display help for command', takes: 'nothing', usual: undefined, values: undefined };

export function offered(program: Surface): readonly Offered[] {
  return every(program).map((one) => ({ name: one.path.join(' '), about: one.about, options: [...(one === program ? [] : one.options), help, ...program.options], arguments: one.arguments, commands: one.commands }));
}

/** Text in single quotes, as the three shells take it; fish reads a backslash inside. */
export const quoted = (text: string, shell: 'posix' | 'fish' = 'posix'): string =>
  (shell === 'fish' ? `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'` : `'${text.replaceAll("'", `'\\''`)}'`);

/** Places (an option of a command, or an argument) by what may stand there, so that a list stands once in a script. */
export function byOffer(places: readonly (readonly [place: string, values: Values | undefined])[]): readonly (readonly [places: readonly string[], offer: Offer])[] {
  const found = new Map<string, [string[], Offer]>();
  for (const [place, values] of places) {
    if (values === undefined) continue;
    const offer = offerOf(values);
    const key = JSON.stringify(offer);
    const known = found.get(key);
    if (known === undefined) found.set(key, [[place], offer]);
    else known[0].push(place);
  }
  return [...found.values()];
}

/** Where a command stands: `check` and the option or the number of the argument, with `*` where the last may be repeated. */
export const placesOf = ({ name, options, arguments: given }: Offered): readonly (readonly [string, Values | undefined])[] => [
  ...options.filter(({ takes }) => takes !== 'nothing').map(({ long, values }) => [`${name} ${long}`, values] as const),
  ...given.map(({ variadic, values }, index) => [`${name} ${variadic ? '*' : index}`, values] as const),
];
