/**
 * Small kernels of our own, from Debian's source: one to ask quickly, and one with a bug that history had.
 *
 * `small` boots in half the time of Debian's. `small-remove` has DEBUG_TEST_DRIVER_REMOVE: each probe is done, undone and
 * done again. `small-remove-f429` is the same with what f429378a9bf8 changed taken out again: the kernel undoes the first
 * probe without giving the group up, so that owner_cnt stays too high and no user gets the group any more.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { ModelError } from '../errors.ts';
import { call, demand } from './call.ts';
import { guestFolder, keepKernel, kernelsFolder, type Kernel } from './folder.ts';
import { buildTold, download } from './kernels.ts';
import { prepare } from './prepare.ts';

interface Variant {
  readonly name: string;
  /** Lines of the configuration besides those of small.config. */
  readonly config: readonly string[];
  /** What becomes of drivers/base/dd.c; absent: it stays as it is. */
  readonly edit?: (text: string) => string;
}

const removing = ['CONFIG_DEBUG_TEST_DRIVER_REMOVE=y'];

/** In the order in which they are built: each needs little beyond what the one before it has compiled. */
export const variants: readonly Variant[] = [
  { name: 'small', config: ['# CONFIG_DEBUG_TEST_DRIVER_REMOVE is not set'] },
  { name: 'small-remove', config: removing },
  { name: 'small-remove-f429', config: removing, edit: withoutCleanup },
];

/**
 * really_probe() as it was before f429378a9bf8: what test_remove undoes, it undoes without dma_cleanup.
 *
 * @throws {ModelError} `failed-program` when the text is not what the commit left: one condition and one call.
 */
export function withoutCleanup(text: string): string {
  const from = text.indexOf('if (test_remove) {');
  const to = text.indexOf('goto re_probe', from);
  const lines = text.slice(from, to).split('\n');
  const kept = lines.filter((line) => !line.includes('dma_cleanup'));
  if (from < 0 || to < 0 || lines.length - kept.length !== 2)
    throw new ModelError('failed-program', 'drivers/base/dd.c is not what f429378a9bf8 left', { accepted: 'two lines with dma_cleanup behind `if (test_remove) {`' });
  return text.slice(0, from) + kept.join('\n') + text.slice(to);
}

const sourcePackage = 'linux-source-6.1';

/**
 * Builds the variants one after the other; those that are there already are left as they are. Ten minutes of CPU time for the
 * first, seconds for the others; 2 GB below the lab's folder.
 *
 * @throws {ModelError} `missing-program`, `failed-program`
 */
export async function buildSource(lab: string, progress: (what: string) => void, signal?: AbortSignal): Promise<Kernel[]> {
  demand(['apt-get', 'dpkg-deb', 'tar', 'xz', 'gcc', 'make', 'flex', 'bison', 'bc', 'pahole', 'objdump', 'depmod', 'busybox', 'qemu-system-x86_64']);
  const folder = join(lab, 'source');
  progress(`downloading ${sourcePackage}`);
  const [deb = ''] = await download(folder, [sourcePackage], signal);
  const tree = join(folder, sourcePackage);
  if (!existsSync(join(tree, 'unpacked'))) {
    progress(`unpacking ${sourcePackage}`);
    rmSync(tree, { recursive: true, force: true });
    await call('dpkg-deb', ['-x', deb, join(folder, 'package')], { limit: 600, signal });
    await call('tar', ['xJf', join(folder, 'package', 'usr', 'src', `${sourcePackage}.tar.xz`), '-C', folder], { limit: 900, signal });
    rmSync(join(folder, 'package'), { recursive: true });
    writeFileSync(join(tree, 'unpacked'), '');
  }
  const version = /_([^_]+)_[^_]+\.deb$/.exec(deb)?.[1] ?? '';
  const built: Kernel[] = [];
  for (const variant of variants) built.push(await buildVariant(lab, tree, join(folder, 'build'), variant, `${sourcePackage} ${version}`, progress, signal));
  return built;
}

async function buildVariant(lab: string, tree: string, output: string, { name, config, edit }: Variant, from: string, progress: (what: string) => void, signal?: AbortSignal): Promise<Kernel> {
  const folder = join(kernelsFolder(lab), name);
  const modules = join(folder, 'usr');
  const kernel = { name, from, folder, image: join(folder, 'vmlinux'), symbols: join(folder, 'System.map'), types: join(folder, 'types.o'), modules };
  if (!existsSync(kernel.image)) {
    progress(`building ${name}`);
    const make = (limit: number, ...args: string[]) => call('make', ['-s', '-C', tree, `O=${output}`, ...args], { limit, signal });
    mkdirSync(output, { recursive: true });
    await make(300, 'tinyconfig');
    writeFileSync(join(output, 'lab.config'), `${readFileSync(join(guestFolder(), 'small.config'), 'utf8')}${config.join('\n')}\n`);
    await call('sh', [join(tree, 'scripts', 'kconfig', 'merge_config.sh'), '-O', output, '-m', join(output, '.config'), join(output, 'lab.config')], { cwd: tree, signal });
    await make(300, 'olddefconfig');
    await edited(join(tree, 'drivers', 'base', 'dd.c'), edit, () => make(7200, `-j${Math.max(1, cpus().length)}`, 'vmlinux', 'modules'));
    await typed(output, make);
    mkdirSync(folder, { recursive: true });
    cpSync(join(output, '.config'), join(folder, 'config'));
    cpSync(join(output, 'System.map'), kernel.symbols);
    cpSync(join(output, 'types.o'), kernel.types);
    cpSync(join(output, 'include', 'config', 'kernel.release'), join(folder, 'release'));
    await buildTold(output, folder, join(modules, 'lib', 'modules', releaseOf(folder)), signal);
    cpSync(join(output, 'vmlinux'), `${kernel.image}.new`);
    renameSync(`${kernel.image}.new`, kernel.image);
  }
  const ready = { ...kernel, release: releaseOf(folder), ...(config === removing ? { test_remove: true } : {}) };
  await prepare(lab, ready, progress, signal);
  return keepKernel(ready);
}

const releaseOf = (folder: string): string => readFileSync(join(folder, 'release'), 'utf8').trim();

/** Builds while a file is changed, and puts it back whatever happens. */
async function edited(path: string, edit: Variant['edit'], build: () => Promise<string>): Promise<void> {
  if (edit === undefined) {
    await build();
    return;
  }
  const before = readFileSync(path, 'utf8');
  writeFileSync(path, edit(before));
  try {
    await build();
  } finally {
    writeFileSync(path, before);
  }
}

/** A kernel this small has no BTF: the offsets come from the DWARF of two objects, compiled apart from the others. */
async function typed(output: string, make: (limit: number, ...args: string[]) => Promise<string>): Promise<void> {
  const types = join(output, 'types.o');
  if (existsSync(types)) return;
  const objects = ['drivers/iommu/iommu.o', 'drivers/pci/pci-driver.o'];
  for (const object of objects) cpSync(join(output, object), join(output, `${object}.kept`), { preserveTimestamps: true });
  const commands = objects.map((object) => join(output, object.replace(/([^/]+)$/, '.$1.cmd')));
  const texts = commands.map((file) => readFileSync(file));
  await make(600, 'KCFLAGS=-g', ...objects);
  await call('sh', ['-c', 'ld -r -o "$@"', 'sh', types, ...objects.map((object) => join(output, object))]);
  for (const object of objects) renameSync(join(output, `${object}.kept`), join(output, object));
  for (const [index, file] of commands.entries()) writeFileSync(file, texts[index] as Buffer);
}
