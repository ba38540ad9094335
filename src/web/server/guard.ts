/**
 * Who may ask: the Host and Origin of a request, the token, and the headers that every answer carries.
 *
 * A page of another site can make a browser send requests to loopback. It cannot read the token, its Origin is another,
 * and a name of its own that it lets point here (DNS rebinding) shows in Host.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { hostname } from 'node:os';
import { isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';

/** 192 bits, as a word for URLs. */
export const newToken = (): string => randomBytes(24).toString('base64url');

export interface Refusal {
  readonly status: 400 | 401 | 403;
  readonly text: string;
}

export class Guard {
  readonly token: string;
  readonly #port: number;
  readonly #names: ReadonlySet<string>;
  readonly #anyAddress: boolean;

  /** @param host what the server listens on */
  constructor(token: string, host: string, port: number) {
    this.token = token;
    this.#port = port;
    this.#names = new Set(['localhost', '127.0.0.1', '[::1]', ...(isIP(host) === 6 ? [`[${host}]`] : [host])].concat(loopback(host) ? [] : [hostname().toLowerCase()]));
    // A rebound name is never an address, so any address is one of this machine.
    this.#anyAddress = !loopback(host);
  }

  get cookie(): string {
    return `dma-ownership-${this.#port}`;
  }

  /** Undefined: this Host and Origin may ask. */
  foreign({ headers: { host, origin } }: IncomingMessage): Refusal | undefined {
    if (host === undefined || !this.#ours(host)) return { status: 403, text: `this server does not answer for ${host ?? 'a request without Host'}` };
    if (origin !== undefined && origin !== 'null' && !this.#ours(origin.replace(/^https?:\/\//, ''))) return { status: 403, text: `this server does not answer pages of ${origin}` };
    // A page in a sandbox, or a file: it may not ask either.
    if (origin === 'null') return { status: 403, text: 'this server does not answer pages without an origin' };
    return undefined;
  }

  /** Whether the request brings the token: as a cookie, or in the header that programs send. */
  knows({ headers: { cookie = '', authorization = '' } }: IncomingMessage): boolean {
    const kept = cookie.split(/;\s*/).find((pair) => pair.startsWith(`${this.cookie}=`))?.slice(this.cookie.length + 1);
    return this.same(kept) || this.same(/^Bearer (.+)$/.exec(authorization)?.[1]);
  }

  same(given: string | undefined | null): boolean {
    if (given == null) return false;
    const [a, b] = [Buffer.from(given), Buffer.from(this.token)];
    return a.length === b.length && timingSafeEqual(a, b);
  }

  #ours(name: string): boolean {
    const [, host = '', port = '80'] = /^(\[[0-9a-f:.]+\]|[^:]+)(?::(\d{1,5}))?$/i.exec(name) ?? [];
    if (Number(port) !== this.#port) return false;
    const plain = host.toLowerCase();
    return this.#names.has(plain) || (this.#anyAddress && isIP(plain.replace(/^\[|\]$/g, '')) !== 0);
  }
}

export const loopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);

/** What the page may do: run its own scripts and WebAssembly, ask this server, and nothing else. */
export const policy = [
  "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "img-src 'self' data: blob:", "font-src 'self'", "connect-src 'self'",
  "worker-src 'self' blob:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join('; ');

export const always: Readonly<Record<string, string>> = {
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};
