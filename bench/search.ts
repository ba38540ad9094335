/** How fast is a full search, against Spin on the same model? */
import { decidable, ours, spin, textOf, whole } from './contenders.ts';
import { usual } from './models.ts';
import { figure, rounds, table } from './rounds.ts';

export async function fullSearch(): Promise<void> {
  const properties = decidable(usual.properties);
  const text = await textOf(usual, properties);
  const contenders = [
    await ours('ours, WebAssembly', usual, properties),
    spin('Spin, depth first', text, { cc: ['-DNOREDUCE'] }),
    whole('`explore`, from empty tables', usual, properties, 1),
    whole('`explore`, from empty tables, 2 workers', usual, properties, 2),
    spin('Spin, breadth first', text, { cc: ['-DNOREDUCE', '-DBFS'] }),
    await ours('ours, JavaScript', usual, properties, { kernel: 'javascript' }),
    spin('Spin, depth first, its partial order', text),
  ];
  const { states } = usual.counts;
  const ran = await rounds(5, usual.counts, contenders);
  const yardstick = ran.get('Spin, depth first')?.cpu as number;
  table(`Full search: ${usual.name}, ${figure(states)} worlds, ${figure(usual.counts.transitions)} steps, ${properties.length} properties`,
    ['', 'before, s', 'search, s', 'worlds/s', 'ns a step', 'against Spin', 'bytes a world'],
    contenders.map(({ name, before }) => {
      const { cpu, bytes, transitions } = ran.get(name)!;
      return [name, before === 0 ? '' : figure(before), figure(cpu), figure(states / cpu), figure(1e9 * cpu / transitions), figure(yardstick / cpu), figure(bytes)];
    }));
}
