/** What there is at the point where the reader stands: worked out once, whoever shows it. */
import { computed, type ReadonlySignal } from '@preact/signals';
import { propertiesFor } from '../../../machines/properties/index.ts';
import { sceneOf, type Scene } from '../../view/topology/scene.ts';
import type { Session } from './session.ts';

const scenes = new WeakMap<Session, ReadonlySignal<Scene>>();

export function sceneHere(session: Session): ReadonlySignal<Scene> {
  const known = scenes.get(session);
  if (known !== undefined) return known;
  const properties = computed(() => propertiesFor(session.system.value.topology, session.system.value.model));
  const scene = computed(() => sceneOf(session.system.value, session.world.value, properties.value));
  scenes.set(session, scene);
  return scene;
}
