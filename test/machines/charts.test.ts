/** What a chart may be made of: no history, no timer, no child, and a context that JSON keeps. */
import { describe, expect, test } from 'vitest';
import { models } from '../../machines/models/index.ts';
import { charts, nodesOf } from './charts.ts';
import { walk, wildTopology } from './explore.ts';

/** Actions that the step can follow; `emit` and `sendTo` become facts, `assign` the next context. */
const followed = /^xstate\.(assign|sendTo|emit|raise)$/;

/** What XState has made of an action, inside a chart's own names too. */
const kind = (action: unknown, implementations: Readonly<Record<string, unknown>>): string => {
  const named = typeof action === 'string' ? action
    : typeof action === 'object' && action !== null && 'type' in action ? String(action.type) : undefined;
  const made = named === undefined ? action : implementations[named];
  return made === undefined ? `missing: ${named}` : ((made as { type?: string }).type ?? 'a function');
};

describe.each([...charts])('%s', (_name, machine) => {
  const nodes = nodesOf(machine.root);

  test('has no history, no timer and no child', () => {
    const made = nodes.flatMap(({ id, type, after, invoke }) => [
      ...(type === 'history' ? [`${id}: history`] : []), ...(after.length > 0 ? [`${id}: after`] : []), ...(invoke.length > 0 ? [`${id}: invoke`] : []),
    ]);
    expect(made).toEqual([]);
  });

  test('sends, assigns and emits, and does nothing else', () => {
    const used = nodes.flatMap((node) => [...node.entry, ...node.exit, ...[...node.transitions.values()].flat().concat(node.always ?? []).flatMap(({ actions }) => actions)]);
    const kinds = used.map((action) => kind(action, machine.implementations.actions));
    expect([...new Set(kinds)].filter((one) => !followed.test(one))).toEqual([]);
  });

  test('names only guards that it has', () => {
    const guards = nodes.flatMap((node) => [...node.transitions.values()].flat().concat(node.always ?? []).map(({ guard }) => guard as unknown));
    const named = guards.map((guard) => (typeof guard === 'string' ? guard : (guard as { type?: unknown } | undefined)?.type)).filter((type) => typeof type === 'string');
    expect(named.filter((type) => machine.implementations.guards[type] === undefined)).toEqual([]);
  });

  test('says what it is: an id, and no state without a way out unless it rests there', () => {
    expect(machine.id).toMatch(/^[a-z_]+$/);
    const dead = nodes.filter((node) => node.type === 'atomic' && node.transitions.size === 0 && (node.always ?? []).length === 0
      && machine.root.transitions.size === 0 && nodes.length > 2);
    expect(dead.map(({ id }) => id)).toEqual([]);
  });
});

test.each(Object.values(models).map((model) => [model.name, model] as const))('%s: every context that is reached survives JSON', (_name, model) => {
  for (const { address, locals } of walk(model, wildTopology('pci', model), { seed: 3, steps: 5000 }).actors)
    for (const { context, value } of locals) {
      expect(JSON.parse(JSON.stringify(context)), address).toStrictEqual(context);
      expect(JSON.parse(JSON.stringify(value)), address).toStrictEqual(value);
    }
}, 60_000);
