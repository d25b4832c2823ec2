/** Two shards, merged, give what one run gives: the same records, findings, observations, Allure results and table. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { PROJECT_ROOT } from '../../src/paths.js';
import type { ResultRecord } from '../../src/protocol/record.js';
import { readRecords } from '../child.js';
import { CELLS, mergeReports, readTree, runSmallMatrix, startPlaywright } from './small-matrix.js';

interface AllureStep {
  readonly attachments: readonly { readonly name: string; readonly type: string }[];
  readonly steps: readonly AllureStep[];
}

interface AllureResult extends AllureStep {
  readonly name: string;
  readonly status: string;
  readonly statusDetails: { readonly message?: string };
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  readonly parameters: readonly unknown[];
  readonly links: readonly unknown[];
  readonly description?: string;
}

/** Attachments of a result, wherever in its steps they hang. */
const attachmentsOf = ({ attachments, steps }: AllureStep): string[] => [
  ...attachments.map(({ name, type }) => `${name} (${type})`),
  ...steps.flatMap(attachmentsOf),
];

/** What of an Allure result depends on neither clock nor worker, as text. */
function allureResults(reports: string): string[] {
  const folder = path.join(reports, 'allure-results');
  const files = readdirSync(folder).filter((file) => file.endsWith('-result.json'));
  const shown = files.map((file) => {
    const result = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as AllureResult;
    const labels = result.labels.filter(({ name }) => !['host', 'thread'].includes(name));
    const { name, status, statusDetails, parameters, links, description } = result;
    return JSON.stringify({
      name,
      status,
      message: statusDetails.message,
      labels,
      parameters,
      links,
      description,
      attachments: attachmentsOf(result),
    });
  });
  // Each shard computes the baselines: they are there twice.
  return [...new Set(shown)].sort();
}

/** The matrix at the end of what a run printed, without the time that it took and the folder that it wrote to. */
function tableOf(said: string): string {
  const from = said.indexOf('──');
  const table = said.slice(from, said.indexOf('Results in', from)).split('\n').slice(0, -1).join('\n');
  return table.replace(/\S*\/findings\//g, 'findings/');
}

test('two shards merged are one run', async ({}, testInfo) => {
  test.setTimeout(180_000);
  const whole = testInfo.outputPath('whole');
  const merged = testInfo.outputPath('merged');
  const blobs = testInfo.outputPath('blobs');
  mkdirSync(blobs);

  const one = await runSmallMatrix({ reports: whole, scratch: testInfo.outputPath('one') });
  for (const shard of ['1/2', '2/2']) {
    const scratch = testInfo.outputPath(`shard-${shard.replace('/', '-of-')}`);
    const blob = path.join(scratch, 'blob');
    const { said } = await runSmallMatrix({
      reports: path.join(scratch, 'reports'),
      scratch,
      args: [`--shard=${shard}`],
      env: { SMALL_MATRIX_BLOB: blob },
    });
    expect(existsSync(path.join(blob, `report-${shard.charAt(0)}.zip`)), said).toBe(true);
    cpSync(blob, blobs, { recursive: true });
  }
  expect(readdirSync(blobs)).toEqual(['report-1.zip', 'report-2.zip']);
  const two = await mergeReports(blobs, merged);
  expect(two.code, two.said).toBe(0);

  const records = readRecords(whole);
  expect(records).toHaveLength(CELLS.pc + CELLS.browsers);
  expect(new Set(records.map(({ status }) => status))).toEqual(
    new Set(['pass', 'fail', 'error', 'unsupported', 'skipped']),
  );
  expect(readRecords(merged)).toEqual(records);
  expect(readFileSync(path.join(merged, 'results.jsonl'), 'utf8')).toBe(
    readFileSync(path.join(whole, 'results.jsonl'), 'utf8'),
  );

  for (const folder of ['findings', 'observations']) {
    const tree = readTree(path.join(whole, folder));
    expect(Object.keys(tree).length).toBeGreaterThan(0);
    expect(readTree(path.join(merged, folder))).toEqual(tree);
  }

  const allure = allureResults(whole);
  expect(allure).toHaveLength(CELLS.pc + CELLS.browsers);
  expect(allureResults(merged)).toEqual(allure);
  // The private attachments, megabytes of them, are not in the report.
  const attached = allure.flatMap((text) => (JSON.parse(text) as { attachments: string[] }).attachments);
  expect([...new Set(attached)].sort()).toEqual([
    'Numbers (text/html)',
    'Record (application/json)',
    'report.md (text/markdown)',
  ]);
  for (const file of ['environment.properties', 'categories.json']) {
    const text = readFileSync(path.join(whole, 'allure-results', file), 'utf8');
    expect(text).not.toBe('');
    expect(readFileSync(path.join(merged, 'allure-results', file), 'utf8')).toBe(text);
  }

  expect(tableOf(one.said)).toContain('lenet5');
  expect(tableOf(two.said)).toBe(tableOf(one.said));
});

test('two shards of the real matrix merged hold the cells of one run', async ({}, testInfo) => {
  test.setTimeout(300_000);
  const blobs = testInfo.outputPath('blobs');
  const run = async (name: string, args: readonly string[]): Promise<ResultRecord[]> => {
    const reports = testInfo.outputPath(name);
    const output = `--output=${testInfo.outputPath(`${name}-output`)}`;
    const env = {
      PLUMBLINE_REPORTS: reports,
      PLUMBLINE_BLOB: '1',
      PLAYWRIGHT_BLOB_OUTPUT_FILE: path.join(blobs, `${name}.zip`),
    };
    const select = ['--project=chromium', '-g', 'lenet1/onnx-fp32/ort-wasm', output];
    const { code, said } = await startPlaywright(['test', ...select, ...args], env, PROJECT_ROOT).ended;
    expect(code, said).toBe(0);
    return readRecords(reports);
  };
  const first = await run('shard-1', ['--shard=1/2']);
  const second = await run('shard-2', ['--shard=2/2']);
  const cells = (records: readonly ResultRecord[]): string[] =>
    records.filter(({ kind }) => kind === 'accuracy').map(({ id, status }) => `${id} ${status}`);
  expect([...cells(first), ...cells(second)].sort()).toEqual([
    'lenet1/onnx-fp32/ort-wasm-t1@chromium pass',
    'lenet1/onnx-fp32/ort-wasm-t2@chromium pass',
  ]);
  // The cells were really spread over the shards.
  expect(cells(first)).toHaveLength(1);

  const merged = testInfo.outputPath('merged');
  const merge = ['merge-reports', '--config', 'playwright.config.ts', blobs];
  const { code, said } = await startPlaywright(merge, { PLUMBLINE_REPORTS: merged }, PROJECT_ROOT).ended;
  expect(code, said).toBe(0);
  const records = readRecords(merged);
  expect(cells(records)).toEqual([...cells(first), ...cells(second)].sort());
  // What was measured came through unchanged.
  const measured = new Map([...first, ...second].map((record) => [record.id, record]));
  for (const record of records.filter(({ kind }) => kind === 'accuracy'))
    expect(record).toEqual(measured.get(record.id));
  expect(allureResults(merged).join()).toContain('onnx-fp32 on ort-wasm-t2');
  expect(said).toContain('2 cells   ✓ 2 passed');
});
