/** A file for zsh's $fpath, for the completion system of zsh 5. */
import type { Surface, SurfaceArgument, SurfaceOption } from '../surface.ts';
import { byOffer, offered, placesOf, quoted, type Offer, type Offered } from './offered.ts';

export function zsh(program: Surface): string {
  const all = offered(program);
  const lists = byOffer(all.flatMap(placesOf));
  const functionOf = new Map(lists.flatMap(([places], index) => places.map((place) => [place, `_dma_ownership_${index + 1}`] as const)));
  return `#compdef dma-ownership
# zsh completion for dma-ownership: dma-ownership completion zsh > a folder of $fpath/_dma-ownership
${lists.map(([, offer], index) => `_dma_ownership_${index + 1}() { ${found(offer)} }`).join('\n')}

${[...all].reverse().map((one) => body(one, functionOf)).join('\n')}

if [[ $funcstack[1] == _dma-ownership ]]; then _dma_ownership "$@"; else compdef _dma_ownership dma-ownership; fi
`;
}

function found(offer: Offer): string {
  switch (offer.kind) {
    case 'words': return `${offer.commas ? `compset -P '*,'; ` : ''}local -a words_; words_=(${offer.words.map((word) => quoted(word)).join(' ')}); compadd ${offer.commas ? "-qS ',' " : ''}-a words_`;
    case 'files': return offer.endings.length === 0 ? '_files' : `_files -g '*.${offer.endings.length === 1 ? offer.endings.join('') : `(${offer.endings.join('|')})`}'`; // (json) alone would be a qualifier
    case 'folders': return '_files -/';
  }
}

const named = (name: string): string => ['_dma_ownership', ...(name === '' ? [] : name.split(' '))].join('_').replaceAll('-', '_');

/** A command: its options and arguments; or which of the commands below it is meant. */
function body({ name, options, arguments: given, commands }: Offered, functionOf: ReadonlyMap<string, string>): string {
  const specs = [...options.flatMap((one) => option(one, functionOf.get(`${name} ${one.long}`))), ...given.map((one, index) => argument(one, index, functionOf.get(`${name} ${one.variadic ? '*' : index}`)))].map((spec) => quoted(spec));
  if (commands.length === 0) return `${named(name)}_() {\n  _arguments -s ${specs.join(' \\\n    ')}\n}`;
  return `${named(name)}${name === '' ? '' : '_'}() {
  local state; local -a commands_ line
  commands_=(${commands.map(({ path, about }) => quoted(`${path.at(-1) ?? ''}:${about}`)).join('\n    ')})
  _arguments -C ${specs.join(' \\\n    ')} \\
    '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands_ ;;
    rest)
      case $words[1] in
${commands.map(({ path }) => `        ${path.at(-1) ?? ''}) ${named(path.join(' '))}_ ;;`).join('\n')}
      esac ;;
  esac
}`;
}

const plain = (text: string): string => text.replaceAll(/[[\]:\\]/g, '\\$&');

function option({ long, short, about, takes }: SurfaceOption, from: string | undefined): string[] {
  const value = takes === 'nothing' ? '' : takes === 'values' ? `:*-*: :${from ?? ' '}` : `${takes === 'perhaps a value' ? '::' : ':'} :${from ?? ' '}`;
  const one = (flag: string): string => `${takes === 'values' ? '*' : short === undefined ? '' : `(${short} ${long})`}${flag}${takes === 'a value' && flag.startsWith('--') ? '=' : ''}[${plain(about)}]${value}`;
  return [one(long), ...(short === undefined ? [] : [one(short)])];
}

const argument = ({ name, required, variadic }: SurfaceArgument, index: number, from: string | undefined): string =>
  `${variadic ? '*' : String(index + 1)}:${required || variadic ? '' : ':'}${name}:${from ?? ' '}`;
