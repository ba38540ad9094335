/**
 * Which SQLite: Node's own where it is fit, else `@photostructure/sqlite`, which has the same interface.
 *
 * Fit is a library without the fault of WAL files that 3.51.3 mends and 3.52.0 has again, in a Node that has the module
 * without a switch. Both are opened by the same calls, so nobody else has to know.
 */
import { ModelError } from '../../errors.ts';

export interface Statement {
  run(...values: unknown[]): { readonly changes: number | bigint };
  get(...values: unknown[]): Record<string, unknown> | undefined;
  all(...values: unknown[]): Record<string, unknown>[];
}

/** What we use of either driver. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

export interface Driver {
  readonly name: string;
  open(path: string, options: { readonly readOnly: boolean }): Database;
}

type Module = { readonly DatabaseSync: new (path: string, options: { readonly readOnly: boolean; readonly enableForeignKeyConstraints: boolean }) => Database };

let known: Promise<Driver> | undefined;

/** @throws {ModelError} unreachable-store: there is no SQLite for this Node on this machine */
export const sqliteDriver = (): Promise<Driver> => (known ??= find());

async function find(): Promise<Driver> {
  const { node = '0', sqlite = '0' } = process.versions;
  if (atLeast(node, [22, 13, 0]) && atLeast(sqlite, [3, 51, 3]) && sqlite !== '3.52.0') {
    const own = quietly(() => process.getBuiltinModule('node:sqlite') as Module | undefined);
    if (own !== undefined) return driver(`node:sqlite ${sqlite}`, own);
  }
  try {
    const module = await import('@photostructure/sqlite') as unknown as Module;
    const probe = new module.DatabaseSync(':memory:', { readOnly: false, enableForeignKeyConstraints: true });
    const version = String(probe.prepare('select sqlite_version() as version').get()?.['version']);
    probe.close();
    return driver(`@photostructure/sqlite, SQLite ${version}`, module);
  } catch (error) {
    throw new ModelError('unreachable-store', 'there is no SQLite for this Node on this machine', {
      at: `Node ${node}`, accepted: ['Node 22.13 or newer with SQLite 3.51.3 or newer', '@photostructure/sqlite'],
      usually: 'a Node without a fit SQLite, and nothing installed in its place',
      hint: 'npm install @photostructure/sqlite; or keep the log in a file (--log file:log.jsonl) or on a server (postgres://...)', cause: error,
    });
  }
}

const driver = (name: string, { DatabaseSync }: Module): Driver =>
  ({ name, open: (path, { readOnly }) => new DatabaseSync(path, { readOnly, enableForeignKeyConstraints: true }) });

/** Node 22 warns that the module may change; a command has no reader for that. */
function quietly<Result>(load: () => Result): Result {
  const before = Object.getOwnPropertyDescriptor(process, 'emitWarning') as PropertyDescriptor;
  process.emitWarning = () => undefined;
  try {
    return load();
  } finally {
    Object.defineProperty(process, 'emitWarning', before);
  }
}

export function atLeast(version: string, least: readonly [number, number, number]): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
