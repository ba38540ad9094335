/** The rules of the layout that a program can check. Folders that do not exist have no offenders. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(root + path, 'utf8');

/** Files below the folders, or the files themselves, as paths from the root. Recorded traces and fixtures are data, not text of ours. */
function files(...paths: string[]): string[] {
  const skipped = /^(node_modules|dist|coverage|traces|fixtures|\.git)$/;
  return paths.flatMap((path) => {
    if (!existsSync(root + path)) return [];
    if (/\.\w+$/.test(path) && !path.startsWith('.')) return [path];
    return readdirSync(root + path, { withFileTypes: true })
      .filter((entry) => !skipped.test(entry.name))
      .flatMap((entry) => (entry.isDirectory() ? files(`${path}/${entry.name}`) : [`${path}/${entry.name}`]));
  });
}

const typescript = files('machines', 'src', 'test', 'bench', 'examples').filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.as.ts'));
const product = typescript.filter((file) => /^(machines|src)\//.test(file));

type Import = { from: string; to: string };

/** What a file imports, types included: paths from the root for files, else the package name. */
function imports(file: string): Import[] {
  return ts.preProcessFile(read(file)).importedFiles.map(({ fileName }) => {
    const to = fileName.startsWith('.') ? posix.join(posix.dirname(file), fileName) : fileName;
    return { from: file, to };
  });
}

/** `machines/kernel.ts` is in `machines`, `src/check/path.ts` in `check`, `src/errors.ts` in `errors.ts`; else a package. */
function part(path: string): string {
  if (path.startsWith('machines/')) return 'machines';
  const [, folder] = /^src\/([^/]+)/.exec(path) ?? [];
  return folder ?? `package ${path.startsWith('node:') ? 'node:' : path.split('/', path.startsWith('@') ? 2 : 1).join('/')}`;
}

const { dependencies, peerDependencies } = JSON.parse(read('package.json')) as Record<'dependencies' | 'peerDependencies', Record<string, string>>;
const libraries = ['node:', ...Object.keys({ ...dependencies, ...peerDependencies })].map((name) => `package ${name}`);
/** Built into the page, so the package does not ask for them. */
const built = ['preact', '@preact/signals', 'elkjs', 'sigma', 'graphology', 'graphology-types'].map((name) => `package ${name}`);
const base = ['machines', 'errors.ts', 'world'];
const tools = ['log', 'scenario', 'check', 'compare', 'cases', 'trace', 'testgen', 'view', 'export'];
const hosts = ['lab', 'inspect', 'record'];

/** Who may import whom. A part may always import itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  machines: ['package xstate'],
  'errors.ts': [],
  world: ['machines', 'errors.ts', 'package xstate', 'package zod'], // zod: topologies are read at this door
  ...Object.fromEntries(tools.map((tool) => [tool, [...base, ...tools, ...libraries]])),
  ...Object.fromEntries(['check', 'compare'].map((tool) => [tool, ['errors.ts', 'world', ...tools, ...libraries]])), // they do not know what an IOMMU is
  ...Object.fromEntries(hosts.map((host) => [host, [...base, ...tools, ...hosts, ...libraries]])),
  'index.ts': [...base, ...tools, ...hosts],
  entry: [...base, ...tools, ...hosts],
  web: [...base, ...tools, ...hosts, ...libraries, ...built],
  cli: [...base, ...tools, ...hosts, 'web', ...libraries],
};

const allowed = ({ from, to }: Import) => part(from) === part(to) || (mayImport[part(from)] ?? []).includes(part(to));

describe('imports go one way', () => {
  test.each([
    ['machines/device.ts', 'xstate', true],
    ['machines/device.ts', 'node:fs', false],
    ['machines/device.ts', 'src/errors.ts', false],
    ['src/world/step.ts', 'machines/address.ts', true],
    ['src/world/step.ts', 'src/check/explore.ts', false],
    ['src/world/step.ts', 'commander', false],
    ['src/check/explore.ts', 'src/world/step.ts', true],
    ['src/check/explore.ts', 'machines/iommu_group.ts', false],
    ['src/compare/lts.ts', 'machines/observable.ts', false],
    ['src/trace/judge.ts', 'machines/tracepoints.ts', true],
    ['src/trace/judge.ts', 'src/cli/exit.ts', false],
    ['src/log/store.ts', 'src/lab/boot.ts', false],
    ['src/inspect/bridge.ts', 'src/web/page.ts', false],
    ['src/cli/inspect.ts', 'src/web/page.ts', true],
    ['src/cli/judge.ts', 'fast-check', false],
    ['src/web/page/main.tsx', 'preact', true],
    ['src/web/server/serve.ts', 'src/cli/exit.ts', false],
    ['src/view/chart/graph.ts', 'preact', false],
    ['src/index.ts', 'src/cli/main.ts', false],
    ['src/invented/file.ts', 'src/errors.ts', false],
  ])('%s may import %s: %j', (from, to, expected) => {
    expect(allowed({ from, to })).toBe(expected);
  });

  test('in every file', () => {
    expect(product.flatMap(imports).filter((line) => !allowed(line))).toEqual([]);
  });

  test('without a cycle between folders', () => {
    const edges = new Map<string, Set<string>>();
    for (const { from, to } of product.flatMap(imports)) {
      if (part(from) !== part(to)) edges.set(part(from), (edges.get(part(from)) ?? new Set()).add(part(to)));
    }
    expect(cycle(edges)).toBeUndefined();
  });

  test('a cycle is found', () => {
    expect(cycle(new Map([['log', new Set(['check'])], ['check', new Set(['log'])]]))).toEqual(['log', 'check', 'log']);
  });

  test('examples use the package by its public name', () => {
    const foreign = typescript.filter((file) => file.startsWith('examples/')).flatMap(imports)
      .filter(({ to }) => !/^(dma-ownership$|xstate$|node:|examples\/)/.test(to));
    expect(foreign).toEqual([]);
  });

  test.each([
    ['a store in memory', 'src/log/store/memory.ts', /^xstate$/], ['the judge in the page', 'src/web/page/trace/judge.worker.ts', /^(?:xstate|zod)$/],
    ['the page', 'src/web/page/main.tsx', /^(?!node:)/],
  ])('%s needs no Node, as a page has none', (_what, file, packages) => {
    const seen = new Set<string>();
    const visit = (file: string): Import[] => {
      if (seen.has(file)) return [];
      seen.add(file);
      return imports(file).flatMap((line) => (/\.tsx?$/.test(line.to) ? visit(line.to) : /\.(?:css|json)$/.test(line.to) ? [] : [line]));
    };
    expect(visit(file).filter(({ to }) => !packages.test(to))).toEqual([]);
    expect(seen.size).toBeGreaterThan(5);
  });

  test('files name each other with their endings', () => {
    expect(product.flatMap(imports).filter(({ to }) => /^(machines|src)\//.test(to) && !/\.(tsx?|css|json)(\?\w+)?$/.test(to))).toEqual([]);
  });
});

/** Some way round, or nothing. */
function cycle(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of edges.get(node) ?? []) {
      const found = visit(next, [...path, node]);
      if (found) return found;
    }
    done.add(node);
    return undefined;
  };
  return [...edges.keys()].map((node) => visit(node, [])).find((found) => found !== undefined);
}

describe('exports', () => {
  test.each(['src/index.ts', ...files('src/entry')])('%s defines nothing', (file) => {
    const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2023);
    const defined = source.statements.filter((line) => !(ts.isExportDeclaration(line) && line.moduleSpecifier));
    expect(defined.map((line) => line.getText(source))).toEqual([]);
  });

  test('no `export *` and no default export', () => {
    expect(lines(typescript, /^export\s+(\*|default\b|\{[^}]*\bas default\b)/)).toEqual([]);
  });
});

describe('words', () => {
  const sources = [
    ...files('machines', 'src', 'test', 'bench', 'examples', 'docs', '.ci'),
    ...files('README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'package.json', 'eslint.config.js', 'vitest.config.ts'),
  ].filter((file) => /\.(tsx?|js|mjs|md|json|sh|css|html)$|^\.ci\//.test(file));

  // The brackets keep these patterns from finding themselves.
  test('no path of one machine', () => {
    expect(lines(sources, /(?<![\w.$})*\]-])\/(?:[w]ork(?![\w-])|[t]mp\/|[h]ome\/|[U]sers\/)/)).toEqual([]);
  });

  test('no unfinished work', () => {
    expect(lines(sources, /\b(?:TOD[O]|FIXM[E])\b/)).toEqual([]);
  });

  test('the model has no clock, no randomness and no timer', () => {
    const impure = /\b(?:new Date|Date\.now|Math\.random|performance\.now|set(?:Timeout|Interval|Immediate)|from(?:Promise|Callback|Observable))\b|^\s*after:/;
    expect(lines(product.filter((file) => /^machines\/|^src\/world\//.test(file)), impure)).toEqual([]);
  });
});

/** Lines that match, as `file:number: text`; comment lines count, because they are read too. */
function lines(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    read(path).split('\n').flatMap((text, index) => (pattern.test(text) ? [`${path}:${index + 1}: ${text.trim()}`] : [])));
}
