/** The built page: the files that the server gives, and the one file that needs no server. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelError } from '../../errors.ts';

/** Where `npm run build:page` puts it: beside the compiled package, or below the sources. */
export function builtPage(): string {
  const found = ['../../../web/', '../../../dist/web/'].map((path) => fileURLToPath(new URL(path, import.meta.url))).find((folder) => existsSync(join(folder, 'page/index.html')));
  if (found !== undefined) return found;
  throw new ModelError('unreadable-file', 'the page is not built', { at: 'dist/web', usually: 'a clone in which nothing was built yet', hint: 'npm run build' });
}

export interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
  /** Its name has the hash of its content. */
  readonly immutable: boolean;
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', json: 'application/json', svg: 'image/svg+xml', png: 'image/png', wasm: 'application/wasm', txt: 'text/plain; charset=utf-8',
};

/** Every file of the page by its path in a URL. Only what is listed here is given, so no path leads elsewhere. */
export function assets(folder = builtPage()): ReadonlyMap<string, Asset> {
  const page = join(folder, 'page');
  return new Map(readdirSync(page, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(page.length).replaceAll('\\', '/');
    return [name === '/index.html' ? '/' : name, { type: types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream', bytes: readFileSync(path), immutable: name.startsWith('/assets/') }];
  }));
}

/**
 * The page as one file that opens from a disk: scripts and styles inside, and what it shall show as JSON.
 *
 * @param given what `/api/given` would answer
 */
export function singleFile(given: unknown, folder = builtPage()): string {
  const single = join(folder, 'single');
  const read = (name: string) => readFileSync(join(single, name), 'utf8');
  const html = read('index.html');
  const script = /<script type="module"[^>]*src="\.\/([^"]+)"[^>]*><\/script>/.exec(html);
  if (script === null) throw new ModelError('unreadable-file', 'the page for one file is not built', { at: single, hint: 'npm run build' });
  // A text inside <script> ends at the first </script, wherever it stands.
  const code = read(script[1] ?? '').replaceAll(/<\/(script)/gi, '<\\/$1').replaceAll('<!--', '<\\!--');
  const hash = createHash('sha256').update(code).digest('base64');
  const data = JSON.stringify(given).replaceAll('<', '\\u003c');
  const policy = `default-src 'none'; script-src 'sha256-${hash}' 'wasm-unsafe-eval' blob:; style-src 'unsafe-inline'; img-src data: blob:; worker-src blob: data:; connect-src 'none'; base-uri 'none'; form-action 'none'`;
  const style = /<link rel="stylesheet"[^>]*href="\.\/([^"]+)"[^>]*>/g;
  return html
    .replace(script[0], '')
    .replaceAll(style, (_all, name: string) => `<style>${read(name).replaceAll(/<\/(style)/gi, '<\\/$1')}</style>`)
    .replace('<meta charset="utf-8" />', () => `<meta charset="utf-8" />\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`)
    .replace('</body>', () => `  <script type="application/json" id="given">${data}</script>\n    <script type="module">${code}</script>\n  </body>`);
}
