/** Applications of other people in the page: an XState 5 one by @statelyai/inspect, an XState 4 one by @xstate/inspect; live, scrubbed, saved. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { singleFile } from '../../src/web/server/built.ts';
import { watchApplications } from '../../src/web/server/watching.ts';
import { built, launch, root, shown, visit } from './bed.ts';

const folder = mkdtempSync(join(tmpdir(), 'viewer-'));
let browser: Browser;
beforeAll(async () => { [browser] = await Promise.all([launch(), built()]); }, 120_000);
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

const output = (page: Page): Promise<string> => page.locator('.time output').innerText();
const actors = (page: Page): Promise<string[]> => page.locator('.actors li').allInnerTexts().then((all) => all.map((one) => one.replaceAll(/\s+/g, ' ').trim()));
const shop = (url: string): ChildProcess => spawn(process.execPath, [join(root, 'test/inspect/shop.mjs'), url], { stdio: ['pipe', 'ignore', 'inherit'] });
const tell = (child: ChildProcess, ...events: object[]): void => { for (const event of events) child.stdin?.write(`${JSON.stringify(event)}\n`); };

test('any XState 5 application: waited for, then actors, chart, messages, data, differences; scrubbed, saved, opened again, reloaded', async () => {
  const watching = await watchApplications({ listen: 0 });
  const serving = await shown([], { watched: watching.hub, watching: { url: watching.url } });
  const { page, errors } = await visit(browser, serving.url);
  expect(await page.getByRole('region', { name: 'How to connect' }).innerText()).toContain(watching.url);
  const child = shop(watching.url ?? '');
  await page.locator('.chart .state.active[data-state="shop.order.browsing.quiet"]').waitFor();
  expect(await actors(page)).toEqual(['● shop open · quiet', '● clock', '● basket empty']);
  expect(await page.locator('.tabs [role=tab]').allInnerTexts()).toEqual(['Chart', 'Sequence', 'Facts']); // what is about ownership is not there

  tell(child, { type: 'ADD', item: 'tea', price: 200 }, { type: 'CLOSE' }, { type: 'PAY' });
  await page.locator('.chart .edge.taken[data-edge="shop.order.paying -> shop.order.refused"]').waitFor();
  await page.locator('.chart .state.active[data-state="shop.door.closed"]').waitFor();
  const message = page.getByRole('region', { name: 'Message' });
  expect(await message.innerText()).toMatch(/error of pay[\s\S]*takes paying → refused[\s\S]*state\.order/);
  expect(await actors(page)).toEqual(['● shop closed · refused', '● clock', '● basket filled', '✕ pay']);
  const end = Number((await output(page)).split(' / ')[1]);

  // Back to what was added: data, what it changed, who existed.
  await page.locator('.time input[type=search]').fill('actor:basket add');
  await page.locator('.fact', { hasText: 'item: tea' }).last().click();
  await page.locator('.time input[type=search]').fill('');
  expect(await message.innerText()).toMatch(/shop → basket[\s\S]*ADD[\s\S]*item: "tea"[\s\S]*takes empty → filled[\s\S]*items\[0\]\s*∅ → tea[\s\S]*sent while message \d was taken/);
  await page.locator('.actors li', { hasText: 'basket' }).getByRole('button').click();
  await page.locator('.chart .edge.taken[data-edge="basket.empty -> basket.filled"]').waitFor();
  expect(await actors(page)).not.toContain('✕ pay');
  await message.getByRole('button', { name: /message \d/ }).click();
  expect(await message.innerText()).toMatch(/outside → shop[\s\S]*amount\s*0 → 200/);
  await page.locator('.brand').click();
  for (const key of ['b', 'd', 'End']) await page.keyboard.press(key);
  expect(await page.getByRole('region', { name: 'Difference' }).innerText()).toMatch(/Difference, \d to \d+[\s\S]*shop[\s\S]*state\.door\s*open → closed[\s\S]*pay is new/);
  await page.keyboard.press('d');

  await page.keyboard.press('Alt+3');
  await page.locator('.sequence g.now.failed').waitFor();
  expect(await page.locator('.sequence .lane').allInnerTexts()).toEqual(['shop', 'clock', 'basket', 'pay']);
  await page.locator('.sequence g.now').click();
  expect(await page.locator('.sequence g.cause').count()).toBe(2); // the promise, and its answer

  await page.waitForFunction(() => /watched=1/.test(location.hash) && /view=sequence/.test(location.hash));
  const saved = page.waitForEvent('download');
  await page.keyboard.press('s');
  const recording = readFileSync(await (await saved).path(), 'utf8');

  // Whoever loads the page again has the same, and what follows.
  await page.goto(`${serving.url}#view=chart&at=${end - 1}&watched=1`);
  await page.reload();
  await page.waitForFunction((at) => document.querySelector('.time output')?.textContent?.startsWith(`${at} / `), end - 1);
  await page.keyboard.press('End');
  tell(child, { type: 'OPEN' });
  await page.locator('.chart .state.active[data-state="shop.door.open"]').waitFor();
  expect(await output(page)).toBe(`${end + 1} / ${end + 1}`);

  // Started again: the new one is looked at, the old one stays.
  child.kill();
  await page.locator('.notice', { hasText: 'ended the connection' }).waitFor();
  const second = shop(watching.url ?? '');
  await page.waitForFunction(() => document.querySelectorAll('.bar .run').length === 3 && document.querySelectorAll('.bar .run')[2]?.getAttribute('data-current') === 'true');
  await page.locator('.bar .run').first().getByRole('tab').click();
  await page.getByRole('tab', { name: 'Topology' }).waitFor();
  second.kill();
  expect(errors).toEqual([]);
  await page.close();
  await serving.close();
  await watching.close();

  const file = join(folder, 'shop.html');
  writeFileSync(file, singleFile({ version: 'test', store: null, writes: false, given: [{ kind: 'text', name: 'shop.json', text: recording }] }, await built()));
  const alone = await visit(browser, `file://${file}`);
  await alone.page.locator('.chart .edge.taken[data-edge="shop.order.paying -> shop.order.refused"]').waitFor();
  expect(await output(alone.page)).toBe(`${end} / ${end}`);
  expect(alone.errors).toEqual([]);
  await alone.page.close();
});

const old = join(root, 'test/inspect-v4');
test.skipIf(!existsSync(join(old, 'node_modules/@xstate/inspect')))('an XState 4 application behind the server of @xstate/inspect 0.8: watched, and sent events by a click on its chart', async () => {
  const child = spawn(process.execPath, ['show.mjs'], { cwd: old, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: { port?: number; state?: string }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as { port?: number }));
  await vi.waitFor(() => { expect(lines.some(({ port }) => port !== undefined)).toBe(true); }, 30_000);
  const watching = await watchApplications({ asked: [`ws://127.0.0.1:${String(lines.find(({ port }) => port !== undefined)?.port)}`] });
  const serving = await shown([], { watched: watching.hub, watching: { url: null } });
  const { page, errors } = await visit(browser, serving.url);
  await page.locator('.chart .state.active[data-state="light.green"]').waitFor();
  await page.locator('.chart .words.ready', { hasText: 'NEXT' }).first().click();
  await page.locator('.chart .state.active[data-state="light.red"]').waitFor();
  expect(await page.locator('.chart .edge.taken').getAttribute('data-edge')).toBe('light.green -> light.red');
  await page.locator('.takes').getByRole('button', { name: 'NEXT' }).click();
  await page.locator('.chart .state.active[data-state="light.green"]').waitFor();
  await page.getByLabel('Event to send').fill('{ "type": "NEXT", "who": "me" }');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.locator('.chart .state.active[data-state="light.red"]').waitFor();
  expect(await page.getByRole('region', { name: 'Message' }).innerText()).toContain('who: "me"');
  expect(lines.filter(({ state }) => state !== undefined).map(({ state }) => state)).toEqual(['green', 'red', 'green', 'red']);
  expect(errors).toEqual([]);
  child.kill();
  await page.close();
  await serving.close();
  await watching.close();
});
