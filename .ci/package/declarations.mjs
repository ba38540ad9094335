// Declaration files with what the entries name, and nothing else.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import ts from 'typescript';

/**
 * What is left of each declaration file: declarations that an entry exports, and those that they name, and so on.
 *
 * Names are followed, not meanings: a declaration that only has the same name as a needed one is kept. Comments at the head of a file go.
 *
 * @param {readonly string[]} entries paths of declaration files, of which everything is kept
 * @returns {Map<string, string>} the text of each file that is needed, by its path
 */
export function neededDeclarations(entries) {
  const files = new Map();
  const open = (path) => {
    const known = files.get(path);
    if (known !== undefined) return known;
    const made = readDeclarations(path);
    files.set(path, made);
    return made;
  };
  const waiting = entries.flatMap((path) => [...open(path).exported.keys()].map((name) => [path, name]));
  const need = (path, name) => { waiting.push([path, name]); };
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [path, name] = next;
    const file = open(path);
    for (const statement of name === '*' ? file.statements : file.exported.get(name) ?? []) keep(statement, file, need);
    const from = file.passedOn.get(name);
    if (from !== undefined) {
      file.used.add(name);
      need(from.path, from.name);
    }
    if (name !== '*' && !file.exported.has(name)) throw new Error(`${path} exports no ${name}`);
  }
  return new Map([...files].map(([path, file]) => [path, printed(file)]));
}

function readDeclarations(path) {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2023, true);
  const file = { source, statements: [], kept: new Set(), used: new Set(), own: new Map(), imported: new Map(), exported: new Map(), passedOn: new Map() };
  const target = (specifier) => (specifier.text.startsWith('.') ? resolve(dirname(path), specifier.text.replace(/\.[jt]s$/, '.d.ts')) : undefined);
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) {
      const { name, namedBindings } = statement.importClause ?? {};
      const to = target(statement.moduleSpecifier);
      if (name !== undefined) file.imported.set(name.text, { path: to, name: 'default' });
      if (namedBindings !== undefined && ts.isNamespaceImport(namedBindings)) file.imported.set(namedBindings.name.text, { path: to, name: '*' });
      if (namedBindings !== undefined && ts.isNamedImports(namedBindings)) for (const one of namedBindings.elements) file.imported.set(one.name.text, { path: to, name: (one.propertyName ?? one.name).text });
    } else if (ts.isExportDeclaration(statement)) {
      if (statement.exportClause === undefined) throw new Error(`${path}: everything of another file is exported`);
      for (const one of statement.exportClause.elements) {
        if (statement.moduleSpecifier === undefined) throw new Error(`${path}: a list of exports`);
        file.exported.set(one.name.text, []);
        const to = target(statement.moduleSpecifier);
        if (to !== undefined) file.passedOn.set(one.name.text, { path: to, name: (one.propertyName ?? one.name).text });
      }
    } else {
      file.statements.push(statement);
      const exported = ts.getCombinedModifierFlags(statement) & ts.ModifierFlags.Export;
      for (const name of namesOf(statement)) for (const map of exported ? [file.own, file.exported] : [file.own]) map.set(name, [...(map.get(name) ?? []), statement]);
    }
  }
  return file;
}

const namesOf = (statement) => (ts.isVariableStatement(statement) ? statement.declarationList.declarations.map(({ name }) => name.text) : [statement.name.text]);

/** Keeps a statement, and asks for everything that it names. */
function keep(statement, file, need) {
  if (file.kept.has(statement)) return;
  file.kept.add(statement);
  const look = (node) => {
    if (ts.isIdentifier(node)) named(node.text);
    if (ts.isImportTypeNode(node)) {
      const { text } = node.argument.literal;
      let first = node.qualifier;
      while (first !== undefined && ts.isQualifiedName(first)) first = first.left;
      if (text.startsWith('.')) need(resolve(dirname(file.source.fileName), text.replace(/\.[jt]s$/, '.d.ts')), first?.text ?? '*');
    }
    ts.forEachChild(node, look);
  };
  const named = (name) => {
    for (const other of file.own.get(name) ?? []) keep(other, file, need);
    const from = file.imported.get(name);
    if (from === undefined || file.used.has(name)) return;
    file.used.add(name);
    if (from.path !== undefined) need(from.path, from.name);
  };
  ts.forEachChild(statement, look);
}

function printed(file) {
  const { source, kept, used } = file;
  const text = (node) => source.text.slice(ts.isImportDeclaration(node) || ts.isExportDeclaration(node) ? node.getStart(source) : docStart(node, source), node.end);
  const lines = source.statements.flatMap((statement) => {
    if (ts.isImportDeclaration(statement)) return importOf(statement, used);
    if (ts.isExportDeclaration(statement)) return text(statement);
    return kept.has(statement) ? text(statement) : [];
  });
  const all = lines.join('\n').replaceAll(/^(?: {4})+/gm, (indent) => '\t'.repeat(indent.length / 4));
  return `${all}${/^export\b/m.test(all) ? '' : '\nexport {};'}\n`;
}

/** The comment that belongs to a declaration is the last before it. */
function docStart(node, source) {
  const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return docs.at(-1)?.getStart(source) ?? node.getStart(source);
}

function importOf(statement, used) {
  const { name, namedBindings } = statement.importClause ?? {};
  const from = `from ${statement.moduleSpecifier.getText()};`;
  const word = statement.importClause?.isTypeOnly ? 'import type' : 'import';
  const named = namedBindings !== undefined && ts.isNamedImports(namedBindings) ? namedBindings.elements.filter((one) => used.has(one.name.text)).map((one) => one.getText()) : [];
  const parts = [
    ...(name !== undefined && used.has(name.text) ? [name.text] : []),
    ...(namedBindings !== undefined && ts.isNamespaceImport(namedBindings) && used.has(namedBindings.name.text) ? [namedBindings.getText()] : []),
    ...(named.length === 0 ? [] : [`{ ${named.join(', ')} }`]),
  ];
  return parts.length === 0 ? [] : `${word} ${parts.join(', ')} ${from}`;
}
