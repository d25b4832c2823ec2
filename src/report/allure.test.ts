import { Status, type TestResult } from 'allure-js-commons';
import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode } from '../protocol/errors.js';
import type { ResultRecord } from '../protocol/record.js';
import {
  allureCategories,
  allureEnvironment,
  allureMessage,
  allureRules,
  applyVerdict,
  numbersPage,
} from './allure.js';
import { madeUpFault, madeUpMatrix, madeUpRecord, madeUpZoo, reasonOf } from './made-up.js';
import { madeUpPerformance, madeUpSoak } from './made-up-performance.js';

const ID = 'lenet5/onnx-fp32/ort-webgl@firefox';

function written(record: ResultRecord): { status: Status | undefined; message: string } {
  const result = { status: Status.PASSED, statusDetails: {} } as TestResult;
  applyVerdict(result, record);
  return { status: result.status, message: result.statusDetails.message ?? '' };
}

/** The category that Allure would choose: the first whose pattern the message matches. */
const categoryOf = (message: string): string | undefined =>
  allureRules().find(({ matchers }) => matchers.message.test(message))?.name;

const BUCKETS = {
  product: ['Product faults', Status.FAILED],
  harness: ['Harness faults', Status.BROKEN],
  environment: ['Environment faults', Status.BROKEN],
  input: ['Wrong input', Status.BROKEN],
} as const;

describe('categories', () => {
  it.each(Object.entries(ERRORS))('%s goes to the bucket of its owner', (code, { owner }) => {
    const { status, message } = written(madeUpFault(ID, reasonOf(code as ErrorCode, 'x')));
    expect([categoryOf(message), status]).toEqual(BUCKETS[owner]);
    // As Playwright words the error of a test that is no cell.
    expect(categoryOf(`PlumblineError: ${code}: x`)).toBe(BUCKETS[owner][0]);
  });

  it('is not misled by a code further down', () => {
    const { message } = written(madeUpFault(ID, reasonOf('E_SERVER_GONE', 'after E_RUN: something')));
    expect(categoryOf(message)).toBe('Harness faults');
  });

  it.each<[Partial<ResultRecord>, string]>([
    [
      { expectation: { status: 'error', code: 'E_RUN', reason: 'r', link: 'https://example.org', met: true } },
      'Known issues',
    ],
    [{ status: 'unsupported' }, 'Unsupported'],
    [{ status: 'skipped' }, 'Skipped'],
  ])('puts what is no verdict apart, and never green', (changes, name) => {
    const { status, message } = written(madeUpFault(ID, reasonOf('E_RUN', 'x'), changes));
    expect([categoryOf(message), status]).toEqual([name, Status.SKIPPED]);
  });

  it('leaves a pass alone', () => {
    expect(written(madeUpRecord(ID))).toEqual({ status: Status.PASSED, message: '' });
  });

  it('is the same for Allure 2 and 3', () => {
    expect(allureCategories().map(({ name, messageRegex }) => [name, messageRegex])).toEqual(
      allureRules().map(({ name, matchers }) => [name, matchers.message.source]),
    );
  });
});

it('names epic, feature and story as the matrix is read', () => {
  const message = allureMessage(madeUpRecord('lenet5/onnx-fp32-b100/ort-wasm-t2@webkit'));
  expect(message).toMatchObject({
    type: 'metadata',
    data: {
      labels: [
        { name: 'epic', value: 'Accuracy' },
        { name: 'feature', value: 'lenet5' },
        { name: 'story', value: 'onnx-fp32-b100 on ort-wasm-t2' },
        { name: 'parentSuite', value: 'lenet5' },
        { name: 'suite', value: 'onnx-fp32-b100' },
        { name: 'subSuite', value: 'ort-wasm-t2' },
        { name: 'tag', value: 'ort-wasm' },
        { name: 'tag', value: 'fp32' },
      ],
    },
  });
  const { parameters = [] } = message.type === 'metadata' ? message.data : {};
  expect(parameters).toContainEqual({ name: 'browser', value: 'webkit 2.50.1', excluded: true });
  expect(parameters).toContainEqual({ name: 'n', value: '10,000 of 10,000', excluded: true });
});

it('describes a quantized cell, and one without labels, in a sentence', () => {
  const described = (id: string): string => {
    const record = madeUpZoo().find((one) => one.id === id);
    const message = record === undefined ? undefined : allureMessage(record);
    return message?.type === 'metadata' ? (message.data.description ?? '') : '';
  };
  expect(described('lenet5/onnx-int8-dynamic/ort-wasm-t1@firefox')).toContain(
    'Quantization costs 0.50 points on the PC',
  );
  expect(described('textrnn-gru/onnx-fp32/ort-wasm-t1@firefox')).toBe(
    'The PC’s class on **100.00%** of 100 samples; the samples are generated, so there is no accuracy.',
  );
});

it('tells the environment of the whole run, and nothing that is unknown', () => {
  const records = madeUpMatrix();
  const unknown = records.map((record) => ({ ...record, cell: { ...record.cell, gpu: 'unknown', cpu: 'unknown' } }));
  expect(allureEnvironment(records)).toMatchObject({
    chromium: '156.0.7444.59 (playwright 1.64.1)',
    'PC baseline': 'ort 1.30.0; tfjs 4.22.0',
    'GPU in webkit': 'llvmpipe (LLVM 15.0.6, 256 bits)',
  });
  expect(Object.keys(allureEnvironment(records))[0]).toBe('chromium');
  expect(JSON.stringify(allureEnvironment(unknown))).not.toMatch(/unknown|GPU|CPU/);
});

describe('the page of numbers', () => {
  it('holds them, and nothing that a page could run', () => {
    const name = '<script>alert(1)</script>';
    const record = madeUpRecord(ID);
    const evidence = record.evidence === undefined ? {} : { evidence: { ...record.evidence, provider: name } };
    const page = numbersPage({ ...record, ...evidence }) ?? '';
    for (const words of ['98.97%', '33.6 MB', 'median 8.9 ms', '840']) {
      expect(page).toContain(words);
    }
    expect(page).not.toContain('<script>');
  });

  it('holds loss and drift apart, agreement without labels, and why a mutant was not found', () => {
    const zoo = madeUpZoo();
    const page = (id: string): string => numbersPage(zoo.find((record) => record.id === id) ?? madeUpRecord(ID)) ?? '';
    const quantized = page('lenet5/onnx-int8-dynamic/ort-wasm-t1@firefox');
    for (const words of [
      'Quantization loss, on the PC',
      '-0.50 points',
      'Platform drift',
      '+0.00 points',
      'not found: it is 0.001',
    ]) {
      expect(quantized).toContain(words);
    }
    expect(page('textrnn-gru/onnx-fp32/ort-wasm-t1@firefox')).toContain('100.00% of 100');
  });

  it('is not there where there are no numbers', () => {
    expect(numbersPage(madeUpFault(ID, reasonOf('E_NOT_RUN', 'x')))).toBeUndefined();
  });
});

describe('what was measured', () => {
  const id = 'lenet5/onnx-fp32/ort-wasm-t2@firefox';
  const valueOf = (record: ResultRecord, name: string): string | undefined => {
    const message = allureMessage(record);
    if (message.type !== 'metadata') return undefined;
    return message.data.parameters?.find((parameter) => parameter.name === name)?.value;
  };

  it('stands in parameters, in the description and on the page of numbers', () => {
    const record = madeUpPerformance(id);
    expect(valueOf(record, 'median')).toMatch(/^0\.25\d ms$/);
    expect(valueOf(record, 'beside the PC')).toMatch(/^×1\.\d\d$/);
    expect(valueOf(record, 'memory added')).toBe('+48.5 MB');
    expect(JSON.stringify(allureMessage(record))).toContain('times what `lenet5/onnx-fp32/ort-native-t2@pc` takes');
    const page = numbersPage(record) ?? '';
    for (const words of ['Warm latency', '95 % interval', 'Cold start, empty cache', '820 ms', '344 MB', '× 196'])
      expect(page, words).toContain(words);
    expect(page).not.toContain('99th percentile');
  });

  it('of a soak tells what grows', () => {
    expect(valueOf(madeUpSoak(id), 'memory')).toBe('does not grow');
    const leaky = madeUpSoak(id, { leak: 65_536 });
    expect(valueOf(leaky, 'memory')).toBe('processBytes grows');
    expect(numbersPage(leaky)).toMatch(/processBytes, \d+ points<\/th><td>\+6\d\.\d kB \(.*\): grows/);
    expect(written(leaky).status).toBe(Status.FAILED);
  });

  it('leaves other kinds as they are', () => {
    expect(valueOf(madeUpRecord(ID), 'median')).toBeUndefined();
  });
});
