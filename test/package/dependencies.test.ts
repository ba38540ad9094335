/** What is installed with the package, as it lies in node_modules: no scripts, known licences, one copy. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { auditVerdict } from './audit.mjs';
import { allowed } from './licences.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
interface Manifest { readonly name: string; readonly license?: unknown; readonly scripts?: Readonly<Record<string, string>> }
const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const { packages } = json(join(root, 'package-lock.json')) as { packages: Record<string, { readonly dev?: true; readonly optional?: true; readonly hasInstallScript?: true }> };
const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true).map(([path]) => path);

/** What npm runs of a package when it is installed: scripts of these names, and node-gyp where there is a binding.gyp. */
const runs = ({ scripts = {} }: Manifest, gyp: boolean): string[] => [...['preinstall', 'install', 'postinstall'].filter((name) => name in scripts), ...(gyp ? ['binding.gyp'] : [])];

test.each([
  [{ name: 'a', scripts: { test: 'x', prepare: 'x' } }, false, []],
  [{ name: 'a', scripts: { postinstall: 'node fetch.js' } }, false, ['postinstall']],
  [{ name: 'a' }, true, ['binding.gyp']],
])('a package like %j, with a binding.gyp: %j, runs %j', (manifest, gyp, expected) => {
  expect(runs(manifest, gyp)).toEqual(expected);
});

test.each([
  ['MIT', true], ['EPL-2.0 OR GPL-3.0-or-later', true], ['(MIT AND BSD-3-Clause)', true], ['GPL-3.0-only', false], ['MIT AND GPL-3.0-only', false], [undefined, false], ['SEE LICENSE IN LICENSE', false],
])('the licence %s: %j', (licence, expected) => {
  expect(allowed(licence)).toBe(expected);
});

test('nothing that is installed with the package runs a script then, and each has a licence that we allow', () => {
  expect(installed.length).toBeGreaterThan(10);
  const found = installed.filter((path) => existsSync(join(root, path, 'package.json'))).map((path) => {
    const manifest = json(join(root, path, 'package.json')) as Manifest;
    return { path, runs: runs(manifest, existsSync(join(root, path, 'binding.gyp'))), licence: allowed(manifest.license) ? 'allowed' : manifest.license };
  });
  expect(found.map(({ path }) => path)).toEqual(expect.arrayContaining(['commander', 'elkjs', 'pg', 'ws', 'xstate', 'zod'].map((name) => `node_modules/${name}`)));
  expect(found.filter(({ runs, licence }) => runs.length > 0 || licence !== 'allowed')).toEqual([]);
  expect(Object.entries(packages).filter(([path, { hasInstallScript }]) => hasInstallScript && installed.includes(path))).toEqual([]);
});

test('what is optional is asked for as a peer, so that nobody gets it who did not ask', () => {
  const { optionalDependencies, peerDependencies, peerDependenciesMeta } = json(join(root, 'package.json')) as Record<string, Record<string, unknown> | undefined>;
  expect(optionalDependencies).toBeUndefined();
  expect(peerDependenciesMeta).toEqual(Object.fromEntries(Object.keys(peerDependencies ?? {}).map((name) => [name, { optional: true }])));
});

test.each([
  [{ vulnerabilities: {}, metadata: { vulnerabilities: { total: 0 }, dependencies: { prod: 9 } } }, 'clean', '9 dependencies'],
  [{ vulnerabilities: { ws: { severity: 'high' } }, metadata: { vulnerabilities: { total: 1 } } }, 'holes', 'ws (high)'],
  [{ message: '405 Method Not Allowed', error: { summary: '' } }, 'not answered', '405 Method Not Allowed'],
])('a registry that says %j: %s', (printed, verdict, says) => {
  expect(auditVerdict(JSON.stringify(printed))).toEqual({ verdict, says });
});

test('a registry that says nothing has not said that all is well', () => {
  expect(auditVerdict('').verdict).toBe('not answered');
});
