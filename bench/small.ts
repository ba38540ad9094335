/** What do tables bring, against those that keep worlds as objects? */
import { decidable, graph, ours, reference, spin, textOf } from './contenders.ts';
import { small } from './models.ts';
import { figure, rounds, table } from './rounds.ts';

export async function againstObjects(): Promise<void> {
  const properties = decidable(small.properties);
  const { counts: { states, transitions } } = small;
  const contenders = [
    await ours('ours, WebAssembly', small, properties),
    spin('Spin, depth first', await textOf(small, properties), { cc: ['-DNOREDUCE'] }),
    await ours('ours, JavaScript', small, properties, { kernel: 'javascript' }),
    graph(small, 'getAdjacencyMap'), graph(small, 'getShortestPaths'), reference(small),
  ];
  const ran = await rounds(2, small.counts, contenders);
  const graphs = ran.get(graph(small, 'getAdjacencyMap').name)?.cpu as number;
  table(`Small enough for worlds as objects: ${small.name}, ${figure(states)} worlds, ${figure(transitions)} steps`,
    ['', 'before, s', 'search, s', 'worlds/s', 'against `getAdjacencyMap`'],
    contenders.map(({ name, before }) => {
      const { cpu } = ran.get(name)!;
      return [name, before === 0 ? '' : figure(before), figure(cpu), figure(states / cpu), figure(graphs / cpu)];
    }));
}
