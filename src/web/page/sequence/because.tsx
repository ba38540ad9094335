/** Under a sequence whose chain of causes is marked: who stood in the way, and what began it all. The inspector has every cause in words. */
import type { Chain } from '../../../view/sequence/chain.ts';

export function Because({ chain: { seq, hops, holders }, text, onGo, onClose }: { readonly chain: Chain; readonly text: string; readonly onGo: (seq: number) => void; readonly onClose: () => void }) {
  const begun = hops.at(-1);
  return (
    <section class="because" aria-label="Causes">
      <p><strong>Why</strong> <span class="mono">{text}</span>{begun !== undefined && begun.seq !== seq && <>, begun by <button class="link" onClick={() => { onGo(begun.seq); }}>{begun.text}{begun.object === null ? '' : ` of ${begun.object}`}</button></>}: <span class="chip cause" /> causes, {hops.length} of them</p>
      {holders.map(({ text: words, since }) => <p key={words} class="holder"><span class="chip held" /><strong>In the way:</strong> {since === null ? <span class="mono">{words}</span> : <button class="link" onClick={() => { onGo(since); }}>{words}</button>}</p>)}
      <button class="plain close" onClick={onClose} aria-label="Unmark the causes (Escape)">×</button>
    </section>
  );
}
