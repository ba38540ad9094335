/** A function for bash 3.2 and later, without the package bash-completion. */
import type { Surface } from '../surface.ts';
import { byOffer, offered, placesOf, quoted, type Offer, type Offered } from './offered.ts';

export function bash(program: Surface): string {
  const all = offered(program);
  const arm = (patterns: readonly string[], then: string): string => `    ${patterns.join('|')}) ${then} ;;`;
  const taking = (takes: string): string[] => all.flatMap(({ name, options }) => options.filter((one) => one.takes === takes).flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])].map((flag) => quoted(`${name} ${flag}`))));
  const skipping = [['a value', 'one'], ['perhaps a value', 'one'], ['values', 'many']].flatMap(([takes = '', skip = '']) => {
    const patterns = taking(takes);
    return patterns.length === 0 ? [] : [arm(patterns, `skip=${skip}`)];
  });
  return `# bash completion for dma-ownership: . <(dma-ownership completion bash)
_dma_ownership() {
  local IFS=$'\\n' cur=\${COMP_WORDS[COMP_CWORD]} command='' option='' skip='' word words='' kind='' position=0 i
  COMPREPLY=()
  [[ $cur == = ]] && cur=''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    [[ $word == = ]] && continue
    if [[ $word == -* ]]; then
      option=$word skip=''
      case "$command $word" in
${skipping.map((line) => `    ${line}`).join('\n')}
      esac
    elif [[ $skip == one ]]; then skip=''
    elif [[ $skip == many ]]; then :
    else
      case "$command $word" in
${all.flatMap(({ name, commands }) => commands.map(({ path }) => `    ${arm([quoted(`${name} ${path.at(-1) ?? ''}`)], `command=${quoted(path.join(' '))} position=0`)}`)).join('\n')}
        *) ((++position)) ;;
      esac
    fi
  done
  if [[ $cur == -* && $skip != one ]]; then
    case "$command" in
${all.map((one) => arm([quoted(one.name)], `words=${quoted(flags(one).join('\n'))}`)).join('\n')}
    esac
    kind=words
  elif [[ -n $skip ]]; then _dma_ownership_values "$command $option"
  else
    _dma_ownership_values "$command $position"
    [[ -n $kind ]] || _dma_ownership_values "$command *"
  fi
  case $kind in
    words)
      while read -r word; do [[ $word == "$cur"* ]] && COMPREPLY+=("$(printf %q "$word")"); done <<< "$words" ;;
    commas)
      [[ $cur == *,* ]] && option=\${cur%,*}, || option=''
      while read -r word; do [[ $option$word == "$cur"* ]] && COMPREPLY+=("$option$word"); done <<< "$words"
      compopt -o nospace 2> /dev/null ;;
    files)
      compopt -o filenames 2> /dev/null
      while read -r word; do
        [[ -z $word ]] && continue
        if [[ -z $words || -d $word ]]; then COMPREPLY+=("$word")
        else for option in $words; do [[ $word == *."$option" ]] && COMPREPLY+=("$word") && break; done; fi
      done <<< "$(compgen -f -- "$cur")" ;;
    folders)
      compopt -o filenames 2> /dev/null
      while read -r word; do [[ -n $word ]] && COMPREPLY+=("$word"); done <<< "$(compgen -d -- "$cur")" ;;
  esac
}

# What may stand in a place: an option of a command, or an argument by its number, * for one that is repeated.
_dma_ownership_values() {
  case $1 in
${byOffer([...all.flatMap(placesOf), ...all.filter(({ commands }) => commands.length > 0).map(({ name, commands }) => [`${name} 0`, commands.map(({ path }) => path.at(-1) ?? '')] as const)]).map(([places, offer]) => arm(places.map((place) => quoted(place)), assigned(offer))).join('\n')}
  esac
}

complete -F _dma_ownership dma-ownership
`;
}

const flags = ({ options }: Offered): string[] => options.flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])]);

function assigned(offer: Offer): string {
  switch (offer.kind) {
    case 'words': return `kind=${offer.commas ? 'commas' : 'words'} words=${quoted(offer.words.join('\n'))}`;
    case 'files': return `kind=files words=${quoted(offer.endings.join('\n'))}`;
    case 'folders': return 'kind=folders';
  }
}
