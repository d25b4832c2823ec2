import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FullConfig, FullResult, Suite, TestCase, TestResult } from '@playwright/test/reporter';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ATTACHMENT, type ResultRecord } from '../protocol/record.js';
import { madeUpFault, madeUpRecord, reasonOf } from './made-up.js';
import { madeUpMeasurement, madeUpPerformance, madeUpSoak, madeUpSoaking } from './made-up-performance.js';
import ResultsReporter from './results-reporter.js';

const ID = 'lenet5/onnx-fp32/ort-wasm-t1@firefox';
let root = '';

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'plumbline-results-'));
  vi.stubEnv('PLUMBLINE_REPORTS', root);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

interface Left {
  readonly record?: ResultRecord;
  readonly type?: (typeof ATTACHMENT)['performance' | 'soak'];
  readonly observed?: unknown;
}

/** A run of one test, named by a cell of the project, that left this. */
async function run(project: string, { record, type, observed }: Left): Promise<void> {
  const attach = (contentType: string, value: unknown): TestResult['attachments'][number] => ({
    name: 'plumbline:x',
    contentType,
    body: Buffer.from(JSON.stringify(value)),
  });
  const result = {
    status: 'passed',
    errors: [],
    annotations: [],
    attachments: [
      ...(record === undefined ? [] : [attach(ATTACHMENT.record, record)]),
      ...(type === undefined ? [] : [attach(type, observed)]),
    ],
  } as unknown as TestResult;
  const test = {
    title: record?.id ?? ID,
    results: [result],
    annotations: [],
    outcome: () => 'expected',
    parent: { project: () => ({ name: project }) },
  } as unknown as TestCase;
  const reporter = new ResultsReporter();
  reporter.onBegin({ shard: null } as FullConfig, { allTests: () => [test] } as Suite);
  reporter.onTestEnd(test, result);
  await reporter.onEnd({ status: 'passed' } as FullResult);
}

const results = (): [kind: string, status: string][] =>
  readFileSync(path.join(root, 'results.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ResultRecord)
    .map(({ kind, status }) => [kind, status]);
const has = (file: string): boolean => existsSync(path.join(root, file));

const performance: Left = {
  record: madeUpPerformance(ID),
  type: ATTACHMENT.performance,
  observed: madeUpMeasurement(ID),
};
const leak: Left = {
  record: madeUpSoak(ID, { leak: 65_536 }),
  type: ATTACHMENT.soak,
  observed: madeUpSoaking(ID, { leak: 65_536 }),
};
const accuracy: Left = { record: madeUpRecord(ID) };
const wrong: Left = { record: madeUpFault(ID, reasonOf('E_NUMERIC', 'x'), { status: 'fail' }) };

it('each kind of run replaces its own records and leaves those of the others, in the order of reports', async () => {
  await run('soak', leak);
  await run('performance', performance);
  await run('firefox', accuracy);
  expect(results()).toEqual([
    ['accuracy', 'pass'],
    ['performance', 'pass'],
    ['soak', 'fail'],
  ]);
  await run('performance', { record: { ...madeUpPerformance(ID), status: 'error', reason: reasonOf('E_CLOCK', 'x') } });
  await run('firefox', wrong);
  expect(results()).toEqual([
    ['accuracy', 'fail'],
    ['performance', 'error'],
    ['soak', 'fail'],
  ]);
});

it('so it is with what was observed and found', async () => {
  await run('performance', performance);
  await run('soak', leak);
  await run('firefox', wrong);
  const kept = [
    `observations/${ID}/performance.json`,
    `observations/${ID}/soak.json`,
    `findings/${ID}/soak/report.md`,
    `findings/${ID}/soak/memory-over-inferences.svg`,
  ];
  for (const file of [...kept, `findings/${ID}/report.md`]) expect(has(file), file).toBe(true);
  await run('firefox', accuracy);
  for (const file of kept) expect(has(file), file).toBe(true);
  expect(has(`findings/${ID}/report.md`)).toBe(false);
  await run('soak', { record: madeUpSoak(ID), type: ATTACHMENT.soak, observed: madeUpSoaking(ID) });
  expect(has(`findings/${ID}/soak`)).toBe(false);
  expect(has(`findings`)).toBe(false);
  expect(has(`observations/${ID}/performance.json`)).toBe(true);
});

it('a leak’s finding shows the curve and the numbers', async () => {
  await run('soak', leak);
  const text = readFileSync(path.join(root, `findings/${ID}/soak/report.md`), 'utf8');
  expect(text).toContain('was made to infer the same again and again, and ended in E\\_LEAK');
  expect(text).toMatch(/processBytes, \d+ points .*: grows/);
  expect(text).toContain('](memory-over-inferences.svg)');
  expect(text).toContain("npm run soak -- -g 'lenet5/onnx-fp32/ort-wasm-t1@firefox'");
  const svg = readFileSync(path.join(root, `findings/${ID}/soak/memory-over-inferences.svg`), 'utf8');
  expect(svg).toMatch(/^<svg [\s\S]*<polyline [\s\S]*<\/svg>$/);
});

it('a measured cell that left nothing has a record of its kind, and a finding in its folder', async () => {
  await run('firefox', accuracy);
  await run('performance', {});
  expect(results()).toEqual([
    ['accuracy', 'pass'],
    ['performance', 'error'],
  ]);
  expect(has(`findings/${ID}/performance/report.md`)).toBe(true);
});
