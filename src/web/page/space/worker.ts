/** Explores beside the page, so that the page stays quick. */
import { models } from '../../../../machines/models/index.ts';
import { propertiesFor } from '../../../../machines/properties/index.ts';
import { replay } from '../../../check/replay.ts';
import { ModelError, formatError } from '../../../errors.ts';
import { exploreSpace } from '../../../view/space/explore.ts';
import { System } from '../../../world/world.ts';
import type { Asked, Told } from './protocol.ts';

const tell = (told: Told): void => { postMessage(told); };

addEventListener('message', ({ data }: MessageEvent<Asked>) => {
  try {
    const begun = performance.now();
    const model = models[data.model];
    if (model === undefined) throw new ModelError('no-such-model', `there is no model ${data.model}`, { at: 'the state space', accepted: Object.keys(models) });
    const system = new System(model, data.topology);
    const { world } = replay(system, data.from);
    const space = exploreSpace(system, {
      limit: data.limit, world, properties: propertiesFor(data.topology, model),
      onProgress: (worlds, depth) => { tell({ kind: 'progress', worlds, depth }); return true; },
    });
    tell({ kind: 'space', space, milliseconds: performance.now() - begun });
  } catch (error) {
    tell({ kind: 'failed', why: error instanceof ModelError ? formatError(error) : String(error) });
  }
});
