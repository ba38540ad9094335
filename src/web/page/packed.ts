/** JSON as a word for a URL: compressed by the browser itself. */

export const packed = async (value: unknown): Promise<string> => base64(await through(new TextEncoder().encode(JSON.stringify(value)), new CompressionStream('deflate-raw'), Infinity));

/** @throws what the browser, or JSON, says of a damaged word; RangeError: it would be larger than `most` bytes */
export async function unpacked(word: string, most = 64_000_000): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode(await through(bytes(word), new DecompressionStream('deflate-raw'), most)));
}

async function through(given: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Blob([given]).stream().pipeThrough(stream as unknown as ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>);
  let size = 0;
  const counted = out.pipeThrough(new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(piece, to) {
      size += piece.length;
      if (size > most) throw new RangeError(`more than ${most} bytes`);
      to.enqueue(piece);
    },
  }));
  return new Uint8Array(await new Response(counted).arrayBuffer());
}

function base64(given: Uint8Array): string {
  let text = '';
  for (const byte of given) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
