import { describe, expect, it } from 'vitest';
import type { Evidence } from '../protocol/observation.js';
import type { MemoryReading, PerformanceObservation, Series, Visit } from '../protocol/performance.js';
import { performanceBlockSchema } from '../protocol/performance.js';
import { resultRecordSchema } from '../protocol/record.js';
import { judgePerformance, type PerformanceVerdict } from './performance.js';
import { performanceRecord } from './record.js';
import { platform } from './testing.js';

const ID = 'lenet5/onnx-fp32/ort-wasm-t2@firefox';

const series = (samplesMs: number[], changes: Partial<Series> = {}): Series => ({
  batchSize: 1,
  readBack: true,
  clockStepMs: 0.02,
  iterations: 1,
  warmUpMs: [40, 3, 2],
  steady: true,
  samplesMs,
  ...changes,
});

const calibration = (ms: number): Visit['calibration'] => ({
  before: { samplesMs: [ms, ms, ms] },
  after: { samplesMs: [ms, ms, ms] },
});

const visit = (changes: Partial<Visit> = {}): Visit => ({
  turn: 0,
  at: '2026-11-24T12:00:00.000Z',
  httpCache: 'empty',
  warmRuntime: false,
  phases: { runtimeLoadMs: 800, modelFetchMs: 12, sessionMs: 40, firstInferenceMs: 40 },
  latency: series([2, 2.1, 2.2]),
  calibration: calibration(7),
  ...changes,
});

const evidence: Evidence = {
  provider: 'wasm',
  gpuDispatches: 0,
  webglDraws: 0,
  webnnDispatches: 0,
  wasmModules: [{ name: 'ort.wasm', bytes: 1 }],
  wasmMemoryBytes: 1,
  workersAlive: 1,
  threads: 2,
};

const observed = (changes: Partial<PerformanceObservation> = {}): PerformanceObservation => ({
  schema: 1,
  kind: 'performance',
  id: ID,
  platform,
  outcome: 'completed',
  evidence,
  modelBytes: 1000,
  visits: [visit()],
  ...changes,
});

const judge = (
  changes: Partial<PerformanceObservation> = {},
  native: readonly PerformanceObservation[] = [],
): PerformanceVerdict =>
  judgePerformance({ observation: observed(changes), native, runCalibration: [{ samplesMs: [7, 7, 7] }] });

const code = (verdict: PerformanceVerdict): string => verdict.reason?.code ?? verdict.status;

describe('the verdict', () => {
  const fault = { code: 'E_MODEL_LOAD', message: 'no', hint: 'h' } as const;
  it.each<[string, Partial<PerformanceObservation>, string, string]>([
    ['a sound measurement', {}, 'pass', 'pass'],
    [
      'an absent backend',
      { outcome: 'unsupported', probe: { available: false, words: 'none' } },
      'unsupported',
      'E_BACKEND_UNAVAILABLE',
    ],
    [
      'an absent backend that the probe found',
      { outcome: 'unsupported', probe: { available: true, words: 'x' } },
      'error',
      'E_INTERNAL',
    ],
    ['an absent backend without a probe', { outcome: 'unsupported' }, 'error', 'E_INTERNAL'],
    ['a fault', { outcome: 'faulted', fault }, 'error', 'E_MODEL_LOAD'],
    ['a fault without a reason', { outcome: 'faulted' }, 'error', 'E_INTERNAL'],
    ['a backend that did not run', { evidence: { ...evidence, wasmModules: [] } }, 'error', 'E_BACKEND_NOT_USED'],
    [
      'one thread where two were asked for',
      { evidence: { ...evidence, workersAlive: 0 } },
      'error',
      'E_BACKEND_NOT_USED',
    ],
    ['no visit', { visits: [] }, 'error', 'E_RUN'],
    ['no timing', { visits: [visit({ latency: series([]) })] }, 'error', 'E_RUN'],
    ['a cell id that is none', { id: 'x' }, 'error', 'E_USAGE'],
  ])('of %s', (_, changes, status, reason) => {
    const verdict = judge(changes);
    expect([verdict.status, code(verdict)]).toEqual([status, reason]);
  });

  it('of the PC asks for no evidence', () => {
    const pc = observed({ id: 'lenet5/onnx-fp32/ort-native-t1@pc' });
    delete (pc as { evidence?: Evidence }).evidence;
    expect(judgePerformance({ observation: pc, native: [], runCalibration: [] }).status).toBe('pass');
  });

  it('of a browser asks for it', () => {
    const bare = observed();
    delete (bare as { evidence?: Evidence }).evidence;
    expect(code(judgePerformance({ observation: bare, native: [], runCalibration: [] }))).toBe('E_BACKEND_NOT_USED');
  });
});

describe('timings that are too short for the clock', () => {
  it.each<[string, Partial<Visit>, string]>([
    ['fifty steps are enough', { latency: series([1, 1.2], { clockStepMs: 0.02 }) }, 'pass'],
    // 50 * 0.02 is 1.0000000000000002 as a sum of steps; rounded the other way it is still fifty.
    ['fifty steps, rounded down', { latency: series([50 * 0.02 - 1e-12]) }, 'pass'],
    ['forty-nine are not', { latency: series([2, 0.98, 2]) }, 'E_CLOCK'],
    ['over ten inferences they are', { latency: series([0.098, 0.1], { iterations: 11 }) }, 'pass'],
    ['a clock of 100 ms', { latency: series([100, 200], { clockStepMs: 100 }) }, 'E_CLOCK'],
    ['zero', { latency: series([2, 0]) }, 'E_CLOCK'],
    ['no end', { latency: series([2, Infinity]) }, 'E_CLOCK'],
    ['no number', { latency: series([2, NaN]) }, 'E_CLOCK'],
    ['in a larger batch', { throughput: [series([0.5], { batchSize: 8 })] }, 'E_CLOCK'],
    ['without read-back', { latencyWithoutReadBack: series([0.5], { readBack: false }) }, 'E_CLOCK'],
  ])('%s', (_, changes, expected) => {
    expect(code(judge({ visits: [visit(), visit(changes)] }))).toBe(expected);
  });

  it('are told with their numbers', () => {
    const { reason } = judge({ visits: [visit(), visit({ latency: series([0.5]) })] });
    expect(reason?.message).toContain('visit 2');
    expect(reason?.message).toContain('25 steps of a clock of 0.02 ms');
  });
});

describe('the block', () => {
  const block = (changes: Partial<PerformanceObservation> = {}, native: PerformanceObservation[] = []) =>
    judge(changes, native).performance;

  it('pools the timings of all visits, raw and in order, and says how they divide', () => {
    const visits = [
      visit({ latency: series([2, 2.1], { iterations: 4, clockStepMs: 0.02 }) }),
      visit({
        latency: series([3, 9], { steady: false, iterations: 2, clockStepMs: 0.005 }),
        calibration: calibration(8),
      }),
    ];
    expect(block({ visits })?.latency).toMatchObject({
      n: 4,
      median: { value: 2.55 },
      samplesMs: [2, 2.1, 3, 9],
      steady: false,
      iterations: 4,
      clockStepMs: 0.02,
      visits: [
        { n: 2, calibrationMs: 7 },
        { n: 2, calibrationMs: 8 },
      ],
    });
    expect(block({ visits })?.latency).not.toHaveProperty('p90');
  });

  it('has the 90th percentile from 64 timings on, whatever visits they are of', () => {
    const many = (n: number): Visit => visit({ latency: series(Array.from({ length: n }, (_, i) => 2 + i / 100)) });
    expect(block({ visits: [many(32), many(31)] })?.latency?.p90).toBeUndefined();
    expect(block({ visits: [many(32), many(32)] })?.latency?.p90).toBeGreaterThan(2.2);
  });

  it('keeps cold starts with an empty and with a full cache apart, and those of a warm runtime out', () => {
    const phases = (runtimeLoadMs: number): Visit['phases'] => ({ ...visit().phases, runtimeLoadMs });
    const cold = block({
      visits: [
        visit({ phases: phases(900) }),
        visit({ phases: phases(700), httpCache: 'full' }),
        visit({ phases: phases(300), httpCache: 'full' }),
        visit({ phases: phases(0), httpCache: 'full', warmRuntime: true }),
      ],
    })?.cold;
    expect([cold?.empty?.runtimeLoadMs, cold?.full?.runtimeLoadMs]).toEqual([900, 500]);
    expect(cold?.empty).not.toHaveProperty('disposeMs');
  });

  it('names the batch with the most samples a second, and turns the interval about', () => {
    const batch = (batchSize: number, ms: number): Series => series([ms, ms * 1.1, ms * 0.9], { batchSize });
    const visits = [visit({ throughput: [batch(8, 8), batch(32, 64)] }), visit({ throughput: [batch(8, 8)] })];
    const throughput = block({ visits })?.throughput;
    expect(throughput).toMatchObject({ batchSize: 8, samplesPerSecond: { value: 1000 } });
    expect(throughput?.samplesPerSecond.low).toBeLessThan(1000);
    expect(throughput?.samplesPerSecond.high).toBeGreaterThan(1000);
    expect(block()?.throughput).toMatchObject({ batchSize: 1 });
  });

  it('divides by the PC’s time, fewer threads first', () => {
    const pc = (threads: number, ms: number): PerformanceObservation =>
      observed({
        id: `lenet5/onnx-fp32/ort-native-t${String(threads)}@pc`,
        visits: [visit({ latency: series([ms, ms, ms]) })],
      });
    const native = block({}, [
      pc(2, 0.7),
      pc(1, 1),
      observed({ id: 'lenet5/onnx-fp32/ort-native-t1@pc', visits: [] }),
    ])?.native;
    expect(native?.map(({ threads, medianMs, ratio }) => [threads, medianMs, Number(ratio.value.toFixed(3))])).toEqual([
      [1, 1, 2.1],
      [2, 0.7, 3],
    ]);
    expect(native?.[0]?.ratio.low).toBeGreaterThanOrEqual(2);
    expect(block()).not.toHaveProperty('native');
  });

  it('subtracts the empty page from the peak', () => {
    const reading = (
      point: MemoryReading['point'],
      processBytes?: number,
      yardstick: 'pss' | 'rss' = 'pss',
    ): MemoryReading => ({
      point,
      page: {},
      ...(processBytes === undefined ? {} : { processBytes, yardstick }),
    });
    const memory = (...readings: MemoryReading[]) => block({ visits: [visit(), visit({ memory: readings })] })?.memory;
    expect(memory(reading('peak', 5_000), reading('empty', 2_000), reading('loaded', 4_000))).toMatchObject({
      readings: [{ point: 'empty' }, { point: 'loaded' }, { point: 'peak' }],
      addedBytes: 3_000,
      timesModel: 3,
    });
    // What was loaded may take more than what was read as the peak.
    expect(memory(reading('empty', 2_000), reading('loaded', 6_000), reading('peak', 5_000))?.addedBytes).toBe(4_000);
    // What is left after dispose is no peak.
    expect(memory(reading('empty', 2_000), reading('disposed', 9_000))).not.toHaveProperty('addedBytes');
    expect(memory(reading('empty', 2_000), reading('peak', 9_000, 'rss'))).not.toHaveProperty('addedBytes');
    expect(memory(reading('empty'), reading('peak', 9_000))).not.toHaveProperty('addedBytes');
    expect(block()).not.toHaveProperty('memory');
  });

  it('says how far the machine moved', () => {
    expect(block({ visits: [visit({ calibration: calibration(9) })] })?.noise).toEqual({ shift: 9 / 7, noisy: true });
  });

  it('is there as far as it can be, of a cell that faulted after a visit', () => {
    const verdict = judge({ outcome: 'faulted', fault: { code: 'E_RUN', message: 'm', hint: 'h' } });
    expect([verdict.status, verdict.performance?.latency?.n]).toEqual(['error', 3]);
  });

  it('fits its schema, as a record does', () => {
    const verdict = judge({ visits: [visit(), visit({ httpCache: 'full' })] });
    expect(performanceBlockSchema.safeParse(verdict.performance).error).toBeUndefined();
    const record = performanceRecord(observed(), verdict);
    expect(resultRecordSchema.safeParse(JSON.parse(JSON.stringify(record))).error).toBeUndefined();
    expect(record).toMatchObject({
      kind: 'performance',
      id: ID,
      cell: { threads: 2, browser: 'firefox' },
      status: 'pass',
    });
  });

  it('is the same each time', () => {
    expect(judge()).toEqual(judge());
  });
});
