/** The page of the matrix as its readers use it: from the disk, by pointer, keyboard and screen reader. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from '@playwright/test';
import axe from 'axe-core';
import { transform } from 'esbuild';
import { outcomeOf, SIGNS } from '../../src/report/outcome.js';
import { CELLS, expect, hostileRecord, RECORDS, test, type Engine } from './fixtures.js';

const FAILED = 'lenet5/onnx-fp32/ort-webgpu@firefox';
const MEASURED = 'resnet20/onnx-fp32/ort-wasm-t1@chromium';
const ENGINES: readonly Engine[] = ['chromium', 'firefox'];

const cellOf = (page: Page, id: string): Locator => page.locator(`.heat a[data-id="${id}"]`);
/** What is asked of elements; the types of the DOM are the pages' alone. */
interface ElementLike {
  getAttribute: (name: string) => string | null;
  scrollLeft: number;
}
const attributes = async (elements: Locator, name: string): Promise<string[]> =>
  await elements.evaluateAll(
    (found: readonly ElementLike[], attribute: string) => found.map((element) => element.getAttribute(attribute) ?? ''),
    name,
  );
const shownIds = (page: Page): Promise<string[]> => attributes(page.locator('.heat a'), 'data-id');
const focused = (page: Page): Promise<string | null> => page.locator(':focus').getAttribute('data-id');
type StyleOf = (element: ElementLike) => { getPropertyValue: (property: string) => string };
const computed = (locator: Locator, property: string): Promise<string> =>
  locator.evaluate((element: ElementLike, name) => {
    const { getComputedStyle } = globalThis as unknown as { getComputedStyle: StyleOf };
    return getComputedStyle(element).getPropertyValue(name);
  }, property);

for (const engine of ENGINES) {
  test.describe(engine, () => {
    test('shows each cell once, with a sign of its own and its headers', async ({ openPage }) => {
      const page = await openPage(engine);
      expect((await shownIds(page)).sort()).toEqual([...CELLS].sort());
      for (const outcome of ['pass', 'known', 'unsupported', 'skipped', 'fail', 'error'] as const) {
        await expect(page.locator(`.heat a[data-outcome="${outcome}"] i`).first()).toHaveText(SIGNS[outcome]);
      }
      await expect(cellOf(page, FAILED)).toHaveText(`${SIGNS.fail}\u221287.5`);
      const row = page.getByRole('grid', { name: /onnxruntime/ }).getByRole('row', { name: /^onnx-fp32 / });
      await expect(row.first().getByRole('rowheader')).toHaveText('onnx-fp32');
      await expect(page.getByRole('columnheader', { name: 'Firefox' }).first()).toBeVisible();
      await expect(page.locator('.verdict')).toContainText('3 cells failed, 1 cell ended in an error');
    });

    test('opens the evidence by click, key and address, and closes it again', async ({ openPage }) => {
      const page = await openPage(engine);
      const dialog = page.getByRole('dialog');
      await cellOf(page, FAILED).click();
      await expect(dialog.getByRole('heading', { name: FAILED })).toBeVisible();
      expect(decodeURIComponent(new URL(page.url()).hash)).toBe(`#${FAILED}`);
      await expect(dialog).toContainText('E_ACCURACY');
      await expect(dialog).toContainText('n = 3,200, p = 1e-300');
      await expect(dialog).toContainText(`npx playwright test -g '${FAILED}'`);
      await expect(dialog.getByRole('link', { name: /report\.md$/ })).toHaveAttribute(
        'href',
        `../findings/${FAILED.replace('@', '%40')}/report.md`,
      );
      await page.keyboard.press('Escape');
      await expect(dialog).toBeHidden();
      await expect.poll(() => new URL(page.url()).hash).toBe('');
      expect(await focused(page)).toBe(FAILED);

      await page.keyboard.press('Enter');
      await expect(dialog).toBeVisible();
      await dialog.getByRole('button', { name: 'Next cell' }).click();
      await expect(dialog.getByRole('heading', { level: 2 })).toHaveText('lenet5/onnx-fp32/ort-webgpu@webkit');
      await expect(dialog).toContainText('navigator.gpu is undefined');
      await dialog.getByRole('button', { name: 'Close' }).click();
      await expect(dialog).toBeHidden();

      const again = await openPage(engine, { address: `#${MEASURED}` });
      await expect(again.getByRole('dialog').getByRole('heading', { name: MEASURED })).toBeVisible();
      await expect(again.getByRole('dialog')).toContainText('Warm latency');
      await expect(again.getByRole('dialog')).toContainText(`npm run perf -- -g '${MEASURED}'`);
    });

    test('arrow keys walk from cell to cell, over gaps, and stop at the edge', async ({ openPage }) => {
      const page = await openPage(engine);
      const grid = page.getByRole('grid', { name: /onnxruntime/ });
      await expect(grid.locator('a[tabindex="0"]')).toHaveCount(1);
      await cellOf(page, 'lenet1/onnx-fp32/ort-wasm-t1@webkit').focus();
      await page.keyboard.press('ArrowRight');
      expect(await focused(page)).toBe('lenet1/onnx-fp32/ort-wasm-t2@chromium');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowDown');
      // There is no onnx-fp32-b100 on wasm: the row is stepped over, and the next model's comes.
      expect(await focused(page)).toBe('lenet5/onnx-fp32/ort-wasm-t1@webkit');
      await page.keyboard.press('Home');
      expect(await focused(page)).toBe('lenet5/onnx-fp32/ort-native@pc');
      await page.keyboard.press('ArrowLeft');
      expect(await focused(page)).toBe('lenet5/onnx-fp32/ort-native@pc');
      await page.keyboard.press('Control+End');
      const last = (await attributes(grid.locator('a'), 'data-id')).at(-1);
      expect(await focused(page)).toBe(last);
      await expect(grid.locator('a[tabindex="0"]')).toHaveCount(1);
      await expect(page.locator('.readout')).toContainText(last ?? '');
    });

    test('asks nothing of any network', async ({ openPage, browsers }) => {
      const context = await (await browsers(engine)).newContext();
      const asked: string[] = [];
      context.on('request', (request) => asked.push(request.url()));
      const source = await openPage(engine);
      const page = await context.newPage();
      await page.goto(source.url());
      await page.locator('html[data-ready]').waitFor();
      await cellOf(page, FAILED).click();
      await page.keyboard.press('Escape');
      await page.locator('#cold').scrollIntoViewIfNeeded();
      await expect(page.locator('#cold svg').first()).toBeVisible();
      await context.close();
      expect(asked.filter((url) => !url.startsWith('data:') && url !== source.url())).toEqual([]);
    });
  });
}

test('filters by each field, by status and by words of the id, and keeps the filter in the address', async ({
  openPage,
}) => {
  const page = await openPage('chromium');
  const status = page.getByRole('status');
  const choose = async (label: string, value: string, like: RegExp): Promise<void> => {
    await page.getByLabel(label, { exact: true }).selectOption(value);
    const expected = CELLS.filter((id) => like.test(id));
    expect((await shownIds(page)).sort()).toEqual(expected.sort());
    await expect(status).toHaveText(`${String(expected.length)} of ${String(CELLS.length)} cells`);
    await page.getByRole('button', { name: 'Show all' }).click();
  };
  await choose('Model', 'resnet20', /^resnet20\//);
  await choose('Precision', 'int8', /-int8\//);
  await choose('Runtime', 'litert', /\/litert-/);
  await choose('Backend', 'webgpu-jsep', /-webgpu-jsep@/);
  await choose('Browser', 'pc', /@pc$/);

  const failed = RECORDS.filter((record) => outcomeOf(record) === 'fail').map(({ id }) => id);
  await page.getByRole('button', { name: '3 fail', exact: true }).click();
  expect((await shownIds(page)).sort()).toEqual(failed.sort());
  await page.getByLabel('Id contains').fill('LENET5 webgpu@');
  expect(await shownIds(page)).toEqual([FAILED]);
  const address = new URL(page.url());
  expect(address.search).toBe('?status=fail&id=LENET5+webgpu%40');

  const again = await openPage('chromium', { address: address.search });
  expect(await shownIds(again)).toEqual([FAILED]);
  await again.getByLabel('Id contains').fill('no such cell');
  await expect(again.locator('.maps')).toHaveText('No cell is like this.');
});

test('shows in cells what is chosen: agreement, drift, latency, memory', async ({ openPage }) => {
  const page = await openPage('chromium');
  const show = page.getByLabel('Show', { exact: true });
  const cell = cellOf(page, FAILED);
  await show.selectOption({ label: 'Agreement with the PC' });
  await expect(cell).toHaveText(`${SIGNS.fail}11.3`);
  await expect(cell).toHaveAccessibleName('11.3, Fail E_ACCURACY, agrees with the PC on 11.28% of samples');
  await show.selectOption({ label: 'Drift, worst output in tolerances' });
  await expect(cell).toHaveText(`${SIGNS.fail}0.031`);
  const measured = RECORDS.find(({ id, kind }) => id === MEASURED && kind === 'performance')?.performance;
  await show.selectOption({ label: 'Warm latency, milliseconds' });
  await expect(cellOf(page, MEASURED)).toHaveText(`${SIGNS.pass}${(measured?.latency?.median.value ?? 0).toFixed(0)}`);
  await show.selectOption({ label: 'Memory added, MB' });
  await expect(cellOf(page, MEASURED)).toHaveText(
    `${SIGNS.pass}${((measured?.memory?.addedBytes ?? 0) / 1e6).toFixed(0)}`,
  );
});

test('draws each measured cell beside native, and says the same in a table', async ({ openPage }) => {
  const page = await openPage('chromium');
  const figure = page.locator('#time figure').filter({ hasText: 'resnet20' }).first();
  await figure.scrollIntoViewIfNeeded();
  const measured = RECORDS.filter(
    ({ cell, performance }) => cell.model === 'resnet20' && performance?.latency !== undefined,
  );
  const onPc = measured.filter(({ cell }) => cell.browser === 'pc');
  expect(measured.length).toBeGreaterThan(10);
  await expect(figure.locator('g[data-mark="dot"] > *')).toHaveCount(measured.length);
  const lines = new Set(measured.filter((record) => !onPc.includes(record)).map(({ id }) => id.split('@')[0]));
  // Native is drawn once a line of the browsers.
  const native = await figure.locator('g[data-mark="rule"] > line').evaluateAll((rules: readonly ElementLike[]) => {
    const at = (rule: ElementLike, end: string): number => Number(rule.getAttribute(end));
    // Intervals lie, native stands.
    return rules.filter((rule) => Math.abs(at(rule, 'y1') - at(rule, 'y2')) > 10).length;
  });
  expect(native).toBe(lines.size);

  await figure.getByText('resnet20 as a table').click();
  const row = figure.getByRole('row', { name: /^onnx-fp32 ort-wasm-t1, Chromium/ });
  const block = measured.find(({ id }) => id === MEASURED)?.performance;
  const ratio = block?.native?.find(({ threads }) => threads === 1)?.ratio.value ?? 0;
  await expect(row.getByRole('cell').nth(0)).toHaveText(`${(block?.latency?.median.value ?? 0).toFixed(1)} ms`);
  await expect(row.getByRole('cell').nth(3)).toHaveText(String(Number(ratio.toPrecision(3))));
  await row.getByRole('link').click();
  await expect(page.getByRole('dialog').getByRole('heading', { name: MEASURED })).toBeVisible();
  await page.keyboard.press('Escape');

  const memory = page.locator('#memory');
  await memory.scrollIntoViewIfNeeded();
  await memory.getByRole('radio', { name: '× model' }).check();
  await expect(memory.locator('figure').first().locator('svg')).toContainText('×');
  const cold = page.locator('#cold figure').first();
  await cold.scrollIntoViewIfNeeded();
  await expect(cold.locator('g[data-mark="bar"] rect')).not.toHaveCount(0);
});

test('a click on a point of a chart opens its evidence', async ({ openPage }) => {
  const page = await openPage('chromium');
  const figure = page.locator('#time figure').filter({ hasText: 'resnet20' }).first();
  await figure.scrollIntoViewIfNeeded();
  await figure.locator('g[data-mark="dot"] > *').first().hover({ force: true });
  await page.mouse.down();
  await page.mouse.up();
  await expect(page.getByRole('dialog').getByRole('heading', { level: 2 })).toHaveText(/^resnet20\//);
});

test('what records say stays text', async ({ openPage }) => {
  const id = 'lenet5/onnx-fp32/ort-wasm-t1@chromium';
  const page = await openPage('chromium', { records: [hostileRecord(id)], address: `#${id}` });
  const dialog = page.getByRole('dialog');
  await expect(dialog.locator('.reason')).toContainText(
    '</script><script>harm=1</script>"\'><img src=x onerror="harm=1">',
  );
  await dialog.getByText('The record as it is').click();
  await dialog.getByText('Stack', { exact: true }).click();
  await expect(dialog.getByText('javascript:harm=1').first()).toBeVisible();
  expect(await page.evaluate(() => 'harm' in globalThis)).toBe(false);
  await expect(page.locator('img, svg[onload], a[href^="javascript:"], a[href*="etc"]')).toHaveCount(0);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`is accessible in ${colorScheme}`, async ({ openPage }) => {
    const page = await openPage('chromium', { colorScheme, reducedMotion: 'reduce' });
    for (const section of ['time', 'memory', 'cold']) {
      const figure = page.locator(`#${section} figure`).first();
      await figure.scrollIntoViewIfNeeded();
      await expect(figure.locator('svg[role="img"]').first()).toBeVisible();
      await figure.locator('summary').click();
    }
    expect(await violations(page)).toEqual([]);
    await page.getByLabel('Show', { exact: true }).selectOption({ label: 'Warm latency, × native' });
    expect(await violations(page)).toEqual([]);
    await cellOf(page, 'lenet5/onnx-fp32/ort-wasm-t1@firefox').click();
    await expect(page.getByRole('dialog')).toBeVisible();
    expect(await violations(page)).toEqual([]);
  });

  test(`each tint of a cell in ${colorScheme} has the contrast of AA to what is written on it`, async ({
    openPage,
  }) => {
    const page = await openPage('chromium', { colorScheme });
    const source = readFileSync(path.join(import.meta.dirname, 'page', 'contrast.ts'), 'utf8');
    const { code } = await transform(source, { loader: 'ts', format: 'iife', globalName: 'measured' });
    const contrasts = await page.evaluate<{ what: string; contrast: number }[]>(`${code}; measured.contrasts()`);
    expect(contrasts).toHaveLength(60);
    expect(contrasts.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
  });
}

/** What axe finds, but for what is minor. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({ resultTypes: ['violations'] }),
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .slice(0, 3)
          .map(({ html, failureSummary }) => `${html}: ${failureSummary ?? ''}`)
          .join(' | ')}`,
    );
}

test('the switch overrules the system, and is remembered', async ({ openPage }) => {
  const page = await openPage('chromium', { colorScheme: 'light' });
  const ground = (): Promise<string> => computed(page.locator('body'), 'background-color');
  const light = await ground();
  await page.getByRole('radio', { name: 'Dark' }).check();
  const dark = await ground();
  expect(dark).not.toBe(light);
  await page.reload();
  await page.locator('html[data-ready]').waitFor();
  expect(await ground()).toBe(dark);
  await page.getByRole('radio', { name: 'Auto' }).check();
  expect(await ground()).toBe(light);
});

test('nothing moves for who wants no motion', async ({ openPage }) => {
  for (const reducedMotion of ['reduce', 'no-preference'] as const) {
    const page = await openPage('chromium', { reducedMotion, address: `#${FAILED}` });
    const name = await computed(page.getByRole('dialog'), 'animation-name');
    expect(name === 'none').toBe(reducedMotion === 'reduce');
  }
});

test('on 400 pixels the page does not scroll sideways, its heat maps do, with their heads in place', async ({
  openPage,
}) => {
  const page = await openPage('chromium', { viewport: { width: 400, height: 800 } });
  for (const section of ['accuracy', 'time', 'memory', 'cold']) {
    await page.locator(`#${section}`).scrollIntoViewIfNeeded();
    await expect.poll(() => page.evaluate<number>('document.documentElement.scrollWidth')).toBe(400);
  }
  const scroll = page.locator('.grid .scroll').first();
  const head = scroll.getByRole('rowheader', { name: 'onnx-fp32', exact: true }).first();
  const before = await head.boundingBox();
  await scroll.evaluate((element: ElementLike) => {
    element.scrollLeft = 500;
  });
  const after = await head.boundingBox();
  expect(after?.x).toBeCloseTo(before?.x ?? NaN, 0);
  expect(await scroll.evaluate((element: ElementLike) => element.scrollLeft)).toBe(500);
  // A cell that the keyboard comes to is not hidden by the heads.
  await cellOf(page, 'lenet1/onnx-fp32/ort-webnn@webkit').focus();
  await page.keyboard.press('Home');
  const cell = await cellOf(page, 'lenet1/onnx-fp32/ort-native@pc').boundingBox();
  expect(cell?.x ?? 0).toBeGreaterThanOrEqual((after?.x ?? 0) + (after?.width ?? 0) - 1);
});

test('without measurements it says how they are made, without records that there are none', async ({ openPage }) => {
  const page = await openPage('chromium', { records: RECORDS.filter(({ kind }) => kind === 'accuracy') });
  await expect(page.locator('#time')).toContainText('npm run perf');
  const empty = await openPage('chromium', { records: [] });
  await expect(empty.locator('.verdict')).toContainText('There are no results.');
});
