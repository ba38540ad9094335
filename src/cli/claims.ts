/** `dma-ownership claims [ID...]`: the argument about the count and the walk, settled claim by claim. */
import { settle, type ClaimVerdict } from '../cases/claims/claim.ts';
import { claims as all } from '../cases/claims/index.ts';
import { documentOf, printClaim } from '../cases/claims/print.ts';
import { ModelError } from '../errors.ts';
import { exit, type Exit } from './exit.ts';
import type { Colour, Output } from './output.ts';
import type { Program } from './program.ts';

const colours: Readonly<Record<ClaimVerdict, Colour>> = { confirmed: 'green', refuted: 'red', conditional: 'yellow', 'not-a-state-property': 'dim', unknown: 'yellow' };

export function register(program: Program): void {
  program.command('claims')
    .description('the claims of the thread of February 2022, each settled by checks: confirmed, refuted, conditional, or not a state property')
    .argument('[id...]', 'numbers of claims, 1 to 26. Default: all')
    .option('--paths', 'print the way to each violation')
    .values({ id: all.map(({ id }) => String(id)) })
    .ends({ holds: 'each claim that was asked about is settled', violation: 'the checks of a claim do not come to what a verdict needs', interrupted: 'stopped, with what was settled so far' })
    .examples([
      ['claims', 'all of them, some ten seconds'],
      ['claims 10 11 --paths', 'two removes, a remove and a probe: with the steps that show it'],
      ['claims 21 --json', 'the same for a program'],
    ])
    .does(claims);
}

async function claims(out: Output, ids: string[], { paths = false }: { readonly paths?: boolean }): Promise<Exit> {
  const asked = ids.length === 0 ? all : ids.map(claimOf).filter((claim, index, every) => every.indexOf(claim) === index);
  const signal = out.interruption();
  const settled = await settle(asked, { signal, onProgress: (done, of) => out.progress(`${done} of ${of} topologies explored`) });
  out.result(documentOf(settled), () => [
    ...settled.flatMap((one) => [...printClaim(one, { paths, paint: (verdict, text) => out.paint(colours[verdict], text) }), '']),
    Object.keys(colours).flatMap((verdict) => {
      const count = settled.filter((one) => one.verdict === verdict).length;
      return count === 0 ? [] : [`${count} ${verdict}`];
    }).join(', '),
  ].join('\n'));
  if (signal.aborted) return exit.interrupted;
  return settled.some(({ verdict }) => verdict === 'unknown') ? exit.violation : exit.holds;
}

function claimOf(id: string) {
  const claim = all.find((one) => String(one.id) === id);
  if (claim === undefined) throw new ModelError('wrong-use', `there is no claim ${id}`, { at: 'claims', accepted: `1 to ${all.length}`, usually: 'a word in place of a number', hint: 'dma-ownership claims lists them all' });
  return claim;
}
