/** Data of the page that comes from code: written by `npm run pages` and by `-u`, held by tests. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { properties } from '../../machines/properties/index.ts';
import type { Topology } from '../../machines/topology.ts';
import { picksOf, Table, type CellData, type MatrixData, type MatrixTable } from '../../src/view/verdicts/data.ts';
import type { Column } from './matrix.ts';

const pathOf = (name: string) => fileURLToPath(new URL(`../../src/web/page/verdicts/${name}.json`, import.meta.url));

/** JSON with one line for each entry of a list at the top, so that a changed verdict is a changed line. */
export const jsonOf = (data: object): string => `{\n${Object.entries(data).map(([key, value]) =>
  `${JSON.stringify(key)}: ${Array.isArray(value) ? `[\n${value.map((entry) => JSON.stringify(entry)).join(',\n')}\n]` : JSON.stringify(value)}`).join(',\n')}\n}\n`;

export const dataOf = (name: string): string => readFileSync(pathOf(name), 'utf8');

/** Holds a file of data against what code says; with PAGES=write it is written. */
export function holdData(name: string, data: object): void {
  if (process.env['PAGES'] === 'write') writeFileSync(pathOf(name), jsonOf(data));
  else expect(dataOf(name)).toBe(jsonOf(data));
}

/** Tables of properties by model as data. */
export class Matrix {
  readonly #topologies = new Table<{ says: string; topology: Topology }>();
  readonly #tables: MatrixTable[] = [];
  readonly #given: Readonly<Record<string, Topology>>;

  constructor(given: Readonly<Record<string, Topology>>) {
    this.#given = given;
  }

  /** A table whose columns are over all topologies together: a row for each property that says something anywhere. */
  table(title: string, columns: ReadonlyMap<string, Column>): void {
    this.#tables.push({ title, models: [...columns.keys()], rows: this.#rows(columns, ({ verdict }) => verdict !== 'not applicable') });
  }

  /** A table by topology: of each the properties that some model breaks there. */
  byTopology(title: string, columns: ReadonlyMap<string, ReadonlyMap<string, Column>>): void {
    const [first] = columns.values();
    this.#tables.push({
      title, models: [...(first ?? new Map()).keys()],
      rows: [...columns].flatMap(([says, own]) => this.#rows(own, ({ verdict }) => verdict === 'broken').map((row) => ({ topology: this.#number(says), ...row }))),
    });
  }

  get data(): MatrixData {
    return { topologies: this.#topologies.all, properties: properties.map(({ name, kind, why }) => ({ name, kind, why })), tables: this.#tables };
  }

  #rows(columns: ReadonlyMap<string, Column>, shows: (cell: Column[number]) => boolean): MatrixTable['rows'] {
    const all = [...columns.values()];
    return properties.flatMap((_, property) => {
      const cells = all.map((column) => column[property] as Column[number]);
      return cells.some(shows) ? [{ property, cells: cells.map((cell) => this.#cell(cell)) }] : [];
    });
  }

  #cell(cell: Column[number]): CellData {
    if (cell.verdict !== 'broken') return { verdict: cell.verdict };
    const { asked: { model, topology }, finding: { witness } } = cell;
    return { verdict: 'broken', topology: this.#number(cell.topology), steps: cell.steps, ...(witness === undefined ? {} : { way: picksOf(model, topology, witness.facts) }) };
  }

  #number(says: string): number {
    return this.#topologies.number({ says, topology: this.#given[says] as Topology });
  }
}
