/** What the guest unpacks before its first process: busybox, our helper, modules, and for each run its job. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execPath } from 'node:process';
import { basename, delimiter, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { call } from './call.ts';
import { archive, type Entry } from './cpio.ts';
import { guestFolder, type Kernel } from './folder.ts';

/** Modules that jobs may load, with what they depend on. One that a kernel does not have, or has built in, is left out. */
export const wanted: readonly string[] = ['vfio_iommu_type1', 'vfio-pci', 'pci-stub', 'uio_pci_generic', 'e1000', 'e1000e', 'virtio_pci', 'virtio-rng', 'told'];

const plain = (file: string): string => basename(file).replace(/\.ko(\.\w+)?$/, '').replaceAll('-', '_');

/** Files of these modules and of everything they depend on, from the text of modules.dep. */
export function withDependencies(modulesDep: string, modules: readonly string[]): string[] {
  const lines = modulesDep.split('\n').filter((line) => line !== '').map((line) => line.split(/:?\s+/).filter((file) => file !== ''));
  const names = new Set(modules.map(plain));
  return [...new Set(lines.filter(([file = '']) => names.has(plain(file))).flat())].sort();
}

/** Compiles the helper of the guest, statically: the guest has no libraries. */
export async function helper(lab: string): Promise<string> {
  const out = join(lab, 'labctl');
  await call('gcc', ['-static', '-O2', '-Wall', '-o', out, join(guestFolder(), 'labctl.c')]);
  return out;
}

const onPath = (program: string): Buffer => {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      return readFileSync(join(folder, program));
    } catch {
      continue;
    }
  }
  throw new Error(`${program} was there a moment ago, says ${execPath}`);
};

/** Makes the part that all runs of a kernel share; gives its path. */
export async function baseOf(lab: string, kernel: Kernel): Promise<string> {
  const guest = guestFolder();
  const entries: Entry[] = [
    ...['dev', 'proc', 'sys', 'tmp', 'out', 'lab'].map((path) => ({ path })),
    { path: 'bin/busybox', bytes: onPath('busybox'), executable: true },
    { path: 'bin/labctl', bytes: readFileSync(await helper(lab)), executable: true },
    { path: 'init', bytes: readFileSync(join(guest, 'init')), executable: true },
    { path: 'lab/lib.sh', bytes: readFileSync(join(guest, 'lib.sh')) },
    ...(kernel.modules === undefined ? [] : await modules(kernel, kernel.modules)),
  ];
  const path = join(kernel.folder, 'initramfs.gz');
  writeFileSync(path, gzipSync(archive(entries), { level: 6 }));
  return path;
}

async function modules(kernel: Kernel, root: string): Promise<Entry[]> {
  const release = join(root, 'lib', 'modules', kernel.name);
  await call('depmod', ['-b', root, kernel.name]);
  const staged = join(kernel.folder, 'initramfs');
  const target = join(staged, 'lib', 'modules', kernel.name);
  const files = withDependencies(readFileSync(join(release, 'modules.dep'), 'utf8'), wanted);
  mkdirSync(target, { recursive: true });
  const unpacked: string[] = [];
  for (const file of files) {
    // A packed module is unpacked here once, and not by each guest under emulation.
    const to = file.replace(/\.(xz|zst)$/, '');
    mkdirSync(join(target, to, '..'), { recursive: true });
    const from = join(release, file);
    if (file.endsWith('.xz')) await call('sh', ['-c', 'xz -dc "$1" > "$2"', 'sh', from, join(target, to)]);
    else if (file.endsWith('.zst')) await call('sh', ['-c', 'zstd -qdc "$1" > "$2"', 'sh', from, join(target, to)]);
    else writeFileSync(join(target, to), readFileSync(from));
    unpacked.push(to);
  }
  const lists = ['modules.builtin', 'modules.order'].flatMap((name) => {
    try {
      const bytes = readFileSync(join(release, name));
      writeFileSync(join(target, name), bytes);
      return [name];
    } catch {
      return [];
    }
  });
  await call('depmod', ['-b', staged, kernel.name]);
  return [...unpacked, ...lists, 'modules.dep', 'modules.alias', 'modules.symbols']
    .map((name) => ({ path: join('lib', 'modules', kernel.name, name), bytes: readFileSync(join(target, name)) }));
}

/** The initramfs of one run: the shared part, then the files of the job. */
export function initrdOf(base: string, job: readonly Entry[], to: string): string {
  writeFileSync(to, Buffer.concat([readFileSync(base), gzipSync(archive(job))]));
  return to;
}
