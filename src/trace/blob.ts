/** Texts from files as a page gets them, packed by gzip or not; needs nothing of Node. */
import { ModelError } from '../errors.ts';

/** Bytes that are read, after unpacking: a string holds no more. */
export const mostBytes = 400_000_000;

/** The text in a file. @throws {ModelError} unreadable-file: its packed data is damaged, or it is larger than a page can hold */
export async function textOfBlob(blob: Blob, name: string): Promise<string> {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  const packed = first === 0x1f && second === 0x8b;
  const stream: ReadableStream<Uint8Array> = packed ? blob.stream().pipeThrough(new DecompressionStream('gzip') as never) : blob.stream();
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  let bytes = 0;
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); next.done !== true; next = await reader.read()) {
      bytes += next.value.length;
      if (bytes > mostBytes) throw new ModelError('unreadable-file', `it has more than ${mostBytes / 1_000_000} MB`, { at: name, hint: 'dma-ownership judge reads traces of any size' });
      pieces.push(decoder.decode(next.value, { stream: true }));
    }
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError('unreadable-file', packed ? 'the packed data is damaged or ends early' : 'it cannot be read', { at: name, hint: 'copy the file again', cause: error });
  }
  return [...pieces, decoder.decode()].join('');
}
