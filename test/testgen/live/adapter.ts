/** The generated tests drive our own live actors. */
import { models } from '../../../machines/models/index.ts';
import type { Model } from '../../../machines/model.ts';
import { createSystem } from '../../../src/world/live.ts';
import { parseTopology } from '../../../src/world/topology.ts';
import type { Create } from './interface.ts';

export const create: Create = (topology) => {
  const model = models['v6.12.y'] as Model;
  const live = createSystem(parseTopology(topology, 'the topology', model), model).start();
  return {
    call: (thread, call) => live.call(thread, call as never),
    group(group) {
      const { owner, owner_cnt } = live.snapshot(`group:${group}`).context as { owner: string | null; owner_cnt: number };
      return { owned: owner !== null, owner_cnt };
    },
    close: () => live.stop(),
  };
};
