// Makes of dist/ what is published: what an entry or the program reaches, without comments and blanks (docs/decisions/0005-the-package.md).
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import ts from 'typescript';
import { minifySync } from 'vite';
import { neededDeclarations } from './declarations.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = join(root, 'dist');
const { exports: entries, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entry = Object.values(entries).filter((one) => typeof one === 'object');
const paths = (names) => names.map((name) => resolve(root, name));

/** Files that are loaded at some time. */
function reached(starts) {
  const seen = new Set();
  const visit = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { fileName } of ts.preProcessFile(readFileSync(file, 'utf8'), true, true).importedFiles) if (fileName.startsWith('.')) visit(resolve(dirname(file), fileName));
  };
  for (const start of starts) visit(start);
  return seen;
}

const named = { function: true, class: true };

/** Without comments and blanks, and with short names for variables. Functions, classes, fields, states and exports keep theirs, so that a stack can be read. */
function small(file) {
  const { code, errors } = minifySync(file, readFileSync(file, 'utf8'), {
    module: true, codegen: { removeWhitespace: true }, compress: { target: 'es2023', keepNames: named }, mangle: { toplevel: true, keepNames: named },
  });
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  return code;
}

const code = reached(paths([...entry.map((one) => one.default), ...Object.values(bin)]));
const declarations = neededDeclarations(paths(entry.map(({ types }) => types)));
let [files, bytes] = [0, 0];
for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  const file = join(dist, name);
  if (/^web\b/.test(name) || !statSync(file).isFile()) continue;
  const text = declarations.get(file) ?? (code.has(file) ? small(file) : undefined);
  if (text === undefined) rmSync(file);
  else writeFileSync(file, text);
  files += text === undefined ? 0 : 1;
  bytes += Buffer.byteLength(text ?? '');
}
for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' }).reverse()) {
  const folder = join(dist, name);
  if (statSync(folder).isDirectory() && readdirSync(folder).length === 0) rmdirSync(folder);
}
// man(1) reads it packed as well.
mkdirSync(join(dist, 'man'), { recursive: true });
writeFileSync(join(dist, 'man/dma-ownership.1.gz'), gzipSync(readFileSync(join(root, 'docs/reference/dma-ownership.1')), { level: 9 }));
console.log(`dist: ${files} files, ${bytes} bytes without the page`);
