/** Debian's kernels: downloaded as packages, unpacked below the lab's folder, never installed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { ModelError } from '../errors.ts';
import { call, demand } from './call.ts';
import { keepKernel, guestFolder, kernelsFolder, type Kernel } from './folder.ts';
import { payloadOf } from './image.ts';
import { prepare } from './prepare.ts';

/** Series that can be had, and the package that depends on the newest kernel of each. */
export const series: Readonly<Record<string, string>> = { '6.1': 'linux-image-amd64', '6.12': 'linux-image-6.12-amd64' };

/**
 * The newest package of a series, such as `linux-image-6.1.0-56-amd64`.
 *
 * @throws {ModelError} `no-such-kernel`: no series of that name, or apt knows no package of it.
 */
export async function packageOfSeries(asked: string): Promise<string> {
  const meta = series[asked];
  if (meta === undefined) throw new ModelError('no-such-kernel', `no series ${asked}`, { at: '--kernel', accepted: Object.keys(series) });
  const listed = await call('apt-cache', ['depends', meta], { fine: [0, 100] });
  const found = /Depends: (linux-image-(\d+\.\d+)\S*)/.exec(listed);
  if (found?.[1] !== undefined && found[2] === asked) return found[1];
  throw new ModelError('no-such-kernel', `apt knows no kernel ${asked}`, {
    at: meta, accepted: 'bookworm with bookworm-security has both', usually: 'a Debian of another release, or lists that were never fetched', hint: 'apt-get update',
  });
}

/** Downloads packages into a folder, as whoever we are; one that is there already stays. Gives their paths. */
export async function download(folder: string, packages: readonly string[], signal?: AbortSignal): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const there = (name: string) => readdirSync(folder).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'));
  for (const name of packages) if (there(name) === undefined) await call('apt-get', ['download', '-q', name], { cwd: folder, limit: 900, signal });
  return packages.map((name) => join(folder, there(name) ?? ''));
}

const versionOf = (deb: string): string => /_([^_]+)_[^_]+\.deb$/.exec(deb)?.[1]?.replaceAll('%3a', ':') ?? '';

/**
 * Makes a Debian kernel ready: package, image, the module that answers what it is told, symbols, probes, initramfs.
 *
 * Minutes at the first time, seconds when it is there already. Boots the kernel once, to read where its functions are.
 *
 * @throws {ModelError} `missing-program`, `no-such-kernel`, `failed-program`
 */
export async function buildDebian(lab: string, asked: string, progress: (what: string) => void, signal?: AbortSignal): Promise<Kernel> {
  demand(['apt-get', 'dpkg-deb', 'xz', 'zstd', 'gcc', 'make', 'depmod', 'pahole', 'objdump', 'busybox', 'tar', 'qemu-system-x86_64']);
  const name = await packageOfSeries(asked);
  progress(`downloading ${name}`);
  const [deb = ''] = await download(join(lab, 'debs'), [name], signal);
  const release = name.replace('linux-image-', '');
  const folder = join(kernelsFolder(lab), release);
  if (!existsSync(join(folder, 'boot'))) {
    progress(`unpacking ${name}`);
    const fresh = `${folder}.new`;
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh, { recursive: true });
    await call('dpkg-deb', ['-x', deb, fresh], { limit: 600, signal });
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  }
  const image = join(folder, 'vmlinux');
  if (!existsSync(image)) await extract(join(folder, 'boot', `vmlinuz-${release}`), image);
  const modules = existsSync(join(folder, 'lib', 'modules')) ? folder : join(folder, 'usr');
  progress(`building the driver that answers what it is told, for ${release}`);
  await buildTold(await headers(lab, release, signal), folder, join(modules, 'lib', 'modules', release), signal);
  const kernel: Kernel = { name: release, series: asked, from: `${name} ${versionOf(deb)}`, folder, image, symbols: join(folder, 'kallsyms'), types: image, modules };
  await prepare(lab, kernel, progress, signal);
  return keepKernel(kernel);
}

async function extract(bzImage: string, to: string): Promise<void> {
  const { bytes, packing } = payloadOf(readFileSync(bzImage), bzImage);
  writeFileSync(`${to}.packed`, bytes);
  const unpack = { xz: 'xz -dc', zstd: 'zstd -qdc', gzip: 'gzip -dc' }[packing];
  await call('sh', ['-c', `${unpack} < "$1.packed" > "$1"`, 'sh', to], { limit: 300 });
  rmSync(`${to}.packed`);
}

/** The headers that modules are built against, unpacked; gives the folder to `make -C`. */
async function headers(lab: string, release: string, signal?: AbortSignal): Promise<string> {
  const root = join(lab, 'headers', release);
  const folder = join(root, 'usr', 'src', `linux-headers-${release}`);
  if (existsSync(join(root, 'ready'))) return folder;
  const common = release.replace(/-amd64$/, '');
  const kbuild = `linux-kbuild-${release.startsWith('6.1.0-') ? '6.1' : common}`;
  mkdirSync(root, { recursive: true });
  for (const deb of await download(join(lab, 'debs'), [`linux-headers-${release}`, `linux-headers-${common}-common`, kbuild], signal)) await call('dpkg-deb', ['-x', deb, root], { limit: 300 });
  // The Makefile names the installed place of the common headers.
  const makefile = join(folder, 'Makefile');
  writeFileSync(makefile, readFileSync(makefile, 'utf8').replaceAll('/usr/src', join(root, 'usr', 'src')));
  writeFileSync(join(root, 'ready'), '');
  return folder;
}

/** Builds the module against a tree (`make -C`) and puts it where depmod finds it. */
export async function buildTold(tree: string, folder: string, release: string, signal?: AbortSignal): Promise<void> {
  const built = join(folder, 'told');
  cpSync(join(guestFolder(), 'told'), built, { recursive: true });
  await call('make', ['-s', '-C', tree, `M=${built}`, 'modules'], { limit: 600, signal });
  mkdirSync(join(release, 'extra'), { recursive: true });
  cpSync(join(built, 'told.ko'), join(release, 'extra', 'told.ko'));
}
