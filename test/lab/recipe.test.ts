/** Probes derived from two Debian kernels' types, symbols and code, against what those kernels listed when they recorded. */
import { describe, expect, test } from 'vitest';
import { recipeOf } from '../../src/lab/recipe.ts';
import { parseProbes } from '../../src/trace/recording.ts';
import { known, unpacked } from './known.ts';

/** `event symbol+offset returns fields`, in a fixed order. */
const listed = (text: string): string[] => [...parseProbes(text).values()].flat()
  .map(({ event, symbol, offset, returns, fields }) => `${event} ${symbol}+${offset} ${returns ? 'return' : 'entry'} ${fields.join()}`).sort();

describe.each(['6.1.0-56-amd64', '6.12.117+deb12-amd64'])('%s', (kernel) => {
  test('gets the probes that its recordings were made with', () => {
    const text = recipeOf(known(kernel)).join('\n');
    expect(listed(text)).toEqual(listed(unpacked(`../traces/${kernel}/bind-unbind/kprobe_events.txt.gz`)));
  });

  test('reads from the offsets that its types say', () => {
    const { members } = known(kernel);
    const group = members('iommu_group');
    const [mutex = 0, count = 0] = [group.get('mutex'), group.get('owner_cnt')];
    expect(recipeOf(known(kernel)).filter((line) => line.startsWith('p:lab/cs_use ')).every((line) => line.includes(` oc=+${count - mutex}(%di):u32 `))).toBe(true);
  });

  test('a type without the member that a probe needs is said by name', () => {
    const without = { ...known(kernel), members: (struct: string) => new Map([...known(kernel).members(struct)].filter(([name]) => name !== 'owner_cnt')) };
    expect(() => recipeOf(without)).toThrow('struct iommu_group has no member owner_cnt');
  });
});

test('numbers of notifier actions are the kernel\'s own', () => {
  const said = (kernel: string) => recipeOf(known(kernel)).find((line) => line.startsWith('# bus notifier actions:'));
  expect(said('6.1.0-56-amd64')).toContain(' 4=BIND_DRIVER ');
  expect(said('6.12.117+deb12-amd64')).toContain(' 3=BIND_DRIVER ');
});
