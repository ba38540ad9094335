/** The entries of the package and its examples, from the source; `npm run packed` asks the package itself. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { exports: entries } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, string | { types: string; default: string }> };
const sources = new Map<string, string>(Object.entries(entries).flatMap(([path, entry]) => (typeof entry === 'string' ? [] : [[`dma-ownership${path.slice(1)}`, join(root, entry.default.replace(/^\.\/dist\//, '').replace(/js$/, 'ts'))] as const])));

const parsed = new Map<string, ts.SourceFile>();
const parse = (file: string): ts.SourceFile => parsed.get(file) ?? read(file);
function read(file: string): ts.SourceFile {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023, false, file.endsWith('x') ? ts.ScriptKind.JSX : undefined);
  parsed.set(file, source);
  return source;
}
/** Names that a file of re-exports has at run time. */
const namesOf = (file: string): string[] => parse(file).statements.flatMap((line) => (ts.isExportDeclaration(line) && !line.isTypeOnly && line.exportClause !== undefined && ts.isNamedExports(line.exportClause)
  ? line.exportClause.elements.filter(({ isTypeOnly }) => !isTypeOnly).map(({ name }) => name.text) : []));

/** What is loaded at run time behind a file: packages, and `node:` modules. */
function packages(file: string, seen = new Set<string>()): Set<string> {
  const found = new Set<string>();
  if (seen.has(file)) return found;
  seen.add(file);
  for (const line of parse(file).statements) {
    if (!(ts.isImportDeclaration(line) || ts.isExportDeclaration(line)) || line.moduleSpecifier === undefined || !ts.isStringLiteral(line.moduleSpecifier)) continue;
    const clause = ts.isImportDeclaration(line) ? line.importClause : line;
    const bindings = ts.isImportDeclaration(line) ? line.importClause?.namedBindings : line.exportClause;
    const types = clause?.isTypeOnly === true || (bindings !== undefined && (ts.isNamedImports(bindings) || ts.isNamedExports(bindings)) && bindings.elements.every(({ isTypeOnly }) => isTypeOnly) && (!ts.isImportDeclaration(line) || line.importClause?.name === undefined));
    if (types) continue;
    const { text } = line.moduleSpecifier;
    for (const one of text.startsWith('.') ? packages(resolve(dirname(file), text), seen) : [text]) found.add(one);
  }
  return found;
}

test('each sub-path is a file of src/entry, and each file a sub-path', () => {
  const files = readdirSync(join(root, 'src/entry')).map((name) => join(root, 'src/entry', name));
  expect([...sources.values()].sort()).toEqual([join(root, 'src/index.ts'), ...files].sort());
  for (const entry of Object.values(entries)) if (typeof entry !== 'string') expect(entry.types).toBe(entry.default.replace(/js$/, 'd.ts'));
});

test.each([['dma-ownership/machines', ['xstate', 'zod']], ['dma-ownership/inspect', []]])('%s needs no Node', (name, needed) => {
  expect([...packages(sources.get(name) as string)].sort()).toEqual(needed);
});

test('an entry that needs Node is seen to', () => {
  expect([...packages(sources.get('dma-ownership/log') as string)]).toContain('node:crypto');
});

test('nothing awaits while it is loaded, so that require() can load it', () => {
  const waiting: string[] = [];
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file) || !existsSync(file)) return;
    seen.add(file);
    const source = parse(file);
    const look = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) || ts.isClassDeclaration(node)) return;
      if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined)) waiting.push(file);
      ts.forEachChild(node, look);
    };
    if (source.text.includes('await')) source.statements.forEach(look);
    for (const line of source.statements)
      if ((ts.isImportDeclaration(line) || ts.isExportDeclaration(line)) && line.moduleSpecifier !== undefined && ts.isStringLiteral(line.moduleSpecifier) && line.moduleSpecifier.text.startsWith('.')) visit(resolve(dirname(file), line.moduleSpecifier.text));
  };
  for (const file of sources.values()) visit(file);
  expect(seen.size).toBeGreaterThan(150);
  expect(waiting).toEqual([]);
});

const examples = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' }).filter((name) => /\.(?:mjs|jsx)$/.test(name));
test.each(examples)('examples/%s asks the entries for what they have', (name) => {
  const asked = parse(join(root, 'examples', name)).statements.flatMap((line) => (ts.isImportDeclaration(line) && ts.isStringLiteral(line.moduleSpecifier) && line.moduleSpecifier.text.startsWith('dma-ownership')
    ? [[line.moduleSpecifier.text, (line.importClause?.namedBindings as ts.NamedImports).elements.map(({ propertyName, name: own }) => (propertyName ?? own).text)] as const] : []));
  for (const [entry, names] of asked) expect(namesOf(sources.get(entry) as string)).toEqual(expect.arrayContaining(names));
});
