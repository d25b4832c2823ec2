/** No cell of the plan is ever missing from the results, and nothing that was gathered is lost, whatever goes wrong. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import type { ResultRecord } from '../../src/protocol/record.js';
import { readRecords } from '../child.js';
import { CELLS, runSmallMatrix, startSmallMatrix } from './small-matrix.js';

test.describe.configure({ timeout: 180_000 });

const ALL = CELLS.pc + CELLS.browsers;
const cell = (target: string): string => `lenet5/onnx-fp32/${target}`;
const faults = (what: Readonly<Record<string, string>>): Record<string, string> => ({
  SMALL_MATRIX_FAULTS: JSON.stringify(what),
});
const byId = (records: readonly ResultRecord[]): Map<string, ResultRecord> =>
  new Map(records.map((record) => [record.id, record]));

test('a cell that leaves no record gets one that says why', async ({}, testInfo) => {
  const reports = testInfo.outputPath('reports');
  const { code, said } = await runSmallMatrix({
    reports,
    scratch: testInfo.outputPath('scratch'),
    args: ['--timeout=3000', '--retries=1'],
    env: faults({
      [cell('ort-wasm-t1@chromium')]: 'die',
      [cell('ort-wasm-t1@firefox')]: 'hang',
      [cell('ort-wasm-t1@webkit')]: 'nothing',
      [cell('ort-wasm-t2@chromium')]: 'malformed',
      [cell('ort-wasm-t2@firefox')]: 'leak',
      [cell('ort-webgpu@chromium')]: 'skip',
      [cell('ort-webgpu-jsep@chromium')]: 'flaky',
    }),
  });
  expect(code, said).toBe(1);
  const records = readRecords(reports);
  expect(records).toHaveLength(ALL);
  const of = byId(records);
  const summary = (target: string): unknown[] => {
    const record = of.get(cell(target));
    return [record?.status, record?.reason?.code, record?.reason?.message, record?.finding !== undefined];
  };
  expect(summary('ort-wasm-t1@chromium')).toEqual([
    'error',
    'E_INTERNAL',
    expect.stringContaining('worker process exited unexpectedly'),
    true,
  ]);
  expect(summary('ort-wasm-t1@firefox')).toEqual(['error', 'E_INTERNAL', expect.stringContaining('timeout'), true]);
  expect(summary('ort-wasm-t1@webkit')).toEqual([
    'error',
    'E_INTERNAL',
    expect.stringContaining('left no record'),
    true,
  ]);
  expect(summary('ort-wasm-t2@chromium')).toEqual(['error', 'E_INTERNAL', expect.stringContaining('status'), true]);
  expect(summary('ort-wasm-t2@firefox')).toEqual(['error', 'E_LEAK', '3 tensors were left behind', true]);
  expect(summary('ort-webgpu@chromium')).toEqual([
    'skipped',
    'E_NOT_RUN',
    expect.stringContaining('left out on purpose'),
    false,
  ]);
  // The last attempt counts, and the finding of the first one is gone.
  expect(summary('ort-webgpu-jsep@chromium')).toEqual(['pass', undefined, undefined, false]);
  expect(existsSync(path.join(reports, 'findings', cell('ort-webgpu-jsep@chromium'), 'report.md'))).toBe(false);

  for (const { finding } of records) {
    if (finding === undefined) continue;
    expect(readFileSync(path.join(reports, finding, 'report.md'), 'utf8')).toContain('npx playwright test -g');
    expect(JSON.parse(readFileSync(path.join(reports, finding, 'finding.json'), 'utf8'))).toHaveProperty('record');
  }
  // The others are as if nothing had happened.
  expect(records.filter(({ status }) => status === 'pass').length).toBeGreaterThan(15);
});

test('when a baseline can’t be had, every cell says so', async ({}, testInfo) => {
  const reports = testInfo.outputPath('reports');
  const { code } = await runSmallMatrix({
    reports,
    scratch: testInfo.outputPath('scratch'),
    env: { SMALL_MATRIX_BASELINE: 'broken' },
  });
  expect(code).toBe(1);
  const records = readRecords(reports);
  expect(records).toHaveLength(ALL);
  const cells = records.filter(({ kind }) => kind === 'accuracy');
  expect(new Set(cells.map(({ status, reason }) => `${status} ${reason?.code ?? ''}`))).toEqual(
    new Set(['error E_NOT_RUN']),
  );
  expect(cells[0]?.reason?.message).toContain('E_DATASET_MISSING: no mnist here');
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGKILL', null],
] as const) {
  test(`what was gathered is there after ${signal}`, async ({}, testInfo) => {
    const reports = testInfo.outputPath('reports');
    const waiting = testInfo.outputPath('waiting');
    const { child, ended } = startSmallMatrix({
      reports,
      scratch: testInfo.outputPath('scratch'),
      args: ['--workers=1', '--timeout=120000'],
      env: { ...faults({ [cell('ort-wasm-t1@firefox')]: 'wait' }), SMALL_MATRIX_WAITING: waiting },
    });
    await expect.poll(() => existsSync(waiting), { timeout: 90_000 }).toBe(true);
    const inTime = readRecords(reports);
    expect(inTime.length).toBeGreaterThanOrEqual(CELLS.pc + 11);
    child.kill(signal);
    expect((await ended).code).toBe(code);
    const records = readRecords(reports);
    if (signal === 'SIGKILL') {
      expect(records).toEqual(inTime);
      return;
    }
    expect(records).toHaveLength(ALL);
    const of = byId(records);
    expect(of.get(cell('ort-wasm-t1@chromium'))?.status).toBe('pass');
    expect(of.get(cell('ort-wasm-t1@firefox'))).toMatchObject({ status: 'skipped', reason: { code: 'E_NOT_RUN' } });
    expect(of.get(cell('ort-wasm-t1@webkit'))).toMatchObject({ status: 'skipped', reason: { code: 'E_NOT_RUN' } });
  });
}

for (const [name, prepare] of [
  [
    'a full disk',
    (reports: string) => {
      mkdirSync(reports);
      symlinkSync('/dev/full', path.join(reports, 'results.jsonl'));
    },
  ],
  [
    'an unwritable place',
    (reports: string) => {
      writeFileSync(reports, 'a file, where a folder should be');
    },
  ],
] as const) {
  test(`${name} ends in E_REPORT_WRITE, and the results are kept elsewhere`, async ({}, testInfo) => {
    const reports = testInfo.outputPath('reports');
    prepare(reports);
    const temporary = testInfo.outputPath('temporary');
    mkdirSync(temporary);
    const { code, said } = await runSmallMatrix({
      reports,
      scratch: testInfo.outputPath('scratch'),
      args: ['-g', 'ort-wasm'],
      env: { TMPDIR: temporary },
    });
    expect(code, said).toBe(1);
    const sentence = /E_REPORT_WRITE: (\S+) can't be written \((ENOSPC|ENOTDIR|EEXIST).*\); results go to (\S+)\n/.exec(
      said,
    );
    expect(sentence?.[1], said).toBe(reports);
    // Known at the start, so said at the start.
    expect(sentence?.index).toBeLessThan(said.search(/\[ *1\//));
    const fallback = sentence?.[3] ?? '';
    expect(path.dirname(fallback)).toBe(temporary);
    const kept = readRecords(fallback);
    expect(kept.filter(({ kind }) => kind === 'accuracy')).toHaveLength(6);
    expect(readdirSync(path.join(fallback, 'observations'))).toEqual(['lenet5']);
    expect(readdirSync(path.join(fallback, 'allure-results')).length).toBeGreaterThan(6);
  });
}

test('a new run clears what an old one left, but listing does not', async ({}, testInfo) => {
  const reports = testInfo.outputPath('reports');
  const stale = ['findings/old/report.md', 'observations/old/observation.json', 'allure-results/old-result.json'];
  for (const file of stale) {
    mkdirSync(path.dirname(path.join(reports, file)), { recursive: true });
    writeFileSync(path.join(reports, file), '{}');
  }
  writeFileSync(path.join(reports, 'results.jsonl'), 'old\n');
  writeFileSync(path.join(reports, 'mine.txt'), 'not of ours');
  const there = (): boolean[] => stale.map((file) => existsSync(path.join(reports, file)));

  const listed = await runSmallMatrix({ reports, scratch: testInfo.outputPath('list'), args: ['--list'] });
  expect(listed.code).toBe(0);
  expect(listed.said).toContain('lenet5/onnx-fp32/ort-wasm-t1@firefox');
  expect(there()).toEqual([true, true, true]);
  expect(readFileSync(path.join(reports, 'results.jsonl'), 'utf8')).toBe('old\n');

  const ran = await runSmallMatrix({
    reports,
    scratch: testInfo.outputPath('run'),
    args: ['-g', 'ort-wasm-t1@firefox'],
  });
  expect(ran.code, ran.said).toBe(0);
  expect(there()).toEqual([false, false, false]);
  expect(readRecords(reports).filter(({ kind }) => kind === 'accuracy')).toHaveLength(1);
  expect(existsSync(path.join(reports, 'mine.txt'))).toBe(true);
});
