/**
 * The suite in small, as its users run it: one model, every artifact, runtime-backend and engine, a short budget a cell.
 * What is asserted here of LeNet-1 is what the README promises of the whole matrix.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { loadModels } from '../../src/plan/cards.js';
import { planCells } from '../../src/plan/plan.js';
import { parseCellId } from '../../src/protocol/cell.js';
import type { ResultRecord } from '../../src/protocol/record.js';
import { PLAYWRIGHT, readRecords, start, type Ended } from '../child.js';

test.describe.configure({ mode: 'serial', timeout: 240_000 });

const planned = planCells(loadModels().models)
  .map((cell) => cell.id)
  .filter((id) => id.startsWith('lenet1/'));

let reports: string;
let run: Ended;
let records: ResultRecord[];
const cells = (): ResultRecord[] => records.filter((record) => record.kind === 'accuracy');

/** `node …args`, with reports and Playwright's own output in a folder of this file's. */
const command = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> => {
  const output = args.includes(PLAYWRIGHT) ? ['--output', path.join(reports, 'test-results')] : [];
  return start(process.execPath, [...args, ...output], { env: { PLUMBLINE_REPORTS: reports, ...env } }).ended;
};

test.beforeAll(async () => {
  test.setTimeout(240_000);
  reports = await mkdtemp(path.join(tmpdir(), 'plumbline-smoke-'));
  run = await command([PLAYWRIGHT, 'test', '-g', 'lenet1/'], { PLUMBLINE_BUDGET_MS: '1500' });
  records = readRecords(reports);
});

test.afterAll(async () => {
  await rm(reports, { recursive: true, force: true });
});

test('ends green', () => {
  expect(run.code, run.said).toBe(0);
});

test('leaves one record for each planned cell, and one for each baseline', () => {
  expect(
    cells()
      .map((record) => record.id)
      .sort(),
  ).toEqual([...planned].sort());
  const faulted = records.filter(({ kind, status, expectation }) => {
    return kind === 'baseline' && status === 'error' && expectation?.met !== true;
  });
  expect(faulted.map(({ id }) => id)).toEqual([]);
});

test('every cell passes, is absent with the words of a probe, or fails as declared', () => {
  for (const record of cells()) {
    if (record.status === 'pass') continue;
    if (record.status === 'unsupported') {
      expect(record.probe, record.id).toMatchObject({ available: false, words: expect.stringMatching(/\w/) });
    } else {
      expect(record.expectation?.met, `${record.id}: ${String(record.reason?.message)}`).toBe(true);
    }
  }
});

test('wasm and WebGL run in every engine, WebGPU in Chromium and Firefox', () => {
  const passed = new Set(
    cells()
      .filter((record) => record.status === 'pass')
      .map((record) => record.id),
  );
  for (const browser of ['chromium', 'firefox', 'webkit']) {
    for (const cell of [
      'onnx-fp32/ort-wasm-t1',
      'onnx-fp32-b100/ort-webgl',
      'tfjs-fp32/tfjs-cpu',
      'tfjs-fp32/tfjs-wasm',
      'tfjs-fp32/tfjs-webgl',
    ]) {
      expect(passed, run.said).toContain(`lenet1/${cell}@${browser}`);
    }
  }
  for (const browser of ['chromium', 'firefox']) {
    for (const cell of [
      'onnx-fp32/ort-wasm-t2',
      'onnx-fp32/ort-webgpu',
      'onnx-fp32/ort-webgpu-jsep',
      'tfjs-fp32/tfjs-webgpu',
    ]) {
      expect(passed, run.said).toContain(`lenet1/${cell}@${browser}`);
    }
  }
});

test('every pass shows what ran, how long it took and what it needed', () => {
  for (const { id, status, evidence, timing, memory, accuracy, numeric, cell } of cells()) {
    if (status !== 'pass') continue;
    expect(evidence?.provider, id).toMatch(/\w/);
    const { backend, runtime } = parseCellId(id);
    if (backend.startsWith('webgpu')) expect(evidence?.gpuDispatches, id).toBeGreaterThan(0);
    if (backend === 'webgl') expect(evidence?.webglDraws, id).toBeGreaterThan(0);
    if (backend === 'wasm') expect(evidence?.wasmModules.length, id).toBeGreaterThan(0);
    expect(timing, id).toMatchObject({ batchSize: 100, warmPage: expect.any(Boolean) });
    for (const phase of [
      'runtimeLoadMs',
      'modelFetchMs',
      'sessionMs',
      'firstInferenceMs',
      'uploadMs',
      'disposeMs',
      'cellMs',
    ] as const) {
      expect(timing?.[phase], `${id} ${phase}`).toBeGreaterThanOrEqual(0);
    }
    expect(timing?.inferenceMs?.length, id).toBe(Math.ceil((accuracy?.n ?? 0) / 100) - 1);
    if (process.platform === 'linux') expect(memory?.processTreePssBytes, id).toBeGreaterThan(50e6);
    if (runtime === 'tfjs') expect(memory?.tensors, id).toBeGreaterThan(0);
    const outliers = numeric?.tolerance.outliers;
    expect(accuracy?.agreement, id).toBeGreaterThanOrEqual(outliers === undefined ? 1 : 0.95);
    expect(Number(numeric?.toleranceUsed), id).toBeLessThan(outliers?.factor ?? 1);
    expect(numeric?.beyond ?? 0, id).toBeLessThanOrEqual(outliers?.share ?? 0);
    expect(cell.browserVersion, id).toMatch(/\d/);
  }
});

test('the table at the end shows three engines, and every line says how far the run is', () => {
  for (const words of ['chromium', 'firefox', 'webkit', 'ort-wasm-t1', 'tfjs-webgpu', 'unsupported'])
    expect(run.said).toContain(words);
  expect(run.said).toMatch(/\[ *\d+\/\d+\] ✓ lenet1\/onnx-fp32\/ort-wasm-t1@chromium/);
});

test('every failed cell leaves a finding that holds nothing of this machine', async () => {
  const failed = cells().filter((record) => record.status === 'error' || record.status === 'fail');
  expect(failed.length).toBeGreaterThan(0);
  for (const { id, finding } of failed) {
    expect(finding, id).toBe(`findings/${id}`);
    const text = await readFile(path.join(reports, String(finding), 'report.md'), 'utf8');
    expect(text).toContain(`npx playwright test -g`);
    expect(text).not.toContain(tmpdir());
    expect(text).not.toMatch(/127\.0\.0\.1:\d|\/home\/|\/root\//);
    JSON.parse(await readFile(path.join(reports, String(finding), 'finding.json'), 'utf8'));
  }
});

test('--list names every cell and touches no reports', async () => {
  const before = await readFile(path.join(reports, 'results.jsonl'), 'utf8');
  const { said, code } = await command([PLAYWRIGHT, 'test', '--list']);
  expect(code).toBe(0);
  for (const id of planned) expect(said).toContain(id);
  expect(await readFile(path.join(reports, 'results.jsonl'), 'utf8')).toBe(before);
});

test('the verdicts come out the same from the saved observations, without a browser', async () => {
  const { said, code } = await command(['src/cli/plumbline.mjs', 'judge']);
  expect(code, said).toBe(0);
  const totals = /^\d+ cells .*$/m;
  expect(totals.exec(said)?.[0]).toBe(totals.exec(run.said)?.[0]);
});
