/**
 * The ELF image inside a bzImage. QEMU boots it as it is (PVH): the guest need not unpack itself under emulation, which
 * halves the time to boot, and functions are where the symbols say, without KASLR.
 */
import { ModelError } from '../errors.ts';

export type Packing = 'xz' | 'zstd' | 'gzip';

/** The packed image, and how it is packed. */
export interface Payload {
  readonly bytes: Buffer;
  readonly packing: Packing;
}

const magics: readonly (readonly [magic: string, packing: Packing])[] = [['fd377a58', 'xz'], ['28b52ffd', 'zstd'], ['1f8b', 'gzip']];

/**
 * Finds the payload by the header that Documentation/x86/boot.rst describes (protocol 2.08 and later).
 *
 * @throws {ModelError} `not-a-kernel`: no bzImage, or packed in a way we do not know.
 */
export function payloadOf(bzImage: Buffer, name: string): Payload {
  const damaged = (what: string) => new ModelError('not-a-kernel', what, { at: name, accepted: 'a bzImage of x86, packed by xz, zstd or gzip' });
  if (bzImage.length < 0x250 || bzImage.toString('latin1', 0x202, 0x206) !== 'HdrS') throw damaged('it has no header of a bzImage');
  const sectors = bzImage.readUInt8(0x1f1) || 4;
  const from = (sectors + 1) * 512 + bzImage.readUInt32LE(0x248);
  // The last four bytes of the payload are the unpacked size, which is no part of the stream.
  const end = from + bzImage.readUInt32LE(0x24c) - 4;
  if (end > bzImage.length || end <= from) throw damaged('it ends before its payload does');
  const bytes = bzImage.subarray(from, end);
  const packing = magics.find(([magic]) => bytes.toString('hex', 0, 4).startsWith(magic))?.[1];
  if (packing === undefined) throw damaged(`its payload begins with ${bytes.toString('hex', 0, 4)}`);
  return { bytes, packing };
}
