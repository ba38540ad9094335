/** Every world that the topology can reach, as a graph: coloured, folded, walked through, opened in the other views. */
import { signal, useComputed, useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { eventText } from '../../../log/why.ts';
import { hueOf, spaceStyle, spaceSvg } from '../../../view/space/draw.ts';
import { stepsFrom, wayTo, type Space, type SpaceStep } from '../../../view/space/explore.ts';
import type { Field } from '../../../view/space/fields.ts';
import { pictureOf, placed, type Picture } from '../../../view/space/layers.ts';
import { adopt } from '../picture/picture.ts';
import type { Session } from '../session.ts';
import { argumentsOf, short } from '../words.ts';
import { explorable, stepsOf, worldAfter } from './follow.ts';
import type { Plot } from './plot.ts';
import type { Told } from './protocol.ts';
import SpaceWorker from './worker.ts?worker';
import '../picture/picture.css';
import './space.css';

adopt(spaceStyle);

/** What was explored last, and for what; it stays while other views are shown. */
interface Explored {
  readonly key: string;
  readonly from: readonly SpaceStep[];
  readonly state: { readonly kind: 'working'; readonly worlds: number; readonly depth: number } | { readonly kind: 'failed'; readonly why: string } | { readonly kind: 'space'; readonly space: Space; readonly milliseconds: number };
}
const explored = signal<Explored | null>(null);
const limit = signal(10_000);
const coloured = signal('');
const folded = signal('');
let worker: Worker | undefined;

function explore(session: Session, here: boolean): void {
  const { model } = session.place.value;
  const topology = explorable(session.place.value.topology, session.facts.value);
  const from = here ? stepsOf(session.facts.value.slice(0, session.at.value)) : [];
  const key = keyOf(session);
  worker?.terminate();
  explored.value = { key, from, state: { kind: 'working', worlds: 0, depth: 0 } };
  worker = new SpaceWorker();
  worker.addEventListener('message', ({ data }: MessageEvent<Told>) => {
    if (data.kind === 'progress') explored.value = { key, from, state: { ...data, kind: 'working' } };
    else {
      worker?.terminate();
      explored.value = { key, from, state: data };
    }
  });
  worker.addEventListener('error', ({ message }) => { explored.value = { key, from, state: { kind: 'failed', why: message || 'the worker could not be started' } }; });
  worker.postMessage({ model, topology, limit: limit.value, from });
}

const keyOf = (session: Session): string => `${session.place.value.model} ${JSON.stringify(explorable(session.place.value.topology, session.facts.value))}`;
const stop = (): void => { worker?.terminate(); explored.value = null; };

export function SpaceView({ session }: { readonly session: Session }) {
  const key = useComputed(() => keyOf(session));
  const now = explored.value?.key === key.value ? explored.value : null;
  useEffect(() => { if (explored.value?.key !== key.value) explore(session, false); }, [key.value]);
  const state = now?.state;
  return (
    <div class="spaceview">
      <div class="toolbar">
        <button onClick={() => { explore(session, false); }}>Explore</button>
        <button onClick={() => { explore(session, true); }} title="Begins at the world in view: for topologies with more worlds than can be drawn">From here</button>
        <label>at most <input type="number" min={100} max={50_000} step={100} value={limit.value} aria-label="Worlds at most" onChange={({ currentTarget }) => { limit.value = Math.max(100, Math.min(50_000, Math.trunc(Number(currentTarget.value)) || 10_000)); }} /></label>
        <span class="muted" role="status">
          {state === undefined ? 'Nothing explored yet' : state.kind === 'working' ? `${state.worlds} worlds, depth ${state.depth}…` : state.kind === 'failed' ? 'failed'
            : `${state.space.complete ? '' : 'the first '}${state.space.worlds} worlds, ${state.space.from.length} steps, depth ${Math.max(...state.space.depth)}, in ${(state.milliseconds / 1000).toFixed(1)} s${state.space.complete ? '' : '; there are more'}`}
        </span>
        {state?.kind === 'working' ? <button onClick={stop}>Stop</button> : null}
        <span class="grow" />
        {state?.kind === 'space' ? <Choices space={state.space} /> : null}
      </div>
      {state?.kind === 'failed' ? <pre class="failed" role="alert">{state.why}</pre> : state?.kind === 'space' && now !== null ? <Shown session={session} space={state.space} from={now.from} /> : <p class="muted waiting">{state === undefined ? '' : 'Exploring…'}</p>}
    </div>
  );
}

function Choices({ space }: { readonly space: Space }) {
  const options = (none: string, all?: string) => [
    <option key="" value="">{none}</option>, ...(all === undefined ? [] : [<option key={all} value={all}>{all}</option>]),
    <optgroup key="fields" label="what is">{space.fields.filter(({ property }) => !property).map(({ name }) => <option key={name} value={name}>{name}</option>)}</optgroup>,
    <optgroup key="properties" label="what must be true">{space.fields.filter(({ property }) => property).map(({ name, values }) => <option key={name} value={name}>{values.includes('not true') ? '✕ ' : ''}{name}</option>)}</optgroup>,
  ];
  return (
    <>
      <label>colour <select value={coloured.value} onChange={({ currentTarget }) => { coloured.value = currentTarget.value; }}>{options('who has the first group')}</select></label>
      <label>fold <select value={folded.value} onChange={({ currentTarget }) => { folded.value = currentTarget.value; }}>{options('nothing', everything)}</select></label>
    </>
  );
}

const fieldNamed = (space: Space, name: string) => space.fields.find((field) => field.name === name);
const colourOf = (space: Space) => fieldNamed(space, coloured.value) ?? space.fields.find(({ values }) => values.includes('not true')) ?? space.fields[0];
const everything = 'everything that is';
const foldsOf = (space: Space) => space.fields.filter(({ name, property }) => (folded.value === everything ? !property : name === folded.value));

interface ShownProps { readonly session: Session; readonly space: Space; readonly from: readonly SpaceStep[] }

function Shown({ session, space, from }: ShownProps) {
  const chosen = useSignal(0);
  const only = useSignal<number | null>(null);
  const failed = useSignal('');
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<Plot | null>(null);
  const field = colourOf(space);
  const picture = useMemo(() => pictureOf(space, foldsOf(space)), [space, folded.value]);
  const spots = useMemo(() => placed(picture), [picture]);
  const present = useMemo(() => {
    const taken = stepsOf(session.facts.value.slice(0, session.at.value));
    const same = from.every((step, index) => JSON.stringify(step) === JSON.stringify(taken[index]));
    return same ? worldAfter(space, taken.slice(from.length)) : -1;
  }, [space, from, session.facts.value, session.at.value]);
  useLayoutEffect(() => { chosen.value = present >= 0 ? present : 0; }, [present, space]);

  const way = useMemo(() => {
    const worlds = new Set<number>();
    for (let at = chosen.value; at >= 0; at = space.parent[at] ?? -1) worlds.add(picture.node[at] as number);
    return worlds;
  }, [chosen.value, picture]);
  const dark = isDark();
  const look = { field, only: only.value, chosen: picture.node[chosen.value] ?? -1, way, present: present < 0 ? -1 : picture.node[present] as number, dark };
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    let gone = false;
    import('./plot.ts').then(({ plot }) => {
      if (!gone) drawn.current = plot(element, { picture, spots, names: picture.nodes < space.worlds ? namesOf(space, picture, foldsOf(space)) : [] }, look, (node) => { chosen.value = picture.world[node] as number; });
    }).catch((error: unknown) => { failed.value = error instanceof Error ? error.message : String(error); });
    return () => {
      gone = true;
      drawn.current?.end();
      drawn.current = null;
    };
  }, [picture, spots]);
  useEffect(() => { drawn.current?.draw(look); });
  useEffect(() => { drawn.current?.show(picture.node[chosen.value] ?? 0); }, [chosen.value]);

  const open = () => {
    const { model, topology } = session.place.value;
    session.actions.openPath(model, topology, [...from, ...wayTo(space, chosen.value)], { title: `way to world ${chosen.value}`, answers: 'follow', view: 'topology' });
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const beside = (by: number) => {
      const level = [...space.depth.keys()].filter((world) => space.depth[world] === space.depth[chosen.value]).sort((a, b) => (spots.x[picture.node[a] as number] as number) - (spots.x[picture.node[b] as number] as number));
      chosen.value = level[(level.indexOf(chosen.value) + by + level.length) % level.length] as number;
    };
    const keys: Readonly<Record<string, () => void>> = {
      ArrowUp: () => { chosen.value = Math.max(0, space.parent[chosen.value] ?? 0); }, ArrowDown: () => { chosen.value = stepsFrom(space, chosen.value).find(({ to }) => space.parent[to] === chosen.value)?.to ?? chosen.value; },
      ArrowLeft: () => { beside(-1); }, ArrowRight: () => { beside(1); }, Home: () => { chosen.value = 0; }, Enter: open, f: () => { drawn.current?.fit(); }, '+': () => { drawn.current?.zoom(1.3); }, '-': () => { drawn.current?.zoom(0.77); },
    };
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  return (
    <div class="shown">
      <div class="plot" tabIndex={0} role="application" aria-label={`State space: ${picture.nodes} nodes. Up and down along a way, left and right beside, Enter opens.`} aria-describedby="space-world" onKeyDown={press}>
        <div class="surface" ref={box} />
        {failed.value === '' ? null : <Flat text={spaceSvg(picture, spots, field, 'state space')} why={failed.value} />}
        <Legend space={space} only={only.value} pick={(value) => { only.value = only.value === value ? null : value; }} />
      </div>
      <World space={space} world={chosen.value} present={present} go={(world) => { chosen.value = world; }} open={open} />
    </div>
  );
}

/** Where WebGL is missing, the same as a picture. */
function Flat({ text, why }: { readonly text: string; readonly why: string }) {
  const inside = text.slice(text.indexOf('</style>') + 8, text.lastIndexOf('</svg>'));
  const [, width = '0', height = '0'] = /width="(\d+)" height="(\d+)"/.exec(text) ?? [];
  return <div class="flat"><p class="muted small">Without WebGL ({why}) this is a still picture.</p><svg class="picture space" role="img" aria-label="State space" width={width} height={height} viewBox={`0 0 ${width} ${height}`} dangerouslySetInnerHTML={{ __html: inside }} /></div>;
}

/** What the colours mean, how many worlds there are of each; a click leaves only these. */
function Legend({ space, only, pick }: { readonly space: Space; readonly only: number | null; readonly pick: (value: number) => void }) {
  const field = colourOf(space);
  if (field === undefined) return null;
  const counts = new Map<number, number>();
  for (const value of field.of) counts.set(value, (counts.get(value) ?? 0) + 1);
  return (
    <ul class="legend" aria-label={field.name}>
      <li class="muted">{field.name}</li>
      {field.values.slice(0, 12).map((value, at) => (
        <li key={value}><button class="plain" aria-pressed={only === at} onClick={() => { pick(at); }}><svg class="picture space" width="12" height="12" aria-hidden="true"><circle class={`hue-${hueOf(field, at)}`} cx="6" cy="6" r="5" /></svg> {value} <span class="muted">{counts.get(at)}</span></button></li>
      ))}
      {field.values.length > 12 ? <li class="muted">and {field.values.length - 12} more</li> : null}
    </ul>
  );
}

/** What a class of worlds has in common; of many fields only those that differ from the first class. */
function namesOf(space: Space, { world, size, nodes }: Picture, folds: readonly Field[]): string[] {
  if (nodes > 300) return [];
  const first = world[0] ?? 0;
  return [...world].map((at, node) => {
    const told = folds.filter(({ of }) => folds.length === 1 || of[at] !== of[first]).map(({ values, of }) => values[of[at] as number]);
    return `${told.join(', ') || 'as at the beginning'} (${size[node]})`;
  });
}

const told = ({ to, event }: SpaceStep): string => `${short(to)} ${eventText(event)} ${argumentsOf(event, to)}`.trimEnd();

function World({ space, world, present, go, open }: { readonly space: Space; readonly world: number; readonly present: number; readonly go: (world: number) => void; readonly open: () => void }) {
  const way = wayTo(space, world);
  const worlds: number[] = [];
  for (let at = world; at > 0; at = space.parent[at] as number) worlds.unshift(at);
  const on = stepsFrom(space, world);
  return (
    <div class="world">
      <header>
        <strong>World {world}</strong> <span class="muted">depth {space.depth[world]}{world === present ? ', the one in view' : ''}</span>
        <button onClick={open}>Open in the other views</button>
        <button disabled={world === 0} onClick={() => { go(space.parent[world] as number); }}>Back</button>
        <p id="space-world" class="hidden-text" aria-live="polite">World {world}, depth {space.depth[world]}, {space.fields.filter(({ property }) => !property).slice(0, 3).map(({ name, values, of }) => `${name} ${values[of[world] as number]}`).join(', ')}</p>
      </header>
      <section aria-label="The way there"><h3>The way there</h3><ol class="mono small">{way.map((step, at) => <li key={at}><button class="plain" onClick={() => { go(worlds[at] as number); }}>{told(step)}</button></li>)}</ol></section>
      <section aria-label="What may come"><h3>What may come</h3><ol class="mono small">{on.map(({ step, to }, at) => <li key={at}><button class="plain" onClick={() => { go(to); }}>{told(step)} <span class="muted">→ {to}</span></button></li>)}</ol></section>
      <section aria-label="What is so"><h3>What is so</h3><dl class="small">{space.fields.filter(({ property, values, of }) => !property || values[of[world] as number] !== 'true').map(({ name, values, of, property }) => <div key={name} class={property ? 'bad' : ''}><dt>{name}</dt><dd class="mono">{values[of[world] as number]}</dd></div>)}</dl></section>
    </div>
  );
}

/** Whether the page is dark just now: what the colours for WebGL, which knows no style sheet, are chosen by. */
function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
}

/** The space as a file; what is not explored yet has no picture. */
export async function spaceFile(session: Session): Promise<string> {
  const state = explored.value?.state;
  if (state?.kind !== 'space') throw new Error('the state space is not explored yet');
  const picture = pictureOf(state.space, foldsOf(state.space));
  return Promise.resolve(spaceSvg(picture, placed(picture), colourOf(state.space), `${session.place.value.title}: ${state.space.worlds} worlds`));
}
