/** The generated tests drive an application that embeds the charts. */
import { Host } from '../../../examples/passthrough.ts';
import type { Call, Create } from './interface.ts';

type Topology = ConstructorParameters<typeof Host>[0];

export const create: Create = (topology) => {
  const host = new Host(topology as Topology, 'v6.12.y');
  const word = (call: Call, name: string) => String(call[name]);
  return {
    call(thread, call) {
      switch (call.type) {
        case 'bind_store': return host.bind(word(call, 'driver'), word(call, 'device'));
        case 'unbind_store': return host.unbind(word(call, 'driver'), word(call, 'device'));
        case 'driver_register': return host.load(word(call, 'driver'));
        case 'driver_unregister': return host.unload(word(call, 'driver'));
        default: return host.lend(thread, word(call, 'group').replace('group:', ''), call.type as 'claim');
      }
    },
    group(group) {
      const { owner, count } = host.owner(group);
      return { owned: owner !== null, owner_cnt: count };
    },
    close: () => host.stop(),
  };
};
