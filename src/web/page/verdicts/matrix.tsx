/** Properties by model: what holds where, and of each broken one the shortest way. */
import { signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { CellData, MatrixData, MatrixTable } from '../../../view/verdicts/data.ts';
import type { Session } from '../session.ts';
import { Way, type Shown } from './way.tsx';

const table = signal(0);
const chosen = signal<{ readonly cell: CellData; readonly model: string; readonly property: number } | null>(null);

export function Matrix({ session, data }: { readonly session: Session; readonly data: MatrixData }) {
  const one = data.tables[table.value] ?? (data.tables[0] as MatrixTable);
  const { cell, model = '', property = 0 } = chosen.value ?? {};
  const shown = useMemo((): Shown | null => {
    if (cell?.verdict !== 'broken' || cell.way === undefined) return null;
    const where = data.topologies[cell.topology] as MatrixData['topologies'][number];
    const { name } = data.properties[property] as MatrixData['properties'][number];
    return { model, topology: where.topology, property: name, way: cell.way, title: `${model}: ${name}` };
  }, [cell]);
  return (
    <div class="matrix">
      <div class="tables" role="tablist" aria-label="Which models">
        {data.tables.map(({ title }, at) => <button key={title} role="tab" class="plain" aria-selected={data.tables[at] === one} onClick={() => { table.value = at; chosen.value = null; }}>{title}</button>)}
        <span class="muted small">holds: in every world of every topology of the table; a number: facts of the shortest way to where it is broken; –: says nothing there</span>
      </div>
      <div class="grid" role="region" aria-label="Table" tabIndex={0}>
        <table>
          <thead><tr><th scope="col">{one.rows.some(({ topology }) => topology !== undefined) ? 'Where' : 'Kind'}</th><th scope="col">Property</th>{one.models.map((name) => <th key={name} scope="col"><code>{name}</code></th>)}</tr></thead>
          <tbody>
            {one.rows.map(({ property: at, topology, cells }, row) => {
              const { name, kind, why } = data.properties[at] as MatrixData['properties'][number];
              return (
                <tr key={row}>
                  <td class="muted">{topology === undefined ? kind : data.topologies[topology]?.says}</td><th scope="row" title={why}>{name}</th>
                  {cells.map((here, column) => <Cell key={one.models[column]} cell={here} pressed={here === cell} label={`${name}, ${one.models[column]}`} onChoose={() => { chosen.value = { cell: here, model: one.models[column] as string, property: at }; }} />)}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {shown !== null && <Way session={session} shown={shown} />}
      {shown !== null && cell?.verdict === 'broken' && <p class="muted small pad">With {data.topologies[cell.topology]?.says}.</p>}
    </div>
  );
}

function Cell({ cell, pressed, label, onChoose }: { readonly cell: CellData; readonly pressed: boolean; readonly label: string; readonly onChoose: () => void }) {
  if (cell.verdict === 'not applicable') return <td class="none" aria-label={`${label}: says nothing there`}>–</td>;
  if (cell.verdict === 'unknown') return <td class="unknown">? unknown</td>;
  if (cell.verdict !== 'broken') return <td class="holds" aria-label={`${label}: holds`}>✓</td>;
  return <td class="broken">{cell.way === undefined ? <span title="no world has it">✗ never</span> : <button aria-pressed={pressed} aria-label={`${label}: broken, ${cell.way.length} facts`} onClick={onChoose}>✗ {cell.way.length}</button>}</td>;
}
