/** What the server says, or what stands in the file that needs no server. */
import type { Start } from '../../server/given.ts';

/** An error of the server, in its words. */
export class ServerError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

let embedded: Start | null | undefined;

/** What the page was written with; null: it came from a server. */
export function own(): Start | null {
  if (embedded !== undefined) return embedded;
  const text = document.getElementById('given')?.textContent;
  embedded = text == null ? null : JSON.parse(text) as Start;
  return embedded;
}

/** Whether there is a server to ask. */
export const served = (): boolean => own() === null && location.protocol.startsWith('http');

/** A document of the server. `path` begins with `/api/`. @throws {ServerError} in the server's words */
export async function ask<Document>(path: string, body?: BodyInit): Promise<Document> {
  if (!served()) throw new ServerError(0, 'this page was opened from a file: there is no server to ask');
  const response = await answer(path, body);
  return response.json() as Promise<Document>;
}

/** The same as text. */
export async function askText(path: string, body?: BodyInit): Promise<string> {
  if (!served()) throw new ServerError(0, 'this page was opened from a file: there is no server to ask');
  return (await answer(path, body)).text();
}

async function answer(path: string, body?: BodyInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...(body === undefined ? {} : { method: 'POST', body }), credentials: 'same-origin', cache: 'no-store' });
  } catch {
    throw new ServerError(0, 'the server does not answer: is `dma-ownership inspect` still running?');
  }
  if (response.ok) return response;
  const text = await response.text();
  // Another server answers with a page of its own, or with nothing.
  const foreign = text.trim() === '' || /html/.test(response.headers.get('content-type') ?? '');
  let said = foreign ? `${location.host} answers ${path} with status ${response.status}: this is not the server that the page was made for. \`dma-ownership inspect\` serves it; \`--out FILE.html\` writes one that needs no server.` : text.trim();
  try {
    const { code, message, hint } = JSON.parse(text) as { code: string; message: string; hint?: string };
    said = `${code}: ${message}${hint === undefined ? '' : `. ${hint}`}`;
  } catch { /* it said it in plain words */ }
  throw new ServerError(response.status, said);
}
