/**
 * SCXML 1.0 with the ECMAScript data model.
 *
 * States, transitions and their order are the chart's. Guards and actions are asked of the host by name: `guard(name, params)`
 * and `action(name, params)`; `_event` says which event it is about. Names of events in SCXML have no `->` and their dots
 * mean something else, so they are spelt with underscores; `k:event` has the chart's own spelling.
 */
import { Identifiers } from './identifiers.ts';
import type { PlainChart, PlainState, PlainTransition } from './plain.ts';
import type { Word } from './words.ts';

export const kernelNamespace = 'urn:dma-ownership:chart';

export function scxml(chart: PlainChart): string {
  const ids = new Identifiers();
  const events = new Identifiers();
  const root = chart.root;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<scxml xmlns="http://www.w3.org/2005/07/scxml" xmlns:k="${kernelNamespace}" version="1.0" datamodel="ecmascript" name="${ids.of(`chart ${chart.id}`)}" initial="${ids.of(root.id)}">`,
    ...state(root, { ids, events }, '  '), '</scxml>', '',
  ].join('\n');
}

type Names = { readonly ids: Identifiers; readonly events: Identifiers };

function state(of: PlainState, names: Names, indent: string): string[] {
  const tag = of.kind === 'parallel' ? 'parallel' : of.kind === 'final' ? 'final' : 'state';
  const { ids } = names;
  const initial = of.initial === null ? '' : ` initial="${ids.of(of.initial)}"`;
  const deeper = `${indent}  `;
  return [
    `${indent}<${tag} id="${ids.of(of.id)}"${initial} k:key="${escaped(of.key)}"${of.description === null ? '' : ` k:description="${escaped(of.description)}"`}>`,
    ...handler('onentry', of.entry, deeper), ...handler('onexit', of.exit, deeper),
    ...of.transitions.flatMap((transition) => arrow(transition, names, deeper)),
    ...of.states.flatMap((child) => state(child, names, deeper)),
    `${indent}</${tag}>`,
  ];
}

const handler = (tag: string, actions: readonly Word[], indent: string): string[] =>
  (actions.length === 0 ? [] : [`${indent}<${tag}>`, ...actions.map((action) => script(action, `${indent}  `)), `${indent}</${tag}>`]);

/** Without `reenter`, a transition to a state inside its own does not leave it. */
function arrow({ event, targets, guard, actions, reenter, description }: PlainTransition, { ids, events }: Names, indent: string): string[] {
  const attributes = [
    ...(event === '' ? [] : [`event="${events.of(event)}"`]), ...(guard === null ? [] : [`cond="${escaped(called('guard', guard))}"`]),
    ...(targets.length === 0 ? [] : [`target="${targets.map((target) => ids.of(target)).join(' ')}"`, ...(reenter ? [] : ['type="internal"'])]),
    ...(event === '' ? [] : [`k:event="${escaped(event)}"`]), ...(description === null ? [] : [`k:description="${escaped(description)}"`]),
  ];
  const head = `${indent}<transition ${attributes.join(' ')}`;
  return actions.length === 0 ? [`${head}/>`] : [`${head}>`, ...actions.map((action) => script(action, `${indent}  `)), `${indent}</transition>`];
}

const script = (action: Word, indent: string): string => `${indent}<script>${escaped(called('action', action))}</script>`;
const called = (how: 'guard' | 'action', { type, params }: Word): string => `${how}(${JSON.stringify(type)}${params === undefined ? '' : `, ${JSON.stringify(params)}`})`;
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
