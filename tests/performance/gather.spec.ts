/**
 * Time and memory end to end, as `npm run perf` and `npm run soak` do it, for one small cell in each engine. No test asserts
 * how long anything takes.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { buildPage } from '../../src/build/page.js';
import { BROWSERS } from '../../src/protocol/cell.js';
import {
  performanceObservationSchema,
  soakObservationSchema,
  type PerformanceObservation,
  type SoakObservation,
} from '../../src/protocol/performance.js';
import type { ResultRecord } from '../../src/protocol/record.js';
import { readRecords, start } from '../child.js';
import { runSuite } from '../faults/suite.js';
import { mutants } from '../mutants/plugin.js';

test.describe.configure({ timeout: 180_000 });

const CONFIG = ['--config', 'playwright.performance.config.ts'];

/** "1 cells measured   ✓ 1 passed" and the like. */
const totals = (said: string): string => /^\d+ cells? .*$/m.exec(said)?.[0] ?? `no totals in ${said}`;

/** Runs a project of the performance configuration for one cell; @returns its record, and the folder of the reports. */
async function run(
  project: 'performance' | 'soak',
  id: string,
  scratch: string,
  { page, status = 'pass' }: { page?: string; status?: string } = {},
): Promise<[ResultRecord, string]> {
  const reports = path.join(scratch, 'reports');
  const args = [...CONFIG, '--project', project, '-g', id];
  const ended = await runSuite({
    reports,
    scratch,
    args,
    ...(page === undefined ? {} : { env: { PLUMBLINE_PAGE: page } }),
  });
  const records = readRecords(reports);
  expect(
    records.map((record) => [record.kind, record.id, record.status]),
    ended.said,
  ).toEqual([[project, id, status]]);
  const code = status === 'pass' ? 0 : 1;
  expect(ended.code, ended.said).toBe(code);
  // The same verdict comes of what was saved, without a browser.
  const again = await start(process.execPath, ['src/cli/plumbline.mjs', 'judge'], {
    env: { PLUMBLINE_REPORTS: reports },
  }).ended;
  expect([again.code, totals(again.said)], again.said).toEqual([code, totals(ended.said)]);
  return [records[0] as ResultRecord, reports];
}

const observed = async (reports: string, id: string, kind: string): Promise<unknown> =>
  JSON.parse(await readFile(path.join(reports, 'observations', id, `${kind}.json`), 'utf8'));

for (const browser of BROWSERS) {
  test(`a cell of ${browser} is visited twice and judged beside the PC`, async ({}, testInfo) => {
    const id = `lenet1/onnx-fp32/ort-wasm-t1@${browser}`;
    const [{ performance }, reports] = await run('performance', id, testInfo.outputDir);

    for (const start of [performance?.cold.empty, performance?.cold.full]) {
      for (const phase of ['runtimeLoadMs', 'modelFetchMs', 'sessionMs', 'firstInferenceMs'] as const)
        expect(start?.[phase]).toBeGreaterThan(0);
    }
    const { latency, throughput, memory, native = [] } = performance ?? {};
    expect(latency?.n).toBeGreaterThanOrEqual(6);
    // A cell that was disturbed is visited once more.
    expect([2, 3]).toContain(latency?.visits?.length);
    expect(latency?.median.low).toBeLessThanOrEqual(latency?.median.value ?? -1);
    expect(throughput?.samplesPerSecond.value).toBeGreaterThan(0);
    expect(native.map((cell) => cell.id)).toEqual([1, 2].map((n) => `lenet1/onnx-fp32/ort-native-t${String(n)}@pc`));
    for (const { medianMs, ratio } of native)
      expect(ratio.value).toBeCloseTo((latency?.median.value ?? NaN) / medianMs, 6);
    expect(memory?.readings.map(({ point }) => point)).toEqual(['empty', 'loaded', 'peak', 'disposed']);

    const observation: PerformanceObservation = performanceObservationSchema.parse(
      await observed(reports, id, 'performance'),
    );
    const [first, second] = observation.visits;
    expect(observation.visits.map(({ httpCache }) => httpCache).slice(0, 2)).toEqual(['empty', 'full']);
    // Page, runtime and model; the second time from the browser's cache. Stock WebKitGTK keeps nothing of that size.
    expect(first?.networkBytes).toBeGreaterThan(observation.modelBytes);
    if (browser !== 'webkit') expect(second?.networkBytes).toBe(0);
    const at = (point: string): number =>
      first?.memory?.find((reading) => reading.point === point)?.processBytes ?? NaN;
    if (process.platform === 'linux') {
      expect(at('loaded')).toBeGreaterThan(at('empty'));
      expect(at('peak')).toBeGreaterThan(at('empty'));
      expect(memory?.addedBytes).toBe(Math.max(at('loaded'), at('peak')) - at('empty'));
    }
  });
}

for (const browser of BROWSERS) {
  test(`a cell of ${browser} is soaked: the same outputs to the bit, and memory that stays`, async ({}, testInfo) => {
    const id = `lenet1/onnx-fp32/ort-wasm-t1@${browser}`;
    const [{ soak }, reports] = await run('soak', id, testInfo.outputDir);
    expect(soak).toMatchObject({ inferences: 300, rounds: 20, differing: [] });
    const observation: SoakObservation = soakObservationSchema.parse(await observed(reports, id, 'soak'));
    expect(observation.soak?.digests.map(({ at }) => at)).toEqual([1, 2, 100]);
    expect(observation.soak?.curve.map(({ at }) => at)).toEqual(
      Array.from({ length: 30 }, (_, index) => 10 * (index + 1)),
    );
    if (process.platform === 'linux')
      for (const { processBytes } of observation.soak?.curve ?? []) expect(processBytes).toBeGreaterThan(0);
  });

  test(`a cell of ${browser} that keeps 256 KiB of each inference is a leak`, async ({}, testInfo) => {
    const mutant = mutants({ 'ort-wasm-t1': 'leaky' });
    const { outDir: page } = await buildPage({ outDir: testInfo.outputPath('page'), plugins: [mutant] });
    const id = `lenet1/onnx-fp32/ort-wasm-t1@${browser}`;
    const [{ reason, soak }] = await run('soak', id, testInfo.outputPath('run'), { page, status: 'fail' });
    expect(reason?.code).toBe('E_LEAK');
    expect(soak?.differing).toEqual([]);
  });
}
