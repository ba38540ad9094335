/** Runs in the page: the sequence and its causes, ownership over time, verdicts and their ways, dropped traces. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeRecording } from '../../src/trace/recording.ts';
import type { ClaimsData } from '../../src/view/verdicts/data.ts';
import { dataOf } from '../pages/data.ts';
import { built, launch, root, shown, visit } from './bed.ts';

const race = { kind: 'text', name: 'race.scenario', text: readFileSync(join(root, 'test/golden/claim-during-probe.scenario'), 'utf8') } as const;
const trace = (name: string, file = 'trace.txt.gz') => join(root, 'test/traces', name, file);
let browser: Browser;
beforeAll(async () => { [browser] = await Promise.all([launch(), built()]); }, 120_000);
afterAll(() => browser.close());

const rows = (page: Page) => page.locator('.with-because .rows > g.row');
const at = async (page: Page): Promise<number> => Number((await page.locator('.time output').innerText()).split(' / ')[0]);

/** Drops files on the page, as from a file manager. */
async function drop(page: Page, ...files: readonly { readonly name: string; readonly path?: string; readonly text?: string }[]): Promise<void> {
  const given = files.map(({ name, path, text }) => ({ name, bytes: [...(path === undefined ? Buffer.from(text ?? '') : readFileSync(path))] }));
  const transfer = await page.evaluateHandle((all) => {
    const data = new DataTransfer();
    for (const { name, bytes } of all) data.items.add(new File([new Uint8Array(bytes)], name));
    return data;
  }, given);
  await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
}

test('a sequence: by keys through what is shown, why and who stood in the way by a click, calls fold, lanes open', async () => {
  const serving = await shown([race], { fragment: 'view=sequence' });
  const { page, errors } = await visit(browser, serving.url);
  await rows(page).first().waitFor();
  // All lanes are in sight at 1280 pixels; without Fit they are as wide as before, and scrolled.
  const beyond = () => page.locator('.sequence .box').evaluate((box) => box.scrollWidth - box.clientWidth);
  expect(await page.locator('.sequence .lane').count()).toBeGreaterThan(4);
  await expect.poll(beyond).toBe(0);
  await page.getByRole('button', { name: 'Fit', exact: true }).click();
  await expect.poll(beyond).toBeGreaterThan(100);
  await page.getByRole('button', { name: 'Fit', exact: true }).click();
  await page.getByRole('listbox', { name: 'Messages' }).press('Home');
  await expect.poll(() => at(page)).toBe(1);
  const first = await page.locator('.with-because g.now').first().getAttribute('aria-label');
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => at(page)).toBeGreaterThan(1);
  await expect.poll(() => page.locator('.with-because g.now').first().getAttribute('aria-label')).not.toBe(first);
  await page.keyboard.press('End');

  const refusal = page.locator('.with-because g.row.failed.end').first();
  await refusal.click();
  const why = page.getByRole('region', { name: 'Causes' });
  await why.waitFor();
  await expect.poll(() => why.innerText()).toMatch(/In the way:\s*group:8 used by 0000:\S+ since fact \d+ \(iommu_device_use_default_domain\)/);
  await expect.poll(() => page.locator('.with-because g.row.cause').count()).toBeGreaterThan(1);
  const refusedAt = await at(page);
  await why.locator('.holder .link').click();
  await expect.poll(() => at(page)).toBeLessThan(refusedAt);
  await page.getByRole('listbox', { name: 'Messages' }).press('Escape');
  await expect.poll(() => why.count()).toBe(0);

  const all = await rows(page).count();
  await page.getByRole('button', { name: 'Fold calls' }).click();
  await expect.poll(() => rows(page).count()).toBeLessThan(all);
  await expect.poll(() => page.locator('.with-because g.begin .label').first().textContent()).toMatch(/… \d+ steps/);
  await page.getByRole('button', { name: 'Unfold calls' }).click();
  const lanes = page.locator('.with-because .lane');
  const folded = await lanes.count();
  await lanes.filter({ hasText: /^0000:/ }).first().click();
  await expect.poll(() => lanes.count()).toBeGreaterThan(folded);
  expect(errors).toEqual([]);
  await page.close();
  await serving.close();
});

test('ownership over time: from change to change by keys, and a refusal leads to its message', async () => {
  const serving = await shown([race], { fragment: 'view=ownership' });
  const { page, errors } = await visit(browser, serving.url);
  const bars = page.getByRole('group', { name: /Ownership over time/ });
  await bars.press('End');
  const end = await page.locator('.ownership .standing').innerText();
  for (let presses = 0; presses < 3; presses++) await bars.press('ArrowLeft');
  await expect.poll(() => page.locator('.ownership .standing').innerText()).not.toBe(end);
  await expect.poll(() => bars.locator('.span.kernel_dma').count()).toBeGreaterThan(0);
  await expect.poll(() => bars.locator('.mark.refused').count()).toBeGreaterThan(0);
  await page.locator('.refusals .hop').first().click();
  await page.locator('.with-because g.now.failed').first().waitFor();
  expect(errors).toEqual([]);
  await page.close();
  await serving.close();
});

test('a claim stands beside its counterexample, which opens as a run that others can be linked to', async () => {
  const { claims } = JSON.parse(dataOf('claims')) as ClaimsData;
  const claim = claims.find(({ verdict, shown: best }) => verdict === 'refuted' && best !== undefined);
  const check = claim?.checks[claim.shown ?? 0];
  const serving = await shown([], { fragment: 'view=verdicts' });
  const { page, errors } = await visit(browser, serving.url);
  const list = page.getByRole('listbox', { name: 'Claims' });
  await list.press('Home');
  for (let moves = 1; moves < (claim?.id ?? 0); moves++) await page.keyboard.press('ArrowDown');
  await expect.poll(() => page.locator('.question h2').innerText()).toBe(claim?.claim);
  await expect.poll(() => page.locator('.question .verdict').innerText()).toContain('refuted');
  await page.locator('.way g.now').first().waitFor();
  await page.getByRole('button', { name: 'Open in all views' }).click();
  await rows(page).first().waitFor();
  await expect.poll(() => page.locator('.time output').innerText()).toContain(`${check?.way?.length} / ${check?.way?.length}`);
  await page.waitForFunction(() => /view=sequence/.test(location.hash) && /run=r1\./.test(location.hash));
  const link = await page.evaluate(() => location.hash);
  const other = await visit(browser, `${serving.url}${link}`);
  await rows(other.page).first().waitFor();
  await expect.poll(() => other.page.locator('.bar .model').innerText()).toContain(check?.model);

  await page.getByRole('tab', { name: 'Verdicts' }).click();
  await page.getByRole('tab', { name: 'Bugs of the kernel' }).click();
  await page.getByRole('option', { name: /dma_range_map/ }).first().click();
  await page.getByRole('button', { name: 'Open in all views' }).click();
  await page.waitForFunction(() => document.querySelector('.bar .model')?.textContent?.includes('dma-ranges'));
  await page.getByRole('tab', { name: 'Verdicts' }).click();
  await page.getByRole('tab', { name: 'Properties by model' }).click();
  await page.locator('.matrix td button').first().click();
  await page.locator('.way g.now').first().waitFor();
  expect([...errors, ...other.errors]).toEqual([]);
  await page.close();
  await other.page.close();
  await serving.close();
});

test('a dropped trace: accepted, refused with the line in its place, by another model, and garbage', async () => {
  const serving = await shown();
  const { page, errors } = await visit(browser, serving.url);
  const accepted = '6.12.117+deb12-amd64/user-first';
  await drop(page, { name: 'trace.txt.gz', path: trace(accepted) }, ...['log.txt', 'kprobe_events.txt.gz'].map((file) => ({ name: file, path: trace(accepted, file) })));
  const verdict = page.getByRole('status').filter({ hasText: /conforms|violates|inconclusive/ });
  await verdict.filter({ hasText: 'conforms' }).waitFor();
  await expect.poll(() => page.locator('.verdict-line').innerText()).toMatch(/v6\.12\.y explains all 418 lines[\s\S]*from log\.txt/);
  await expect.poll(() => page.locator('.timeline .span.claimed').count()).toBeGreaterThan(0);
  await expect.poll(() => page.locator('.timeline .mark.refused').first().getAttribute('aria-label')).toMatch(/-EBUSY.*claimed by labctl/);
  await expect.poll(() => page.locator('.lines .line.step').count()).toBeGreaterThan(0);
  await page.getByRole('group', { name: /Ownership over time/ }).press('ArrowRight');
  await page.locator('.lines .line[aria-selected="true"]').waitFor();
  await page.locator('.timeline .mark.refused').first().click();
  await expect.poll(() => page.locator('.verdict-line .standing').innerText()).toMatch(/group 1: claimed by labctl-191 since line 142.*use of 0000:01:02\.0: -EBUSY/);
  await page.getByRole('tab', { name: 'Sequence' }).last().click();
  await page.getByRole('listbox', { name: 'Messages' }).press('Home');
  await page.locator('.part g.row.inferred').first().waitFor();
  await page.getByRole('listbox', { name: 'Messages' }).press('End');
  for (let pages = 0; pages < 20 && await page.locator('.part g.row.failed').count() === 0; pages++) await page.keyboard.press('PageUp');
  await page.locator('.part g.row.failed').last().click();
  await page.getByRole('region', { name: 'Causes' }).getByText(/begun by/).waitFor();

  await page.getByLabel('Judge by model').selectOption('v6.1.y');
  await verdict.filter({ hasText: 'violates' }).waitFor();

  const buggy = 'tdr-buggy/tdr';
  await drop(page, { name: 'trace.txt.gz', path: trace(buggy) }, ...['log.txt', 'kprobe_events.txt.gz', 'stats.txt'].map((file) => ({ name: file, path: trace(buggy, file) })));
  await page.locator('.stopped', { hasText: 'line 41' }).waitFor();
  await page.getByRole('tab', { name: 'Lines' }).click();
  await page.locator('.line.of-stop.line', { hasText: 'pci_dma_configure' }).first().waitFor();
  await expect.poll(() => page.locator('.lines .line.stop, .lines .line.possible').allInnerTexts()).toEqual([
    expect.stringContaining('the model cannot take pci_dma_configure here'), expect.stringContaining('possible instead: pci_dma_cleanup of 0000:00:05.0'), expect.stringContaining('possible instead: bus_notify BUS_NOTIFY_DRIVER_NOT_BOUND'),
  ]);
  await expect.poll(() => page.locator('.lines .line[aria-selected="true"] .number').innerText()).toBe('41');

  await drop(page, { name: 'noise.txt', text: 'nothing of a trace\n'.repeat(50) });
  await page.getByRole('alert').filter({ hasText: 'not-a-trace' }).waitFor();
  await drop(page, { name: 'cut.gz', path: trace(buggy, 'kprobe_events.txt.gz') });
  expect(errors).toEqual([]);
  await page.close();
  await serving.close();
});

test('a link holds a small trace with its line and model; of a large one it names the file, which is asked for', async () => {
  const [serving, other] = await Promise.all([shown(), shown()]);
  const { page, errors } = await visit(browser, serving.url);
  const buggy = 'tdr-buggy/tdr';
  const files = ['log.txt', 'kprobe_events.txt.gz', 'stats.txt'].map((file) => ({ name: file, path: trace(buggy, file) }));
  await drop(page, { name: 'trace.txt.gz', path: trace(buggy) }, ...files);
  await page.locator('.stopped', { hasText: 'line 41' }).waitFor();
  await page.locator('.lines').press('ArrowUp');
  await page.waitForFunction(() => /&trace=t1\.[^&]+&line=40/.test(location.hash));
  const there = await visit(browser, `${other.url}${await page.evaluate(() => location.hash)}`);
  await there.page.locator('.stopped', { hasText: 'line 41' }).waitFor();
  expect(await there.page.locator('.lines .line[aria-selected="true"] .number').innerText()).toBe('40');
  expect(await there.page.locator('.verdict-line').innerText()).toContain('from log.txt');

  // Noise that nothing packs makes it large; the judge reads over comments.
  const text = gunzipSync(readFileSync(trace(buggy))).toString() + Array.from({ length: 3000 }, () => `# ${randomBytes(30).toString('hex')}\n`).join('');
  const large = { name: 'large.txt', text };
  await drop(page, large, ...files);
  await page.waitForFunction(() => /&trace=h1\.[0-9a-f]{64}\.\d+\.large\.txt&line=41/.test(location.hash));
  await there.page.goto(`${other.url}${await page.evaluate(() => location.hash)}`);
  await there.page.reload();
  await there.page.getByRole('alert').filter({ hasText: 'This link is about large.txt: drop that file here again' }).waitFor();
  await drop(there.page, { name: 'trace.txt.gz', path: trace(buggy) }, ...files);
  await there.page.locator('.notice.error', { hasText: 'another file than the link means' }).waitFor();
  await there.page.waitForFunction(() => /&trace=t1/.test(location.hash));
  await there.page.goBack();
  await there.page.getByRole('alert').filter({ hasText: 'drop that file here again' }).waitFor();
  await drop(there.page, large, ...files);
  await there.page.locator('.notice.done', { hasText: 'is the file that the link means' }).waitFor();
  await there.page.locator('.stopped', { hasText: 'line 41' }).waitFor();
  await there.page.goto(`${other.url}#view=traces&trace=t1.damaged`);
  await there.page.reload();
  await there.page.locator('.notice.error', { hasText: 'the trace in the link cannot be unpacked' }).waitFor();
  expect([...errors, ...there.errors]).toEqual([]);
  await page.close();
  await there.page.close();
  await Promise.all([serving.close(), other.close()]);
});

test('a trace that the command line names is judged like a dropped one', async () => {
  const name = 'tdr-buggy/tdr';
  const { probes, ...recording } = describeRecording(name, { 'log.txt': readFileSync(trace(name, 'log.txt'), 'utf8'), 'kprobe_events.txt': gunzipSync(readFileSync(trace(name, 'kprobe_events.txt.gz'))).toString() });
  const serving = await shown([{ kind: 'text', name: trace(name), text: gunzipSync(readFileSync(trace(name))).toString(), recording: { ...recording, probes: [...(probes ?? [])] } }]);
  const { page } = await visit(browser, serving.url);
  await page.locator('.stopped', { hasText: 'line 41: the model cannot take pci_dma_configure here' }).waitFor();
  await page.close();
  await serving.close();
});
