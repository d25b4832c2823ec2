/** The harness page as a person opens it: no driver's bridge, only what is on the screen. */
import { chromium, expect, test as base, type Page } from '@playwright/test';
import { findEngine } from '../../src/browsers/find.js';
import { buildCatalog } from '../../src/plan/catalog.js';
import { loadModels } from '../../src/plan/cards.js';
import { startHarness } from '../../src/server/harness.js';
import type { HarnessServer } from '../../src/server/server.js';

const test = base.extend<{ harness: Page }, { server: HarnessServer }>({
  server: [
    async ({}, use) => {
      const { models } = loadModels();
      const server = await startHarness({ catalog: await buildCatalog(models) });
      await use(server);
      await server.close();
    },
    { scope: 'worker' },
  ],
  harness: async ({ server }, use) => {
    const status = await findEngine('chromium');
    if (!status.found || status.engine.driver !== 'playwright')
      throw new Error('Chromium is missing: run npm run setup');
    const { executablePath, args } = status.engine;
    const browser = await chromium.launch({ executablePath, args: [...args] });
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${server.origin}/page/`);
    await use(page);
    await browser.close();
  },
});

test('lists models, artifacts and runtime-backends, and says what the browser lacks', async ({ harness }) => {
  await expect(harness.getByLabel('Model').locator('option')).toContainText(['LeNet-1', 'LeNet-5']);
  await expect(harness.getByLabel('Artifact').locator('option')).toContainText([
    'onnx-fp32',
    'onnx-fp32-b100',
    'tfjs-fp32',
  ]);
  await expect(harness.getByLabel('Runtime and backend').locator('option')).toContainText([
    'ort-wasm-t1',
    'ort-webgpu-jsep',
  ]);
  await expect(harness.getByRole('status')).toHaveText(/Available: /);
  await harness.getByLabel('Runtime and backend').selectOption('ort-webnn');
  await expect(harness.getByRole('status')).toHaveText(/Not in this browser: navigator\.ml is undefined/);
  await expect(harness.getByRole('button', { name: 'Run cell' })).toBeDisabled();
});

test('runs a chosen cell and shows its numbers; the address is a link to the same run', async ({ harness }) => {
  await harness.getByLabel('Model').selectOption('lenet5');
  await harness.getByLabel('Artifact').selectOption('tfjs-fp32');
  await harness.getByLabel('Runtime and backend').selectOption('tfjs-wasm');
  await harness.getByLabel('Samples, at most').fill('500');
  await harness.getByRole('button', { name: 'Run cell' }).click();
  const headline = /99\.\d\d %.*\d+ of 500 right; the card says 99\.28 %/;
  await expect(harness.locator('.headline')).toHaveText(headline);
  await expect(harness.getByRole('row', { name: /provider/ })).toContainText('wasm');
  await expect(harness.getByRole('row', { name: /inferences/ })).toContainText('5');
  await expect(harness.locator('figure')).toHaveCount(24);
  await harness.reload();
  await expect(harness.locator('.headline')).toHaveText(headline);
});

test('shows a fault with its code and what to do', async ({ harness }) => {
  await harness.route('**/*.onnx', async (route) => {
    const response = await route.fetch();
    const body = Buffer.from(await response.body());
    body[1000] = (body[1000] ?? 0) ^ 1;
    await route.fulfill({ response, body });
  });
  await harness.getByRole('button', { name: 'Run cell' }).click();
  await expect(harness.locator('.fault')).toContainText('E_CHECKSUM');
  await expect(harness.locator('.fault')).toContainText('restore it');
});

test('loads a runtime only when it is asked for', async ({ harness }) => {
  const loaded = (): Promise<string[]> =>
    harness.evaluate(() => performance.getEntriesByType('resource').map((entry) => entry.name));
  await expect(harness.getByRole('button', { name: 'Run cell' })).toBeVisible();
  expect((await loaded()).filter((name) => /vendor|tfjs|\.wasm/.test(name))).toEqual([]);
});
