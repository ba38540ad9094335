/** What the tests of the page share: the built page, a server in this process, and Chromium. */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build } from 'vite';
import { assets } from '../../src/web/server/built.ts';
import type { Given, Start } from '../../src/web/server/given.ts';
import { serve, type ServeOptions, type Serving } from '../../src/web/server/serve.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'dist/web');
const lock = join(root, 'dist/web.lock');

/** Newest change below some folders. */
const newest = (...paths: string[]): number => Math.max(0, ...paths.flatMap((path) => readdirSync(join(root, path), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs)));

const done = (): boolean => {
  try {
    return Math.min(...['page', 'single'].map((part) => statSync(join(folder, part, 'index.html')).mtimeMs)) > newest('src', 'machines');
  } catch {
    return false;
  }
};

let made: Promise<string> | undefined;

/** The page, built once for all workers; its folder. */
export function built(): Promise<string> {
  return made ??= (async () => {
    mkdirSync(join(root, 'dist'), { recursive: true });
    for (let tries = 0; !done(); tries++) {
      try {
        mkdirSync(lock);
      } catch {
        // Another worker builds it; one that was killed left its lock behind.
        if (tries > 240) rmSync(lock, { recursive: true, force: true });
        await new Promise((resolve) => setTimeout(resolve, 250));
        continue;
      }
      try {
        for (const mode of ['production', 'single']) await build({ configFile: join(root, 'src/web/page/vite.config.js'), mode, logLevel: 'silent' });
      } finally {
        rmSync(lock, { recursive: true, force: true });
      }
    }
    return folder;
  })();
}

/** A server in this process that shows what is given. */
export async function shown(given: readonly Given[] = [], options: Partial<ServeOptions> & Pick<Start, 'fragment' | 'watching'> = {}): Promise<Serving> {
  const files = assets(await built());
  const { fragment, watching, ...rest } = options;
  const start: Start = { version: 'test', store: options.store?.name ?? null, writes: options.writable != null, given, ...(fragment === undefined ? {} : { fragment }), ...(watching === undefined ? {} : { watching }) };
  return serve({ start, store: null, writable: null, by: 'a test', files, ...rest });
}

export const launch = (): Promise<Browser> => chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--enable-unsafe-swiftshader'],
});

/** A page at a link, begun; what it threw or was refused by its policy is in `errors`. */
export async function visit(browser: Browser, url: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<{ readonly page: Page; readonly errors: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 }, ...options });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
  await page.goto(url);
  await page.waitForSelector('html[data-ready]');
  return { page, errors };
}

interface TraceEvent { readonly name: string; readonly ph: string; readonly pid: number; readonly tid: number; readonly dur?: number; readonly tdur?: number; readonly args?: { readonly name?: string } }

/**
 * The longest task of the page's main thread meanwhile, in milliseconds: no frame is drawn during one. `cpu` is what it used
 * itself, so it is the same on a machine that does much else; `wall` is by the clock; `all` is what all tasks used.
 */
export async function longestTask(browser: Browser, page: Page, work: () => Promise<unknown>): Promise<{ readonly cpu: number; readonly wall: number; readonly all: number }> {
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString('utf8')) as { traceEvents: readonly TraceEvent[] };
  const main = new Set(traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = traceEvents.filter(({ name, ph, pid, tid }) => ph === 'X' && name.endsWith('RunTask') && main.has(`${pid} ${tid}`));
  if (tasks.length === 0) throw new Error('the trace has no task of the page');
  return { cpu: Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000, wall: Math.max(...tasks.map(({ dur = 0 }) => dur)) / 1000, all: tasks.reduce((sum, { tdur = 0 }) => sum + tdur, 0) / 1000 };
}
