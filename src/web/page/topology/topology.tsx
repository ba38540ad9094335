/** Who is there, who has what, and what the last fact changed. */
import { useComputed, useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { topologyPicture, topologySvg } from '../../../view/topology/draw.ts';
import { changes, sceneOf } from '../../../view/topology/scene.ts';
import { topologyStyle } from '../../../view/topology/style.ts';
import { adopt } from '../picture/picture.ts';
import { sceneHere } from '../scene.ts';
import type { Session } from '../session.ts';
import '../picture/picture.css';

adopt(topologyStyle);

export function TopologyView({ session }: { readonly session: Session }) {
  const width = useSignal(0);
  const box = useRef<HTMLDivElement>(null);
  const scene = sceneHere(session);
  const changed = useComputed(() => (session.at.value === 0 ? new Set<string>() : changes(sceneOf(session.system.value, session.worldAt(session.at.value - 1)), scene.value)));
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const seen = new ResizeObserver(() => { width.value = element.clientWidth; });
    seen.observe(element);
    return () => { seen.disconnect(); };
  }, []);

  const look = { width: Math.max(560, width.value - 16), selected: session.selected.value, changed: changed.value };
  const picture = topologyPicture(scene.value, look);
  // The picture is drawn anew with each step: whoever had the keyboard keeps it.
  const focused = box.current?.contains(document.activeElement) === true ? document.activeElement?.closest('[data-address]')?.getAttribute('data-address') : null;
  useLayoutEffect(() => {
    if (focused != null) things(box.current).find((one) => one.dataset['address'] === focused)?.focus();
  });

  const choose = (event: Event): boolean => {
    const address = event.target instanceof Element ? event.target.closest('[data-address]')?.getAttribute('data-address') : null;
    if (address == null) return false;
    session.actions.select(address);
    return true;
  };
  const press = (event: KeyboardEvent): void => {
    if ((event.key === 'Enter' || event.key === ' ') && choose(event)) event.preventDefault();
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const all = things(box.current);
    const at = all.findIndex((one) => one === document.activeElement);
    if (by === undefined || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    all[(at + by + all.length) % all.length]?.focus();
  };
  const broken = scene.value.broken.length + scene.value.groups.reduce((sum, group) => sum + group.broken.length, 0);
  return (
    <div class="topologyview">
      <div class="toolbar">
        <span class={broken > 0 ? 'verdict bad' : 'verdict muted'} role="status">{broken > 0 ? `${broken} ${broken === 1 ? 'sentence is' : 'sentences are'} not true here` : 'every sentence about a moment is true here'}</span>
      </div>
      <div class="paper" ref={box} onClick={choose} onKeyDown={press}>
        <svg class="picture topology" role="group" aria-label="Topology" width={picture.width} height={picture.height} viewBox={`0 0 ${picture.width} ${picture.height}`} dangerouslySetInnerHTML={{ __html: picture.body }} />
      </div>
    </div>
  );
}

/** The same as a file. */
export function topologyFile(session: Session): string {
  const system = session.system.value;
  const scene = sceneHere(session).value;
  const before = session.at.value === 0 ? scene : sceneOf(system, session.worldAt(session.at.value - 1));
  return topologySvg(scene, `${session.place.value.title}, after ${session.at.value} facts`, { width: 1000, changed: changes(before, scene) });
}

const things = (box: HTMLElement | null): SVGGElement[] => [...(box?.querySelectorAll<SVGGElement>('[data-address]') ?? [])];
