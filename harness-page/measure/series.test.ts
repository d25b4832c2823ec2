import { afterEach, describe, expect, test, vi } from 'vitest';
import type { MeasureRequest } from '../../src/protocol/performance.js';
import { clockStep } from './clock.js';
import { takeSeries, type Inference } from './series.js';

afterEach(() => vi.unstubAllGlobals());

/** A clock of steps of `stepMs`. Each reading of it takes a microsecond, and work as long as it says. */
function madeUpClock(stepMs: number): { work: (ms: (index: number) => number) => Inference } {
  let now = 1000;
  vi.stubGlobal('performance', {
    now: () => {
      now += 0.001;
      return Math.floor(now / stepMs) * stepMs;
    },
  });
  return {
    work(ms) {
      let index = 0;
      return () => {
        now += ms(index++);
        return Promise.resolve();
      };
    },
  };
}

const REQUEST: MeasureRequest = { batchSize: 1, timings: 20, budgetMs: 10_000, minClockSteps: 50, readBack: true };

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('a series', () => {
  test('is of timings that are long enough for the clock, and told an inference', async () => {
    const clock = madeUpClock(0.125);
    const series = await takeSeries(
      clock.work(() => 0.2),
      REQUEST,
    );
    expect(series.clockStepMs).toBe(0.125);
    expect(series.steady).toBe(true);
    expect(series.samplesMs).toHaveLength(20);
    for (const ms of series.samplesMs) {
      expect(ms * series.iterations).toBeGreaterThanOrEqual(50 * 0.125);
      // Within a step of the clock and its readings.
      expect(Math.abs(ms - 0.2) * series.iterations).toBeLessThan(0.13);
    }
  });

  test('times a long inference alone', async () => {
    const clock = madeUpClock(0.125);
    const series = await takeSeries(
      clock.work(() => 80),
      REQUEST,
    );
    expect(series.iterations).toBe(1);
    expect(series.warmUpMs[0]).toBeCloseTo(80, 0);
  });

  test('stops at its budget, after three timings at the soonest', async () => {
    const clock = madeUpClock(0.125);
    const slow = clock.work(() => 900);
    expect((await takeSeries(slow, { ...REQUEST, budgetMs: 5_000 })).samplesMs).toHaveLength(6);
    expect((await takeSeries(slow, { ...REQUEST, budgetMs: 1 })).samplesMs).toHaveLength(3);
  });

  test('ends a warm-up that does not become steady at its budget, and says so', async () => {
    const clock = madeUpClock(0.125);
    const series = await takeSeries(
      clock.work((index) => 100 * 0.9 ** Math.min(index, 60) + 1),
      { ...REQUEST, budgetMs: 600 },
    );
    expect(series.steady).toBe(false);
    expect(sum(series.warmUpMs)).toBeGreaterThanOrEqual(600);
  });

  test('gives a slow model enough inferences to become steady, beyond its budget', async () => {
    const clock = madeUpClock(0.125);
    const series = await takeSeries(
      clock.work(() => 150),
      { ...REQUEST, budgetMs: 300 },
    );
    expect(series.steady).toBe(true);
    expect(sum(series.warmUpMs)).toBeGreaterThan(500);
  });

  test('does not wait for a very slow one', async () => {
    const clock = madeUpClock(0.125);
    const series = await takeSeries(
      clock.work(() => 1_500),
      { ...REQUEST, budgetMs: 300 },
    );
    expect(series.steady).toBe(false);
    expect(series.warmUpMs).toHaveLength(3);
  });

  test('leaves the warm-up out of the timings', async () => {
    const clock = madeUpClock(0.125);
    const series = await takeSeries(
      clock.work((index) => (index < 40 ? 400 / (index + 1) + 10 : 10)),
      REQUEST,
    );
    expect(series.warmUpMs[0]).toBeCloseTo(410, 0);
    for (const ms of series.samplesMs) expect(ms).toBeCloseTo(10, 0);
  });

  test('begins anew where inferences become so much faster that the timings are too short', async () => {
    const clock = madeUpClock(0.125);
    let inferences = 0;
    const faster = clock.work(() => (inferences++ < 2000 ? 1 : 0.25));
    const series = await takeSeries(faster, { ...REQUEST, timings: 2000, budgetMs: 100_000 });
    expect(series.samplesMs).toHaveLength(2000);
    for (const ms of series.samplesMs) expect(ms * series.iterations).toBeGreaterThanOrEqual(50 * 0.125);
    // None was left out: what was taken before is told as warm-up.
    expect(series.warmUpMs.length).toBeGreaterThan(180);
  });

  test.each([
    ['stands still', () => 1],
    ['is not finite', (reading: number) => (reading < 500 ? reading : NaN)],
    ['goes backwards', (reading: number) => (reading < 500 ? reading : -reading)],
    ['has reached its end', (reading: number) => Math.min(reading, 900)],
  ])('by a clock that %s is E_CLOCK', async (_, at) => {
    let reading = 0;
    vi.stubGlobal('performance', { now: () => at(reading++) });
    await expect(takeSeries(() => Promise.resolve(), REQUEST)).rejects.toMatchObject({ code: 'E_CLOCK' });
  });
});

test('the step of a clock is its smallest', () => {
  const readings = [0, 0, 5, 5, 10, 11, 11, 20];
  let index = 0;
  vi.stubGlobal('performance', { now: () => readings[index++] ?? 20 + index * 50 });
  expect(clockStep()).toBe(1);
});
