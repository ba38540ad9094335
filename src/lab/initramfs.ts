/** What the guest unpacks before its first process: busybox and modules, the same for all runs of a kernel; our helper, and the job of the run. */
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { execPath } from 'node:process';
import { basename, delimiter, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { call, demand } from './call.ts';
import { archive, type Entry } from './cpio.ts';
import { guestFolder, type Kernel } from './folder.ts';

/** Modules that jobs may load, with what they depend on. One that a kernel does not have, or has built in, is left out. */
export const wanted: readonly string[] = ['vfio_iommu_type1', 'vfio-pci', 'pci-stub', 'uio_pci_generic', 'e1000', 'e1000e', 'virtio_pci', 'virtio-rng', 'told'];

const plain = (file: string): string => basename(file).replace(/\.ko(\.\w+)?$/, '').replaceAll('-', '_');

/** Files of these modules and of everything they depend on, from the text of modules.dep. */
export function withDependencies(modulesDep: string, modules: readonly string[]): string[] {
  const lines = modulesDep.split('\n').filter((line) => line !== '').map((line) => line.replace(':', ' ').split(/\s+/).filter((file) => file !== ''));
  const names = new Set(modules.map(plain));
  return [...new Set(lines.filter(([file = '']) => names.has(plain(file))).flat())].sort();
}

/** What runs in the guest. Compiles the helper where it is older than its source, statically: the guest has no libraries. */
export async function guestEntries(lab: string): Promise<Entry[]> {
  const guest = guestFolder();
  const [source, out] = [join(guest, 'labctl.c'), join(lab, 'labctl')];
  if (!existsSync(out) || statSync(out).mtimeMs < statSync(source).mtimeMs) {
    demand(['gcc']);
    await call('gcc', ['-static', '-O2', '-Wall', '-o', `${out}.new`, source]);
    renameSync(`${out}.new`, out);
  }
  return [
    { path: 'bin/labctl', bytes: readFileSync(out), executable: true },
    { path: 'init', bytes: readFileSync(join(guest, 'init')), executable: true },
    { path: 'lab/lib.sh', bytes: readFileSync(join(guest, 'lib.sh')) },
  ];
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
export async function baseOf(kernel: Kernel): Promise<string> {
  const entries: Entry[] = [
    ...['dev', 'proc', 'sys', 'tmp', 'out', 'lab'].map((path) => ({ path })),
    { path: 'bin/busybox', bytes: onPath('busybox'), executable: true },
    ...(kernel.modules === undefined ? [] : await modules(kernel, kernel.modules)),
  ];
  const path = join(kernel.folder, 'initramfs.gz');
  writeFileSync(path, gzipSync(archive(entries), { level: 6 }));
  return path;
}

async function modules(kernel: Kernel, root: string): Promise<Entry[]> {
  const name = kernel.release ?? kernel.name;
  const release = join(root, 'lib', 'modules', name);
  await call('depmod', ['-b', root, name]);
  const staged = join(kernel.folder, 'initramfs');
  const target = join(staged, 'lib', 'modules', name);
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
  const lists = ['modules.builtin', 'modules.order'].flatMap((list) => {
    try {
      const bytes = readFileSync(join(release, list));
      writeFileSync(join(target, list), bytes);
      return [list];
    } catch {
      return [];
    }
  });
  await call('depmod', ['-b', staged, name]);
  return [...unpacked, ...lists, 'modules.dep', 'modules.alias', 'modules.symbols']
    .map((file) => ({ path: join('lib', 'modules', name, file), bytes: readFileSync(join(target, file)) }));
}

/** The initramfs of one run: the kernel's part, then what runs in the guest. */
export function initrdOf(base: string, entries: readonly Entry[], to: string): string {
  writeFileSync(to, Buffer.concat([readFileSync(base), gzipSync(archive(entries))]));
  return to;
}
