/** Where the lab keeps what it downloaded, unpacked and built: one folder, which may be deleted at any time. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { ModelError } from '../errors.ts';

/** A kernel that is ready to be booted. */
export interface Kernel {
  /** The release of a Debian kernel, or the name of a build of ours: `6.1.0-56-amd64`, `small`, `small-remove`. */
  readonly name: string;
  /** What `uname -r` says, where that is not the name. */
  readonly release?: string;
  /** Series that it can be asked for by, such as `6.1`; a build of ours has none. */
  readonly series?: string;
  /** Built with DEBUG_TEST_DRIVER_REMOVE. */
  readonly test_remove?: boolean;
  /** Name and version of the Debian package. */
  readonly from: string;
  readonly folder: string;
  /** The ELF image. */
  readonly image: string;
  /** Where its functions are: a kallsyms or System.map. */
  readonly symbols: string;
  /** What pahole reads: the image with its BTF, or an object with DWARF. */
  readonly types: string;
  /** Folder with lib/modules below it, if it has modules. */
  readonly modules?: string;
}

/** `$XDG_CACHE_HOME` or `~/.cache`, then `dma-ownership/lab`. */
export const defaultFolder = (env: Readonly<Record<string, string | undefined>> = process.env): string =>
  join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'dma-ownership', 'lab');

/** Files of the guest that come with this package. */
export const guestFolder = (): string => join(dirname(createRequire(import.meta.url).resolve('dma-ownership/package.json')), 'src', 'lab', 'guest');

export const kernelsFolder = (lab: string): string => join(lab, 'kernels');

/** Every kernel that was built here, by name. */
export function kernels(lab: string): Kernel[] {
  const folder = kernelsFolder(lab);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).sort().flatMap((name) => {
    const file = join(folder, name, 'kernel.json');
    return existsSync(file) ? [{ ...(JSON.parse(readFileSync(file, 'utf8')) as Kernel), folder: join(folder, name) }] : [];
  });
}

/**
 * The kernel of that name, or the last one of that series.
 *
 * @throws {ModelError} `no-such-kernel`
 */
export function kernelOf(lab: string, asked: string): Kernel {
  const known = kernels(lab);
  const found = known.find(({ name }) => name === asked) ?? known.findLast(({ series }) => series === asked);
  if (found !== undefined) return found;
  throw new ModelError('no-such-kernel', `no kernel ${asked} was built`, {
    at: kernelsFolder(lab), accepted: known.flatMap(({ name, series }) => (series === undefined ? [name] : [name, series])),
    hint: /^\d/.test(asked) ? `dma-ownership lab build --kernel ${asked}` : 'dma-ownership lab build --source',
  });
}

export function keepKernel(kernel: Kernel): Kernel {
  writeFileSync(join(kernel.folder, 'kernel.json'), `${JSON.stringify(kernel, null, 2)}\n`);
  return kernel;
}
