/** The schemas of `--json`: printed from those that the commands are typed by, and able to refuse. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { describe, expect, test } from 'vitest';
import { documents } from '../../src/cli/documents/index.ts';
import { wrongIn } from './here.ts';

const names = Object.keys(documents) as (keyof typeof documents)[];
const fileOf = (name: string): string => `../../docs/reference/json/${name}.schema.json`;

test.each(names)('docs/reference/json has the schema of %s', async (name) => {
  const { $schema, ...schema } = z.toJSONSchema(documents[name]) as { $schema: string };
  const whole = { $schema, title: `dma-ownership/${name}`, ...schema };
  await expect(`${JSON.stringify(whole, null, 1)}\n`).toMatchFileSnapshot(fileOf(name));
});

test('docs/reference/json has no other', () => {
  expect(readdirSync(fileURLToPath(new URL('../../docs/reference/json', import.meta.url))).sort()).toEqual(names.map((name) => `${name}.schema.json`).sort());
});

describe('a spoiled document is refused', () => {
  const right = { schema: 'dma-ownership/charts@1', model: 'v6.12.y', charts: [{ name: 'iommu_group', states: 4 }] };
  test('the right one is not', () => {
    expect(wrongIn(right)).toBeUndefined();
  });
  test.each([
    ['a field that nobody knows', { ...right, more: 1 }], ['a field that is gone', { ...right, model: undefined }], ['another type', { ...right, charts: [{ name: 'iommu_group', states: '4' }] }],
    ['a number below zero', { ...right, charts: [{ name: 'iommu_group', states: -1 }] }], ['the name of another', { ...right, schema: 'dma-ownership/chart@1' }], ['no name', { ...right, schema: 'charts' }],
  ])('%s', (_what, document) => {
    expect(wrongIn(JSON.parse(JSON.stringify(document)))).toBeDefined();
  });
});
