/** Charts in each format, read by the format's own tool: a few of every kind, all with `npm run export:all`. Needs dot (graphviz), xmllint (libxml2-utils), qscxmlc (libqt6scxml6-bin). */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type mermaid from 'mermaid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chartFormats } from '../../../src/export/charts/formats.ts';
import { plainChart, type PlainChart } from '../../../src/export/charts/plain.ts';
import { charts } from '../../machines/charts.ts';

const folder = mkdtempSync(join(tmpdir(), 'charts-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

type Format = keyof typeof chartFormats;
/** Regions, states in states, guards of guards, choices without events, one state only. */
const few = ['device', 'driver_binding', 'v6.12.y iommu_group', 'v6.1.y iommu_group', 'bus_notifier', 'vfio_group', 'mutex', 'pci', 'device_add', 'bind_store', 'claimed-bit iommu_group', 'v7.3 iommufd_ctx'];
const everything = process.env['CHARTS'] === 'all';
const plain = [...charts].filter(([name]) => everything || few.includes(name)).map(([name, chart]) => [name.replaceAll(/[^\w.-]/g, '_'), plainChart(chart)] as const);
const called = (name: string) => plain.find(([one]) => one === name)?.[1] as PlainChart;

test('the charts that are asked about exist', () => {
  expect(plain).toHaveLength(everything ? charts.size : few.length);
});

/** One file for each chart. */
function written(format: Format): string[] {
  mkdirSync(join(folder, format), { recursive: true });
  return plain.map(([name, chart]) => {
    const file = join(folder, format, `${name}.${chartFormats[format].extension}`);
    writeFileSync(file, chartFormats[format].write(chart));
    return file;
  });
}

const said = (command: string, args: readonly string[], cwd = folder) => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 28, cwd });
  if (error !== undefined) throw new Error(`${command} is needed for this test: ${error.message}`);
  return { status, stdout, stderr };
};

describe('dot', () => {
  test('Graphviz lays every chart out, and has nothing to remark', () => {
    // One process for each: Graphviz 2.43 corrupts its memory when it is given many graphs.
    const remarked = written('dot').flatMap((file) => {
      const { status, stdout, stderr } = said('dot', ['-Tplain', file]);
      return status === 0 && stderr === '' && stdout.startsWith('graph ') ? [] : [`${file}: ${status} ${stderr}`];
    });
    expect(remarked).toEqual([]);
  });

  test('every state is a node or a cluster of it, every arrow an edge', () => {
    const chart = called('v6.12.y_iommu_group');
    const file = join(folder, 'one.dot');
    writeFileSync(file, chartFormats.dot.write(chart));
    const { objects, edges } = JSON.parse(said('dot', ['-Tjson0', file]).stdout) as { objects: { name: string }[]; edges: unknown[] };
    const names = objects.map(({ name }) => name.replace(/^cluster_/, ''));
    expect(chart.states.map(({ id }) => id).filter((id) => !names.includes(id))).toEqual([]);
    const begins = chart.states.filter(({ initial }) => initial !== null).length;
    expect(edges).toHaveLength(begins + chart.states.flatMap(({ transitions }) => transitions.flatMap(({ targets }) => targets)).length);
  });

  test('what is no graph is refused', () => {
    const file = join(folder, 'spoiled.dot');
    writeFileSync(file, chartFormats.dot.write(called('mutex')).replace('subgraph', 'subgraph {'));
    expect(said('dot', ['-Tplain', file]).status).not.toBe(0);
  });
});

describe('scxml', () => {
  const schema = fileURLToPath(new URL('../scxml/scxml.xsd', import.meta.url));
  test('xmllint finds every chart valid', () => {
    const { status, stderr } = said('xmllint', ['--noout', '--schema', schema, ...written('scxml')]);
    expect([status, stderr.split('\n').filter((line) => line !== '' && !line.endsWith(' validates'))]).toEqual([0, []]);
  });

  test.each([
    ['an element out of place', /<onentry>/, '<onentry><state/>'],
    ['an event that SCXML cannot name', / event="/, ' event="dev->driver '],
    ['an attribute that SCXML has not', /<transition /, '<transition guard="x" '],
  ])('%s is refused', (_what, from, to) => {
    const chart = called('driver_binding');
    const file = join(folder, 'spoiled.scxml');
    const text = chartFormats.scxml.write(chart);
    expect(text).toMatch(from);
    writeFileSync(file, text.replace(from, to));
    expect(said('xmllint', ['--noout', '--schema', schema, file]).status).not.toBe(0);
  });

  const debian = '/usr/lib/qt6/libexec/qscxmlc'; // not in the path there
  const compiler = existsSync(debian) ? debian : 'qscxmlc';
  test("Qt's compiler makes a state machine of each, and of none whose target is missing", () => {
    const failing = (text: string) => {
      writeFileSync(join(folder, 'one.scxml'), text);
      const { status, stderr, stdout } = said(compiler, ['one.scxml', '-o', 'one', '--classname', 'One']);
      return status === 0 ? [] : [stderr + stdout];
    };
    expect(plain.flatMap(([name, chart]) => failing(chartFormats.scxml.write(chart)).map((said) => `${name}: ${said}`))).toEqual([]);
    expect(failing(chartFormats.scxml.write(called('mutex')).replace(/target="\w+/, 'target="nowhere'))).toEqual([expect.stringContaining('nowhere')]);
  });
});

describe('mermaid', () => {
  let parser: typeof mermaid;
  const globals = ['window', 'document'] as const;
  const before = globals.map((name) => [name, (globalThis as Record<string, unknown>)[name]] as const);
  beforeAll(async () => {
    const { JSDOM } = await import('jsdom' as string) as { JSDOM: new (html: string) => { window: { readonly document: unknown } } };
    const { window } = new JSDOM('');
    Object.assign(globalThis, { window, document: window.document });
    ({ default: parser } = await import('mermaid'));
  }, 60_000);
  afterAll(() => {
    for (const [name, value] of before) if (value === undefined) delete (globalThis as Record<string, unknown>)[name]; else (globalThis as Record<string, unknown>)[name] = value;
  });

  test("Mermaid's parser takes every chart", async () => {
    const refused: string[] = [];
    for (const [name, chart] of plain) await parser.parse(chartFormats.mermaid.write(chart)).catch((error: unknown) => { refused.push(`${name}: ${String(error)}`); });
    expect(refused).toEqual([]);
  });

  test('it knows every state and every arrow', async () => {
    const chart = called('driver_binding');
    const { db } = await (parser as unknown as { mermaidAPI: { getDiagramFromText(text: string): Promise<{ db: { getStates(): Map<string, { descriptions?: string[] }>; getRelations(): unknown[] } }> } }).mermaidAPI
      .getDiagramFromText(chartFormats.mermaid.write(chart));
    expect(db.getRelations()).toHaveLength(chart.states.flatMap(({ transitions }) => transitions.flatMap(({ targets }) => targets)).length);
  });

  test('what is no diagram is refused', async () => {
    await expect(parser.parse(`${chartFormats.mermaid.write(called('mutex'))}  } -->`)).rejects.toThrow();
  });
});

describe('plantuml', () => {
  const { error } = spawnSync('plantuml', ['-version'], { encoding: 'utf8' });
  const check = (text: string) => spawnSync('plantuml', ['-headless', '-syntax'], { encoding: 'utf8', input: text });

  // Java takes a second to begin.
  test.skipIf(error !== undefined)('PlantUML takes a chart with regions, and not a spoiled one (skipped without Debian package plantuml)', () => {
    const chart = called('v6.12.y_iommu_group');
    const text = chartFormats.plantuml.write(chart);
    const counted = chart.states.filter(({ states, initial }) => states.length === 0 || initial !== null).length; // leaves, and where each composite begins
    expect(check(text).stdout).toBe(`STATE\n(${counted} entities)\n`);
    expect(check(text.replace('@enduml', 'state { -->\n@enduml')).stdout).toMatch(/^ERROR/);
  });

  test.runIf(everything && error === undefined)('PlantUML finds no fault in any chart', { timeout: 600_000 }, () => {
    const { status, stderr, stdout } = said('plantuml', ['-headless', '-checkonly', '-failfast2', ...written('plantuml')]);
    expect([status, stderr, stdout]).toEqual([0, '', '']);
  });
});
