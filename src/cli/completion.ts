/** `dma-ownership completion SHELL`: what a shell needs to complete commands, options and what may stand behind them. */
import { ModelError } from '../errors.ts';
import { nearest } from '../world/nearest.ts';
import { bash } from './completion/bash.ts';
import { fish } from './completion/fish.ts';
import { zsh } from './completion/zsh.ts';
import { exit, type Exit } from './exit.ts';
import type { Output } from './output.ts';
import type { Program } from './program.ts';
import { surfaceOf } from './surface.ts';

const shells = { bash, zsh, fish };
const names = Object.keys(shells) as (keyof typeof shells)[];

export function register(program: Program): void {
  program.command('completion')
    .description('print what a shell needs to complete commands, options, models, properties and files')
    .argument('<shell>', names.join(', '))
    .values({ shell: names })
    .ends({ holds: 'printed' })
    .examples([
      ['completion bash > ~/.local/share/bash-completion/completions/dma-ownership', 'or, for one session: . <(dma-ownership completion bash)'],
      ['completion zsh > _dma-ownership', 'in a folder of $fpath, before compinit'],
      ['completion fish > ~/.config/fish/completions/dma-ownership.fish', ''],
    ])
    .does((out: Output, name: string): Exit => {
      const shell = names.find((one) => one === name);
      const near = nearest(name, names);
      if (shell === undefined) throw new ModelError('wrong-use', `nothing completes in ${name}`, { at: 'the argument', accepted: names, ...(near === undefined ? {} : { hint: `did you mean ${near}?` }) });
      const script = shells[shell](surfaceOf(program));
      out.result({ schema: 'dma-ownership/completion@1', shell, script }, () => script.trimEnd());
      return exit.holds;
    });
}
