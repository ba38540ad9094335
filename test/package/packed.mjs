// The package as users get it: packed, installed into an empty project, imported, required, bundled, and its examples run. `npm run packed`; needs the registry.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';
import { audit } from './audit.mjs';
import { allowed } from './licences.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = (name) => join(root, 'node_modules/.bin', name);
const folder = mkdtempSync(join(tmpdir(), 'packed-'));
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }); });
const project = join(folder, 'project');
const run = (command, args, options = {}) => execFileSync(command, args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 28, ...options });
const say = (what, figures = '') => { console.log(`${what.padEnd(46)} ${figures}`); };
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

// What is in it
const tarball = process.argv[2] ?? join(folder, JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root }).replace(/^[^[]*(?=\[\s*\{)/, ''))[0].filename);
mkdirSync(project);
writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'empty', version: '1.0.0', private: true, type: 'module' }));
const began = Date.now();
const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
run('npm', ['install', '--no-audit', '--no-fund', resolve(tarball)]);
say('installed into an empty project', seconds());
const own = join(project, 'node_modules/dma-ownership');
const files = readdirSync(own, { recursive: true, encoding: 'utf8' }).filter((file) => statSync(join(own, file)).isFile());
const expected = /^(?:dist\/(?:machines|src)\/.*\.(?:js|d\.ts)|dist\/web\/.*\.(?:html|js|css|wasm|json)|src\/(?:lab\/guest|record\/script)\/.*|dist\/man\/dma-ownership\.1\.gz|package\.json|README\.md|LICENSE|NOTICE|CHANGELOG\.md)$/;
assert.deepEqual(files.filter((file) => !expected.test(file)), [], 'files that nobody expects in the package');
assert.deepEqual(files.filter((file) => /^src\//.test(file)).sort(), ['src/lab/guest', 'src/record/script'].flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`)).filter((file) => statSync(join(root, file)).isFile()).sort(), 'what runs inside of guests, and the recorder');
const size = (wanted) => files.filter(wanted).reduce((sum, file) => sum + statSync(join(own, file)).size, 0);
const page = (file) => /^dist\/web\//.test(file);
const without = size((file) => !page(file));
assert.ok(without < 1_500_000, `${without} bytes without the page`);
say('files', `${files.length}, ${kilobytes(without)} without the page, ${kilobytes(size(page))} the page`);
say('of these: code, declarations, guests, the rest', [/^dist\/(?:machines|src)\/.*\.js$/, /\.d\.ts$/, /^src\//, /^[^/]*$/].map((kind) => kilobytes(size((file) => kind.test(file)))).join(', '));

// No dependency runs anything when it is installed. docs/how-to/release.md says which licences there may be
const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')).packages;
assert.deepEqual(Object.entries(lock).filter(([, { hasInstallScript }]) => hasInstallScript).map(([name]) => name), [], 'install scripts');
const licences = [...new Set(Object.entries(lock).filter(([name]) => name !== '').map(([, { license }]) => license))].sort();
assert.deepEqual(licences.filter((one) => !allowed(one)), [], 'licences');
say('dependencies, their licences', `${Object.keys(lock).length - 2}, ${licences.join(' ')}`);

// The first minute of somebody who tries it
const trace = (name) => join(root, 'test/traces', name, 'trace.txt.gz');
run('node', ['--input-type=module', '-e', "await import('dma-ownership')"]);
const program = (...args) => spawnSync(join(project, 'node_modules/.bin/dma-ownership'), args, { cwd: project, encoding: 'utf8' });
const { status: decided, stdout: worlds } = program('check', '--devices', '1');
assert.equal(decided, 0);
assert.match(worlds, /\d worlds, .* complete/);
assert.deepEqual([program('judge', trace('6.12.117+deb12-amd64/user-first')).status, program('judge', trace('tdr-buggy/tdr')).status], [0, 1]);
assert.equal(program('inspect', trace('6.12.117+deb12-amd64/user-first'), '--out', 'trace.html').status, 0);
assert.ok(statSync(join(project, 'trace.html')).size > 100_000);
assert.ok(Date.now() - began < 60_000, seconds());
say('installed, imported, checked, judged, inspected', seconds());

const { verdict, says } = audit(project);
assert.notEqual(verdict, 'holes', says);
say('npm audit', `${verdict}: ${says}`);

// The bill of materials, of what was installed: from the lock file here, npm leaves out what is needed for development too
const bill = run('npm', ['sbom', '--sbom-format', 'cyclonedx']);
const { components } = JSON.parse(bill);
if (process.env.SBOM !== undefined) writeFileSync(process.env.SBOM, bill);
const named = new Map(components.map(({ group, name, version }) => [group === undefined ? name : `${group}/${name}`, version]));
const inProject = Object.keys(lock).filter((name) => name.startsWith('node_modules/') && name !== 'node_modules/dma-ownership').map((name) => name.slice(name.lastIndexOf('node_modules/') + 'node_modules/'.length));
assert.deepEqual(inProject.filter((name) => !named.has(name)), [], 'installed, and not in the bill of materials');
say('bill of materials', `${named.size} components`);

// Every entry: imported, required, declared
const { exports: entries } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8'));
const declared = (file, seen = new Map()) => {
  if (seen.has(file)) return seen;
  const text = readFileSync(file, 'utf8');
  seen.set(file, text.length);
  for (const [, name] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)['"]/g)) declared(resolve(dirname(file), name.replace(/\.[jt]s$/, '.d.ts')), seen);
  return seen;
};
for (const [path, { types }] of Object.entries(entries).filter(([, entry]) => typeof entry === 'object')) {
  const name = `dma-ownership${path.slice(1)}`;
  const imported = run('node', ['--input-type=module', '-e', `console.log(Object.keys(await import('${name}')).sort().join())`]).trim();
  const required = run('node', ['--input-type=commonjs', '-e', `console.log(Object.keys(require('${name}')).filter((one) => one !== '__esModule').sort().join())`]).trim();
  assert.ok(imported.length > 0 && imported === required, `${name}: import and require give the same names`);
  const all = declared(join(own, types));
  const alone = statSync(join(own, types)).size;
  assert.ok(alone < 20_000, `${types} has ${alone} bytes`);
  for (const [file, length] of all) assert.ok(length < 20_000, `${file} has ${length} bytes`);
  say(`${name}: names, declarations, all they name`, `${imported.split(',').length}, ${kilobytes(alone)}, ${kilobytes([...all.values()].reduce((sum, one) => sum + one, 0))} in ${all.size} files`);
}

// What publint and "are the types wrong" say
run(bin('publint'), ['--strict', own], { cwd: root });
run(bin('attw'), [resolve(tarball), '--profile', 'esm-only'], { cwd: root });
say('publint, attw', 'nothing to remark');

// A program of a user, with strict types
writeFileSync(join(project, 'user.ts'), `import { createActor } from 'xstate';
import { createSystem, defaultTopology, iommu_group, models, type GroupCall } from 'dma-ownership/machines';
import { explore, subjectOf } from 'dma-ownership/check';
import { watching, type Seen } from 'dma-ownership/inspect';
import { driver_binding, judgeTrace } from 'dma-ownership';
const call: GroupCall = { type: 'iommu_group_claim_dma_owner', from: 'thread:vm1', owner: 'thread:vm1' };
const seen: Seen[] = [];
createActor(iommu_group, { input: { address: 'group:8' }, inspect: watching((one) => seen.push(one)) }).send(call);
// @ts-expect-error: nobody answers this
createActor(iommu_group, { input: { address: 'group:8' } }).send({ type: 'iommu_group_clame_dma_owner', from: 'x' });
const model = models['v6.12.y'];
if (model !== undefined) createSystem(defaultTopology({ devices: 1, users: 1 }), model).start().stop();
export const used = [driver_binding.id, explore, subjectOf, judgeTrace];
`);
const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'NodeNext', '--target', 'ES2023', '--lib', 'ES2023,DOM', 'user.ts'];
run(bin('tsc'), ['--skipLibCheck', ...strict]);
// Our own declarations too; some of XState's do not stand this.
const found = spawnSync(bin('tsc'), strict, { cwd: project, encoding: 'utf8' }).stdout.split('\n').filter((line) => line.startsWith('node_modules/dma-ownership'));
assert.deepEqual(found, [], 'in our declarations');
say('types of a user program', 'strict');

// In a browser: nothing of Node, and only what is asked for
const { build } = await import('vite');
async function bundled(code) {
  const entry = join(project, 'entry.js');
  writeFileSync(entry, code);
  const made = await build({ root: project, configFile: false, logLevel: 'error', build: { write: false, lib: { entry, formats: ['es'] }, minify: true, rollupOptions: { onwarn: (warning) => { throw new Error(warning.message); } } } });
  const { output } = Array.isArray(made) ? made[0] : made;
  const text = output.map(({ code = '' }) => code).join('');
  assert.doesNotMatch(text, /\bfrom\s*["']node:|__vite-browser-external|\brequire\(["']/, 'something of Node');
  return text.length;
}
const sizes = { all: 0, group: 0, inspect: 0 };
sizes.all = await bundled("import * as all from 'dma-ownership/machines'; console.log(all);");
sizes.group = await bundled("import { iommu_group } from 'dma-ownership/machines'; console.log(iommu_group);");
sizes.inspect = await bundled("import { watching, Watched } from 'dma-ownership/inspect'; console.log(watching, Watched);");
assert.ok(sizes.group < sizes.all / 3, `one chart takes ${sizes.group} of ${sizes.all} bytes`);
say('for a browser: all machines, one chart, inspect', `${kilobytes(sizes.all)}, ${kilobytes(sizes.group)}, ${kilobytes(sizes.inspect)} minified, XState in each`);

// The examples
cpSync(join(root, 'examples'), join(project, 'examples'), { recursive: true });

const checked = spawnSync('node', ['examples/own-chart/check.mjs'], { cwd: project, encoding: 'utf8' });
assert.equal(checked.status, 1, checked.stderr);
assert.match(checked.stdout, /every one visited\nbroken: .*\n(?:.*\n)*.*iommu_group_claim_dma_owner(?:.*\n)*\d+ properties are broken\n$/);
say('example: own chart', checked.stdout.split('\n')[0]);

const judged = (...traces) => spawnSync('node', ['examples/ci/judge.mjs', ...traces.map(trace)], { cwd: project, encoding: 'utf8' });
const good = judged('6.12.117+deb12-amd64/user-first');
assert.deepEqual([good.status, good.stdout.startsWith('conforms ')], [0, true], good.stderr);
const bad = judged('6.12.117+deb12-amd64/user-first', 'tdr-buggy/tdr');
assert.equal(bad.status, 1, bad.stderr);
assert.match(bad.stdout, /^::error file=.*,line=\d+::the model cannot take pci_dma_configure here$/m);
assert.match(readFileSync(join(root, 'examples/ci/judge.yml'), 'utf8'), /node judge\.mjs traces/);
say('example: CI job', 'one trace conforms, one is annotated');

/** A manager that is told lines, and what it says. */
async function manager(lines, { kill }) {
  const child = spawn('node', ['examples/hotplug/manager.mjs', 'manager.jsonl'], { cwd: project, stdio: ['pipe', 'pipe', 'inherit'] });
  const heard = [];
  child.stdin.write(`${lines.join('\n')}\n`);
  if (!kill) child.stdin.end();
  for await (const line of createInterface({ input: child.stdout })) {
    heard.push(line);
    if (kill && heard.filter((one) => !one.startsWith('act') && !one.startsWith('ready')).length === lines.length) child.kill('SIGKILL');
  }
  return heard.map((line) => line.replace(/[,;] \d+ facts$/, ''));
}
const device = '0000:02:00.0';
const first = await manager(['claim vm1', `bind ${device} e1000e`, `bind ${device} pci-stub`], { kill: true });
assert.match(first[3], /^refused bind_store: -EBUSY, group:8 claimed by thread:vm1 since fact \d+ \(iommu_group_claim_dma_owner\)$/);
const second = await manager(['state', 'release vm1', `bind ${device} e1000e`, `unbind ${device} pci-stub`, 'claim vm1', 'unplug 0000:02:00.1', `unbind ${device} pci-stub`], { kill: true });
assert.equal(second[1], `state   group 8 claimed; ${device} pci-stub; 0000:02:00.1 unbound`);
const third = await manager(['state'], { kill: false });
assert.equal(third[1], `state   group 8 claimed; ${device} unbound; 0000:02:00.1 unbound`);
say('example: device manager, killed twice', third[1]);

const react = join(folder, 'react');
cpSync(join(root, 'examples/react'), react, { recursive: true });
const wanted = JSON.parse(readFileSync(join(react, 'package.json'), 'utf8'));
writeFileSync(join(react, 'package.json'), JSON.stringify({ ...wanted, dependencies: { ...wanted.dependencies, 'dma-ownership': `file:${resolve(tarball)}` }, devDependencies: {} }));
run('npm', ['install', '--no-audit', '--no-fund'], { cwd: react });
await build({ root: react, configFile: false, logLevel: 'error' });
assert.ok(existsSync(join(react, 'dist/index.html')));
const shown = join(react, 'shown.mjs');
await build({ root: react, configFile: false, logLevel: 'error', build: { ssr: join(react, 'Group.jsx'), outDir: 'ssr' } });
writeFileSync(shown, `import { createElement } from 'react'; import { renderToStaticMarkup } from 'react-dom/server'; import { Group, makeSystem } from './ssr/Group.js';
const live = makeSystem(); const html = () => renderToStaticMarkup(createElement(Group, { live }));
console.log(html().match(/<h1>.*?<\\/h1>/)[0]); await live.call('vm1', { type: 'claim', group: 'group:8' }); console.log(html().match(/<h1>.*?<\\/h1>/)[0]);`);
assert.equal(run('node', [shown], { cwd: react }), '<h1>Group 8 is unowned</h1>\n<h1>Group 8 is claimed</h1>\n');
say('example: React page', 'built, and shows a claim');
