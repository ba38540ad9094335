/** Sequences of facts: lanes, calls that fold away, causes, the window over many rows, and the drawing. */
import { describe, expect, test } from 'vitest';
import type { FactLog } from '../../src/log/facts.ts';
import { callsOf, type Shown } from '../../src/view/sequence/calls.ts';
import { chainOf } from '../../src/view/sequence/chain.ts';
import { fitted, rowSvg, sequenceSvg, shortened } from '../../src/view/sequence/draw.ts';
import { lanesOf } from '../../src/view/sequence/lanes.ts';
import { callTitle, rowText, sequenceOf, type Row } from '../../src/view/sequence/rows.ts';
import { scrollTo, windowOf } from '../../src/view/sequence/window.ts';
import { nic, run, topology, v6_12_y } from '../log/run.ts';
import { parsed } from './dom.ts';

const bind = { type: 'bind_store', device: nic, driver: 'e1000e' };
const claim = { type: 'claim', group: 'group:8' };
const factsOf = (log: FactLog): Shown[] => Array.from({ length: log.length }, (_, seq) => log.fact(seq));

/** A driver is bound, and a user's claim refused. */
function refused() {
  const played = run(v6_12_y, topology());
  played.call('bind', bind);
  played.call('vm1', claim);
  return { ...played, facts: factsOf(played.log) };
}

describe('lanes', () => {
  test('stand left to right as calls go, and the actors of a device share one', () => {
    const { facts } = refused();
    const { lanes, placeOf } = lanesOf(facts);
    const kinds = lanes.map(({ kind }) => kind);
    expect(kinds).toEqual([...kinds].sort((a, b) => 'thread driver core device group user environment'.split(' ').indexOf(a) - 'thread driver core device group user environment'.split(' ').indexOf(b)));
    expect(placeOf.get(`device:${nic}`)).toBe(placeOf.get(`binding:${nic}`));
    expect(new Set(lanes.map(({ id }) => id)).size).toBe(lanes.length);
    for (const { from, to } of facts) expect([placeOf.has(from), placeOf.has(to)]).toEqual([true, true]);
  });

  test('an opened lane gives each of its actors one, side by side', () => {
    const { facts } = refused();
    const { lanes } = lanesOf(facts, new Set([`device:${nic}`]));
    const places = lanes.flatMap(({ of }, place) => (of === `device:${nic}` ? [place] : []));
    expect(places.length).toBeGreaterThan(2);
    expect(places).toEqual(places.map((_, index) => (places[0] as number) + index));
  });

  test('threads stand together where each operation has its own', () => {
    const { lanes } = lanesOf(refused().facts, new Set(), true);
    expect(lanes.filter(({ kind }) => kind === 'thread').map(({ title, actors }) => [title, actors])).toEqual([['tasks', ['thread:bind', 'thread:deferred_probe_work', 'thread:vm1']]]);
  });
});

describe('calls', () => {
  test('every fact belongs to the call that it was sent for, and a call ends with what its caller is told', () => {
    const { facts } = refused();
    const { calls, callOf } = callsOf(facts);
    expect(calls.map(({ thread, ret }) => [thread, ret])).toEqual([['thread:bind', 0], ['thread:deferred_probe_work', null], ['thread:vm1', -1]]);
    expect(calls.map(({ steps }) => steps).reduce((sum, steps) => sum + steps)).toBe(facts.length);
    for (const [place, { to }] of facts.entries()) if (to.startsWith('thread:')) expect([place, calls[callOf[place] as number]?.thread]).toEqual([place, to]);
    expect(calls.map((call) => callTitle({ facts }, call))).toEqual([expect.stringMatching(/^bind: bind_store .*= 0, \d+ steps$/), expect.stringMatching(/^deferred_probe_work: .*not over, /), expect.stringMatching(/^vm1: claim .*= -EPERM, \d+ steps$/)]);
  });

  test('a lock that another thread hands over does not change whose call it is', () => {
    const fact = (seq: number, from: string, to: string, type: string, cause: number | null): Shown => ({ seq, from, to, event: { type, from }, cause, said: [] });
    const { callOf } = callsOf([
      fact(0, 'environment', 'thread:a', 'x', null), fact(1, 'thread:a', 'device:1', 'device_lock', 0), fact(2, 'device:1', 'thread:a', 'device_lock.ret', 1),
      fact(3, 'environment', 'thread:b', 'x', null), fact(4, 'thread:b', 'device:1', 'device_lock', 3), fact(5, 'thread:a', 'device:1', 'device_unlock', 2), fact(6, 'device:1', 'thread:b', 'device_lock.ret', 5),
    ]);
    expect([...callOf]).toEqual([0, 0, 0, 1, 1, 0, 1]);
  });
});

describe('rows', () => {
  test('leave out locks and passive reads, and have all of them when asked', () => {
    const { facts } = refused();
    const texts = (all: boolean) => { const sequence = sequenceOf(facts, { all }); return sequence.rows.map((row) => rowText(sequence, row)); };
    expect(texts(false)).toContain('iommu_group_claim_dma_owner.ret -EPERM');
    expect(texts(false).filter((text) => /lock|klist/.test(text))).toEqual([]);
    expect(texts(true).filter((text) => text.startsWith('device_lock')).length).toBeGreaterThan(0);
    expect(sequenceOf(facts, { all: true }).rows.filter(({ kind }) => kind !== 'said')).toHaveLength(facts.length);
  });

  test('of a folded call show its beginning and its end, and what is kept', () => {
    const { facts, log } = refused();
    const first = callsOf(facts).calls[0]?.first as number;
    const { rows, ...rest } = sequenceOf(facts, { folded: new Set([first]) });
    const mine = rows.filter(({ call }) => call === 0);
    expect(mine.map(({ kind }) => kind)).toEqual(['begin', 'end']);
    expect(rowText(rest, mine[0] as (typeof mine)[number])).toMatch(/… \d+ steps$/);
    const kept = new Set(chainOf(log, facts.length - 1).held);
    expect(sequenceOf(facts, { folded: new Set([first]), kept }).rows.filter(({ call, kind }) => call === 0 && kind !== 'said')).toHaveLength(2 + kept.size);
  });

  test('every fact has a row to go to', () => {
    const { facts } = refused();
    const { rows, rowAt } = sequenceOf(facts);
    for (const [place, row] of rowAt.entries()) expect(rows[row]?.place ?? -1).toBeLessThanOrEqual(place);
    expect(rowAt.at(-1)).toBe(rows.length - 1);
  });
});

test('a chain names the causes of a refusal, and since which fact somebody holds the group', () => {
  const { log, facts } = refused();
  const { hops, holders, held, facts: all } = chainOf(log, facts.length - 1);
  expect(hops.at(0)?.text).toBe('claim.ret -EPERM');
  expect(hops.at(-1)?.kind).toBe('outside');
  expect(holders.map(({ text }) => text)).toEqual([expect.stringMatching(new RegExp(`^group:8 used by ${nic} since fact \\d+ \\(iommu_device_use_default_domain\\)$`))]);
  expect([...held].map((seq) => facts[seq]?.event.type)).toEqual(['iommu_device_use_default_domain']);
  expect(hops.filter(({ seq }) => !all.has(seq))).toEqual([]);
});

describe('the window over rows', () => {
  test.each([[10, 0], [1000, 4000], [2_000_000, 3_000_000]])('of %i rows, scrolled by %i', (count, scroll) => {
    const { first, end, top, height } = windowOf(count, 22, scroll, 400);
    expect(end - first).toBeLessThan(50);
    expect(height).toBeLessThanOrEqual(12_000_000);
    expect(top).toBeLessThanOrEqual(scroll);
    expect(top + (end - first) * 22).toBeGreaterThanOrEqual(Math.min(scroll + 400, height) - 1);
  });

  test('shows the last rows when they have become fewer than the box is scrolled by', () => {
    expect(windowOf(20, 22, 90_000, 400)).toMatchObject({ first: 0, end: 20 });
    expect(windowOf(100, 22, 90_000, 400)).toMatchObject({ end: 100, top: 100 * 22 - (100 - windowOf(100, 22, 90_000, 400).first) * 22 });
    expect(windowOf(0, 22, 5, 400)).toMatchObject({ first: 0, end: 0, top: 0 });
  });

  test('the last row is in sight at the end, of however many', () => {
    for (const count of [30, 5000, 3_000_000]) {
      const scroll = scrollTo(count - 1, count, 22, 0, 400);
      const { first, end } = windowOf(count, 22, scroll, 400);
      expect([first < count - 1, end]).toEqual([true, count]);
      expect(scrollTo(count - 1, count, 22, scroll, 400)).toBeCloseTo(scroll, -2);
    }
  });
});

describe('the drawing', () => {
  test('is one SVG document, in which no text of a fact is markup', () => {
    const evil: Shown = { seq: 0, from: 'environment', to: 'thread:<b>', event: { type: 'x"><script>', from: 'environment', device: '<i>&' }, cause: null, said: [] };
    const svg = sequenceSvg(sequenceOf([evil]));
    const document = parsed(svg);
    expect(document.querySelector('script, i, b, parsererror')).toBeNull();
    expect(document.querySelector('.label')?.textContent).toContain('x"><script> device=<i>&');
  });

  test('marks where the run stands, what is a cause, who holds, and what failed', () => {
    const { log, facts } = refused();
    const { facts: chain, held } = chainOf(log, facts.length - 1);
    const sequence = sequenceOf(facts, { kept: held });
    const classes = sequence.rows.map((row) => /class="([^"]*)"/.exec(rowSvg(sequence, row, 0, { lane: 100, at: facts.length - 1, chain, held }))?.[1] ?? '');
    expect(classes.at(-1)?.split(' ')).toEqual(expect.arrayContaining(['end', 'failed', 'now', 'cause']));
    expect(classes.filter((name) => name.includes('held')).length).toBeGreaterThan(0);
    expect(classes.filter((name) => name.includes('later'))).toEqual([]);
  });

  test('thousands of facts are laid out at once: 100 000 in less than a second', () => {
    const { facts } = refused();
    const many = Array.from({ length: 100_000 }, (_, seq) => { const fact = facts[seq % facts.length] as Shown; return { ...fact, seq, cause: fact.cause === null ? null : seq - (fact.seq - fact.cause) }; });
    const begun = process.cpuUsage();
    expect(sequenceOf(many).rowAt).toHaveLength(100_000);
    expect(process.cpuUsage(begun).user / 1e6).toBeLessThan(1);
  });
});

describe('where there is little room', () => {
  test.each([
    // lanes  room   lane  behind
    [3, 1200, 200, 250], [8, 1200, 118, 250], [8, 684, 65, 130], [12, 684, 42, 130], [40, 684, 26, 130], [1, 100, 26, 130],
  ])('%d lanes in %d pixels are %d wide', (lanes, room, lane, behind) => {
    expect(fitted(lanes, room)).toEqual({ lane, behind });
  });
  test.each([['0000:02:00.0', 200, '0000:02:00.0'], ['0000:02:00.0', 60, '00…:00.0'], ['deferred_probe_work', 104, 'defer…obe_work'], ['group 8', 10, 'g…8']])('%s in %d pixels is %s', (title, room, short) => {
    expect(shortened(title, room)).toBe(short);
  });
  test('words stay in the picture: behind the arrow, before it, on it, or cut; screen readers get all of them', () => {
    const say = (from: string, to: string, type: string) => {
      const facts = [{ seq: 0, from: 'group:1', to: 'group:4', event: { type: 'first', from: 'group:1' }, cause: null, said: [] }, { seq: 1, from, to, event: { type, from }, cause: 0, said: [] }];
      const sequence = sequenceOf([...facts, ...['group:2', 'group:3'].map((to, index) => ({ seq: index + 2, from: 'group:1', to, event: { type: 'x', from: 'group:1' }, cause: 0, said: [] }))]);
      const svg = rowSvg(sequence, sequence.rows.find(({ seq }) => seq === 1) as Row, 0, { lane: 80, width: 60 + 3.5 * 80 + 40 });
      return [/<text class="(label[^"]*)"(?: text-anchor="(\w+)")?[^>]*>([^<]*)</.exec(svg)?.slice(1), svg.includes(`: ${type}"`)];
    };
    expect(say('group:1', 'group:2', 'short')).toEqual([['label', undefined, 'short'], true]);
    expect(say('group:3', 'group:4', 'as_long_as_this_word')).toEqual([['label', 'end', 'as_long_as_this_word'], true]);
    expect(say('group:1', 'group:4', 'as_long_as_this_word')).toEqual([['label on', 'middle', 'as_long_as_this_word'], true]);
    expect(say('group:1', 'group:4', 'a_word_that_is_longer_than_any_place_has_room_for')).toEqual([['label on', 'middle', expect.stringMatching(/^a_word_that.*…$/)], true]);
  });
});
