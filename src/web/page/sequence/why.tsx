/** Why a fact happened: its causes one below the other, and who stood in the way. */
import type { Chain } from '../../../view/sequence/chain.ts';
import './sequence.css';

const signs: Readonly<Record<string, string>> = { call: '→', answer: '←', said: '•', label: '⤶', outside: '⏵' };

export function Why({ chain, title, onGo, onClose }: { readonly chain: Chain; readonly title: string; readonly onGo: (seq: number) => void; readonly onClose: () => void }) {
  return (
    <section class="why" aria-label="Why">
      <header><h2>Why {title}</h2><button class="plain" onClick={onClose} aria-label="Close (Escape)">×</button></header>
      {chain.holders.length > 0 && (
        <ul class="holders" aria-label="In the way">
          {chain.holders.map(({ text, since }) => <li key={text}><strong>In the way:</strong> {since === null ? <span class="mono">{text}</span> : <button class="hop" onClick={() => { onGo(since); }}>{text}</button>}</li>)}
        </ul>
      )}
      <ol aria-label="Causes, the last first">
        {chain.hops.map(({ seq, kind, text, object }, index) => (
          <li key={`${seq}${text}${index}`} class={kind}>
            <button class="hop" onClick={() => { onGo(seq); }}><span class="sign" aria-hidden="true">{signs[kind]}</span><span class="number">{seq}</span><span class={/ -E[A-Z]/.test(text) ? 'text failed' : 'text'}>{text}</span>{object !== null && <span class="object">{object}</span>}</button>
          </li>
        ))}
      </ol>
    </section>
  );
}
