/** The run as a sequence of messages; a click on one tells why it happened. */
import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Facts, Recorded } from '../../../log/facts.ts';
import { chainOf } from '../../../view/sequence/chain.ts';
import { sequenceSvg } from '../../../view/sequence/draw.ts';
import { sequenceOf, textOf } from '../../../view/sequence/rows.ts';
import type { Fact } from '../../../world/world.ts';
import type { Session } from '../session.ts';
import { Diagram } from './diagram.tsx';
import { Because } from './because.tsx';

export function SequenceView({ session }: { readonly session: Session }) {
  const asks = useSignal(false);
  const facts = session.facts.value;
  const at = session.at.value - 1;
  const fact = facts[at];
  const recorded = session.recorded.value;
  const chain = useMemo(() => (asks.value && fact !== undefined ? chainOf(unhurried(recorded, facts), at) : undefined), [asks.value, recorded, facts, at]);
  const kept = useMemo(() => (chain === undefined ? undefined : new Set([...chain.hops.map(({ seq }) => seq), ...chain.held])), [chain]);
  const go = (seq: number) => { session.actions.goTo(seq + 1); };
  return (
    <div class="with-because">
      <Diagram
        facts={facts} at={at < 0 ? null : at} title="Sequence" onEscape={() => { asks.value = false; }}
        {...(chain === undefined ? {} : { chain: chain.facts, held: chain.held, kept: kept as Set<number> })}
        onGo={(seq, why) => { go(seq); if (why) { const to = facts[seq]?.to; if (to !== undefined && to !== 'environment') session.actions.select(to); asks.value = true; } }}
      />
      {chain !== undefined && fact !== undefined && <Because chain={chain} text={textOf(fact)} onGo={go} onClose={() => { asks.value = false; }} />}
    </div>
  );
}

/** The whole sequence as a file, up to the most rows that make a picture. */
export const sequencePicture = (session: Session): Promise<string> => Promise.resolve(sequenceSvg(sequenceOf(session.facts.value), { at: session.at.value - 1 }));

/** Facts whose circumstances are worked out only where somebody looks at them: a chain passes over most. */
function unhurried(recorded: Facts, facts: readonly Fact[]): Facts {
  return {
    length: facts.length,
    fact(seq) {
      const fact = facts[seq] ?? recorded.fact(seq);
      const full = (): Recorded => recorded.fact(seq);
      return { ...fact, get before() { return full().before; }, get after() { return full().after; }, get passed() { return full().passed; } };
    },
  };
}
