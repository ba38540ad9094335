/** A file for fish 3 and later. */
import type { Surface } from '../surface.ts';
import { byOffer, offered, placesOf, quoted, type Offer } from './offered.ts';

const q = (text: string): string => quoted(text, 'fish');

export function fish(program: Surface): string {
  const all = offered(program);
  const lists = byOffer(all.flatMap(placesOf));
  const functionOf = new Map(lists.flatMap(([places, offer], index) => places.map((place) => [place, { name: `__dma_ownership_${index + 1}`, offer }] as const)));
  const taking = (...kinds: readonly string[]): string => all.flatMap(({ name, options }) => options.filter(({ takes }) => kinds.includes(takes)).flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])].map((flag) => q(`${name} ${flag}`)))).join(' ');
  const complete = (condition: string, ...rest: readonly string[]): string => ['complete -c dma-ownership', `-n ${q(condition)}`, ...rest].join(' ');
  return `# fish completion for dma-ownership: dma-ownership completion fish > ~/.config/fish/completions/dma-ownership.fish
${lists.flatMap(([, offer], index) => (offer.kind === 'words' ? [`function __dma_ownership_${index + 1}\n${said(offer)}\nend`] : [])).join('\n')}

# The command that stands on the line, and the number of the argument at the cursor.
function __dma_ownership_at
  set -l command ''
  set -l position 0
  set -l skip ''
  for word in (commandline -opc)[2..-1]
    if string match -q -- '-*' $word
      set skip ''
      if contains -- "$command $word" ${taking('a value')}
        set skip one
      else if contains -- "$command $word" ${taking('values')}
        set skip many
      end
    else if test "$skip" = one
      set skip ''
    else if test "$skip" != many
      switch "$command $word"
${all.flatMap(({ name, commands }) => commands.map(({ path }) => `        case ${q(`${name} ${path.at(-1) ?? ''}`)}\n          set command ${q(path.join(' '))}\n          set position 0`)).join('\n')}
        case '*'
          set position (math $position + 1)
      end
    end
  end
  echo "$command $position"
end
function __dma_ownership_is
  test (string replace -r ' [0-9]+$' '' -- (__dma_ownership_at)) = "$argv[1]"
end
function __dma_ownership_stands
  test (__dma_ownership_at) = "$argv[1]"
end

complete -c dma-ownership -f
${all.flatMap(({ name, options, arguments: given, commands }) => [
    ...commands.map(({ path, about }) => complete(`__dma_ownership_stands ${q(`${name} 0`)}`, `-a ${q(path.at(-1) ?? '')}`, `-d ${q(about)}`)),
    ...options.map(({ long, short, about, takes }) => complete(`__dma_ownership_is ${q(name)}`, `-l ${long.slice(2)}`, ...(short === undefined ? [] : [`-s ${short.slice(1)}`]), ...(takes === 'nothing' || takes === 'perhaps a value' ? [] : ['-r']), ...given_(functionOf.get(`${name} ${long}`)), `-d ${q(about)}`)),
    ...given.flatMap((one, index) => {
      const from = functionOf.get(`${name} ${one.variadic ? '*' : index}`);
      return from === undefined ? [] : [complete(one.variadic ? `__dma_ownership_is ${q(name)}` : `__dma_ownership_stands ${q(`${name} ${index}`)}`, ...given_(from), `-d ${q(one.name)}`)];
    }),
  ]).join('\n')}
`;
}

/** What may stand there, as options of fish's \`complete\`. */
function given_(from: { readonly name: string; readonly offer: Offer } | undefined): string[] {
  if (from === undefined) return [];
  const { name, offer } = from;
  switch (offer.kind) {
    case 'words': return [`-a ${q(`(${name})`)}`];
    case 'files': return offer.endings.length === 0 ? ['-F'] : [`-a ${q(offer.endings.map((ending) => `(__fish_complete_suffix .${ending})`).join(' '))}`];
    case 'folders': return [`-a ${q('(__fish_complete_directories)')}`];
  }
}

function said({ words, commas }: Offer & { readonly kind: 'words' }): string {
  const all = words.map(q).join(' ');
  return commas ? `  set -l before (string match -r '^.*,' -- (commandline -ct))\n  for word in ${all}\n    echo "$before$word"\n  end` : `  printf '%s\\n' ${all}`;
}
