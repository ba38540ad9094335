/** Pictures in the page: the topology, charts that are walked and driven, and the state space. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { built, launch, longestTask, root, shown, visit } from './bed.ts';

const race = { kind: 'text', name: 'race.scenario', text: readFileSync(join(root, 'test/golden/claim-during-probe.scenario'), 'utf8') } as const;
let browser: Browser;
beforeAll(async () => { [browser] = await Promise.all([launch(), built()]); }, 120_000);
afterAll(() => browser.close());

const facts = async (page: Page): Promise<number> => Number((await page.locator('.time output').innerText()).split(' / ')[1]);
const at = async (page: Page): Promise<number> => Number((await page.locator('.time output').innerText()).split(' / ')[0]);
const laidOut = async (page: Page, chart: string): Promise<{ took: number; by: string }> => {
  await page.locator(`output[data-chart="${chart}"][data-by]:not([data-by=""])`).waitFor({ state: 'attached' });
  return page.evaluate(() => { const { took, by } = (document.querySelector('output[data-chart]') as HTMLElement).dataset; return { took: Number(took), by: by ?? '' }; });
};

test('the topology says who has the group, in a form and in words; its things are chosen by click and by keys', async () => {
  const serving = await shown([race], { fragment: 'view=topology&at=0' });
  const { page, errors } = await visit(browser, serving.url);
  const group = page.locator('.topology .group');
  await group.first().waitFor();
  await expect.poll(() => group.first().getAttribute('aria-label')).toMatch(/^group \d+, unowned, owner_cnt 0, domain default/);
  await page.keyboard.press('End');
  const said = new Set<string>();
  for (let step = await facts(page); step > 0; step--) {
    said.add(await group.first().getAttribute('aria-label') ?? '');
    await page.keyboard.press('ArrowLeft');
  }
  expect([...said].some((label) => /kernel DMA|claimed by/.test(label) && label.includes('changed by the last fact'))).toBe(true);
  await expect.poll(() => page.locator('.topology .sign').count()).toBeGreaterThan(0);
  await page.locator('.topology .device').first().click();
  await page.waitForFunction(() => /actor=device/.test(location.hash));
  await page.locator('.topology .device').first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => !/actor=device%3A[^&]*0&/.test(location.hash) && /actor=/.test(location.hash));
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-address'))).not.toBeNull();
  expect(errors).toEqual([]);
  await page.close();
  await serving.close();
});

test('the chart of driver_binding is there at once, and is walked along by keys', async () => {
  const serving = await shown([race], { fragment: 'view=chart' });
  const { page, errors } = await visit(browser, serving.url);
  await page.getByLabel('Actor', { exact: true }).selectOption('group:8');
  await laidOut(page, 'iommu_group');
  const binding = await page.getByLabel('Actor', { exact: true }).evaluate((select: HTMLSelectElement) => [...select.options].find(({ value }) => value.startsWith('binding:'))?.value ?? '');
  const { all, cpu } = await longestTask(browser, page, async () => {
    await page.getByLabel('Actor', { exact: true }).selectOption(binding);
    await laidOut(page, 'driver_binding');
    await page.locator('.canvas [data-state]').first().waitFor();
  });
  const { took, by } = await laidOut(page, 'driver_binding');
  process.stdout.write(`driver_binding: laid out in ${Math.round(took)} ms by the clock (by the ${by}); shown with ${Math.round(all)} ms of CPU, longest task ${Math.round(cpu)}\n`);
  expect(by).toBe('build');
  expect(all).toBeLessThan(500);
  await expect.poll(() => page.locator('.canvas [data-state]').count()).toBe(62);
  await expect.poll(() => page.locator('.canvas .unwinding').count()).toBeGreaterThan(5);
  await expect.poll(() => page.locator('.canvas .state.active').count()).toBeGreaterThan(0);

  const canvas = page.locator('.canvas');
  const title = () => page.locator('.strip .about strong').innerText();
  const announced = () => page.locator('#chart-way').textContent();
  await canvas.focus();
  const [begin, first] = [await title(), await announced()];
  await page.keyboard.press('ArrowDown');
  await expect.poll(announced).not.toBe(first);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect.poll(title).not.toBe(begin);
  await page.keyboard.press('Backspace');
  await expect.poll(title).toBe(begin);
  await page.getByLabel('Search the chart').fill('dma_configure()');
  await page.keyboard.press('Enter');
  await expect.poll(title).toBe('in_dma_configure');
  await expect.poll(() => page.locator('.strip .ways').innerText()).toContain('dma_configure.ret');
  await canvas.focus();
  for (const key of ['+', '-', 'f', '0']) await page.keyboard.press(key);
  expect(errors).toEqual([]);
  await page.close();
  await serving.close();
});

test('what may be delivered is delivered from the chart, and what was taken is marked; other kernels are laid out in a worker', async () => {
  const serving = await shown([], { fragment: 'view=chart' });
  const { page, errors } = await visit(browser, serving.url);
  const thread = await page.getByLabel('Actor', { exact: true }).evaluate((select: HTMLSelectElement) => [...select.options].find(({ value }) => value === 'thread:vm1')?.value ?? '');
  await page.getByLabel('Actor', { exact: true }).selectOption(thread);
  await laidOut(page, 'dma_owner');
  await expect.poll(() => facts(page)).toBe(0);
  await page.locator('.strip .deliver').first().click();
  await page.waitForFunction(() => document.querySelector('.time output')?.textContent?.endsWith('/ 1'));
  await expect.poll(() => page.locator('.canvas .edge.taken').count()).toBe(1);
  await page.getByLabel('Actor', { exact: true }).selectOption('group:8');
  await laidOut(page, 'iommu_group');
  await page.getByRole('button', { name: 'Fit' }).click();
  await page.locator('.canvas .reaction.ready').first().click();
  await page.waitForFunction(() => document.querySelector('.time output')?.textContent?.endsWith('/ 2'));
  await expect.poll(() => page.locator('.canvas .taken').count()).toBeGreaterThan(0);

  await page.keyboard.press('n');
  await page.getByRole('dialog').getByLabel('Model').selectOption('v5.19');
  await page.getByRole('dialog').getByRole('button', { name: 'Begin' }).click();
  await page.keyboard.press('Alt+2');
  await page.getByLabel('Actor', { exact: true }).selectOption('group:8');
  const { took, by } = await laidOut(page, 'iommu_group');
  process.stdout.write(`iommu_group of v5.19: laid out in ${Math.round(took)} ms by the clock, by ${by}, which was loaded for it\n`);
  expect(by).toBe('elk');
  expect(errors).toEqual([]);
  await page.close();
  await serving.close();
});

test('the state space: explored beside the page, coloured, folded, walked by keys, and a world opens in the other views', async () => {
  const serving = await shown([race], { fragment: 'view=space&at=0' });
  const { page, errors } = await visit(browser, serving.url);
  await page.getByLabel('Worlds at most').fill('600');
  await page.getByLabel('Worlds at most').press('Enter');
  await page.getByRole('button', { name: 'Explore' }).click();
  const world = page.locator('.spaceview .world strong');
  await world.waitFor({ timeout: 30_000 });
  await page.locator('.spaceview canvas').first().waitFor();
  const told = await page.locator('.spaceview [role=status]').innerText();
  process.stdout.write(`state space: ${told}\n`);
  expect(told).toMatch(/(?:the first 600|\d+) worlds, \d+ steps/);
  await expect.poll(() => world.innerText()).toBe('World 0');
  await page.locator('.plot').focus();
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key);
  await expect.poll(() => page.locator('#space-world').textContent()).toMatch(/depth 3/);
  await expect.poll(() => page.locator('[aria-label="The way there"] li').count()).toBe(3);
  await page.getByLabel('fold').selectOption({ index: 1 });
  await expect.poll(() => page.getByRole('application').getAttribute('aria-label')).toMatch(/State space: \d+ nodes/);
  await page.getByLabel('colour').selectOption({ label: 'at rest' });
  await expect.poll(() => page.getByRole('list', { name: 'at rest' }).innerText()).toContain('in a call');
  await page.getByRole('button', { name: 'Open in the other views' }).click();
  await page.locator('.topology .group').first().waitFor();
  await expect.poll(() => facts(page)).toBeGreaterThanOrEqual(3);
  await expect.poll(() => at(page)).toBe(await facts(page));
  expect(errors).toEqual([]);
  await page.close();
  await serving.close();
});
