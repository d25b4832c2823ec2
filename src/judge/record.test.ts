import { expect, test } from 'vitest';
import { parseCellId } from '../protocol/cell.js';
import { resultRecordSchema } from '../protocol/record.js';
import type { Expectation } from './expectations.js';
import { judgeAccuracy } from './judge.js';
import { toRecord } from './record.js';
import { evidence, mapped, observation, passingCase } from './testing.js';

const key = parseCellId('lenet5/onnx-fp32/ort-wasm-t1@firefox');
/** As it is read back from results.jsonl. */
const written = (record: unknown): unknown => JSON.parse(JSON.stringify(record));

test('a pass', () => {
  const input = passingCase();
  const record = toRecord(input.observation, judgeAccuracy(input), key, 'accuracy');
  expect(resultRecordSchema.parse(written(record))).toEqual(record);
  expect(record).toMatchObject({
    schema: 1,
    kind: 'accuracy',
    id: 'lenet5/onnx-fp32/ort-wasm-t1@firefox',
    cell: { model: 'lenet5', threads: 1, browser: 'firefox', browserVersion: '153.0', runtimeVersion: '1.30.0' },
    status: 'pass',
    dataset: { name: 'mnist' },
    accuracy: { n: 200 },
    timing: { runtimeLoadMs: 12 },
    evidence,
    probe: { available: true },
  });
  for (const absent of ['reason', 'expectation', 'finding']) expect(record).not.toHaveProperty(absent);
  expect(record.cell).not.toHaveProperty('variant');
});

test('what is not a number survives JSON', () => {
  const input = passingCase();
  const outputs = input.outputs.map((tensor) => mapped(tensor, (value, i) => (i === 3 ? -Infinity : value)));
  const record = toRecord(input.observation, judgeAccuracy({ ...input, outputs }), key, 'accuracy');
  expect(resultRecordSchema.parse(written(record))).toEqual(record);
  expect(record.numeric).toMatchObject({ maxAbs: 'Infinity', worst: { got: '-Infinity' } });
});

test('a fault, with its expectation and its finding', () => {
  const declared: Expectation = {
    cells: key.model + '/*/*@*',
    status: 'error',
    code: 'E_RUN',
    reason: 'known',
    link: 'https://example.org/1',
  };
  const fault = { code: 'E_RUN', message: 'no', hint: 'look', phase: 'run' } as const;
  const seen = observation({ outcome: 'faulted', fault, n: 0, evidence: undefined, probe: undefined });
  const verdict = { status: 'error', reason: fault } as const;
  const record = toRecord(seen, verdict, { ...key, variant: 'b100' }, 'accuracy', {
    expectation: { declared, met: true },
    finding: 'findings/x',
  });
  expect(resultRecordSchema.parse(written(record))).toEqual(record);
  expect(record).toMatchObject({
    id: 'lenet5/onnx-fp32-b100/ort-wasm-t1@firefox',
    status: 'error',
    reason: fault,
    expectation: { status: 'error', code: 'E_RUN', reason: 'known', link: 'https://example.org/1', met: true },
    finding: 'findings/x',
  });
  for (const absent of ['accuracy', 'numeric', 'evidence', 'probe']) expect(record).not.toHaveProperty(absent);
});

test('threads: what the cell is called after, else what it used, else one', () => {
  const webgl = parseCellId('lenet5/onnx-fp32/ort-webgl@firefox');
  const threads = (seen: Partial<Parameters<typeof observation>[0]>, cell = webgl): number =>
    toRecord(observation(seen), { status: 'pass' }, cell, 'accuracy').cell.threads;
  expect(threads({}, { ...key, threads: 2 })).toBe(2);
  expect(threads({ evidence: { ...evidence, threads: 3 } })).toBe(3);
  expect(threads({ evidence: undefined })).toBe(1);
});
