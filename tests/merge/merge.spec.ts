/** Two shards, merged, give what one run gives: the same records, findings, observations, Allure results and table. */
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { CELLS, mergeReports, readRecords, readTree, runSmallMatrix } from './small-matrix.js';

interface AllureResult {
  readonly name: string;
  readonly status: string;
  readonly statusDetails: { readonly message?: string };
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  readonly parameters: readonly unknown[];
  readonly links: readonly unknown[];
  readonly description?: string;
  readonly attachments: readonly { readonly name: string; readonly type: string }[];
}

/** What of an Allure result depends on neither clock nor worker, as text. */
function allureResults(reports: string): string[] {
  const folder = path.join(reports, 'allure-results');
  const files = readdirSync(folder).filter((file) => file.endsWith('-result.json'));
  const shown = files.map((file) => {
    const result = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as AllureResult;
    const labels = result.labels.filter(({ name }) => !['host', 'thread'].includes(name));
    const { name, status, statusDetails, parameters, links, description, attachments } = result;
    return JSON.stringify({
      name,
      status,
      message: statusDetails.message,
      labels,
      parameters,
      links,
      description,
      attachments: attachments.map((attachment) => [attachment.name, attachment.type]),
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
    await runSmallMatrix({
      reports: path.join(scratch, 'reports'),
      scratch,
      args: [`--shard=${shard}`],
      env: { SMALL_MATRIX_BLOB: blob },
    });
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
  expect(allure.join()).not.toContain('plumbline:');
  expect(allure.join()).toContain('report.md');
  for (const file of ['environment.properties', 'categories.json']) {
    const text = readFileSync(path.join(whole, 'allure-results', file), 'utf8');
    expect(text).not.toBe('');
    expect(readFileSync(path.join(merged, 'allure-results', file), 'utf8')).toBe(text);
  }

  expect(tableOf(one.said)).toContain('lenet5');
  expect(tableOf(two.said)).toBe(tableOf(one.said));
});
