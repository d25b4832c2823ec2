import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROJECT_ROOT } from '../paths.js';
import { loadModel } from '../plan/cards.js';
import type { PerformanceObservation, Series, Visit } from '../protocol/performance.js';
import { atBatch, batchSizes } from './native-timing.js';

const lenet1 = loadModel(path.join(PROJECT_ROOT, 'fixtures', 'models', 'lenet1')).card;

test('the PC measures single samples, and each batch that an artifact is fixed at', () => {
  const [fp32] = lenet1.artifacts;
  if (fp32 === undefined) throw new Error('lenet1 has no artifact');
  expect(batchSizes(lenet1, fp32)).toEqual([1, 100]);
  expect(batchSizes(lenet1, { ...fp32, fixedBatch: 20 })).toEqual([20]);
});

describe('at another batch', () => {
  const series = (batchSize: number): Series => ({
    batchSize,
    readBack: true,
    clockStepMs: 1,
    iterations: 1,
    warmUpMs: [],
    steady: true,
    samplesMs: [batchSize],
  });
  const observation = { visits: [{ latency: series(1), throughput: [series(20), series(100)] } as Visit] };
  const at = (batchSize: number): (Series | undefined)[] =>
    atBatch(observation as PerformanceObservation, batchSize).visits.map(({ latency }) => latency);

  test('the latency is that of the batch', () => {
    expect(at(1)).toEqual([series(1)]);
    expect(at(100)).toEqual([series(100)]);
  });

  test('there is none where it was not measured', () => {
    expect(at(50)).toEqual([undefined]);
  });
});
