import { describe, expect, test } from 'vitest';
import { seeded } from './random.js';
import { MOST_ITERATIONS, STEADY, Steadiness, iterationsFor } from './steady.js';

/** How many timings a series takes to be found steady; `undefined` when it never is. */
function steadyAfter(timing: (index: number) => number, most = 20_000): number | undefined {
  const steadiness = new Steadiness();
  for (let index = 0; index < most; index++) if (steadiness.add(timing(index))) return index + 1;
  return undefined;
}

/** A timing of about `ms`, skewed as timings are: seldom much shorter, at times much longer. */
function noisy(seed: number, share = 0.05): (ms: number) => number {
  const random = seeded(seed);
  return (ms) => ms * (1 + share * -Math.log(1 - random())) * (random() < 0.01 ? 4 : 1);
}

describe('the steady state', () => {
  test('takes three windows, of so many timings and so many milliseconds', () => {
    expect(steadyAfter(() => 100)).toBe(3 * STEADY.windowCount);
    expect(steadyAfter(() => 0.5)).toBe((3 * STEADY.windowMs) / 0.5);
  });

  test.each([1, 2, 3, 4, 5])('is found soon in noise without a trend (seed %i)', (seed) => {
    const noise = noisy(seed);
    expect(steadyAfter(() => noise(10))).toBeLessThan(12 * STEADY.windowCount);
  });

  test.each([1, 2, 3, 4, 5])('is not found while timings still go down by a half each window (seed %i)', (seed) => {
    const noise = noisy(seed);
    const decaying = (index: number): number => noise(12 + 400 * 0.5 ** (index / STEADY.windowCount));
    const found = steadyAfter(decaying) ?? Infinity;
    // The warm-up's share in what is measured is within the noise by then.
    expect(400 * 0.5 ** (found / STEADY.windowCount)).toBeLessThan(0.1 * 12);
  });

  test('is not found across a step, as when a compiler takes over', () => {
    const found = steadyAfter((index) => (index < 12 ? 40 : 20));
    // Steady at 40 it was for two windows alone; from the step on it takes three.
    expect(found).toBeGreaterThanOrEqual(12 + 2 * STEADY.windowCount);
  });

  test('is not missed for one timing that a collector of garbage lengthened', () => {
    expect(steadyAfter((index) => (index === 7 ? 1000 : 20))).toBe(3 * STEADY.windowCount);
  });

  test('is found by a clock that is coarser than the timings', () => {
    expect(steadyAfter((index) => (index % 3 === 0 ? 1 : 0))).toBeDefined();
  });

  test('never is where the clock stands still, for windows span a time', () => {
    expect(steadyAfter(() => 0)).toBeUndefined();
  });
});

describe('the iterations of a timing', () => {
  test('stay where one is long enough', () => {
    expect(iterationsFor(1, 1, 1)).toBe(1);
    expect(iterationsFor(5, 3, 1)).toBe(3);
  });

  test('are as many as the time needs, and some more', () => {
    // An inference of 0.2 ms, 50 steps of 20 µs: 5 would just do.
    const iterations = iterationsFor(0.2, 1, 1);
    expect(iterations).toBeGreaterThan(5);
    expect(iterations).toBeLessThan(10);
  });

  test('grow where the clock saw nothing, up to what a clock that runs would have seen', () => {
    expect(iterationsFor(0, 1, 1)).toBeGreaterThan(1);
    let iterations = 1;
    for (let trial = 0; trial < 10; trial++) iterations = iterationsFor(0, iterations, 1);
    expect(iterations).toBe(MOST_ITERATIONS);
  });

  test('always grow where the span is a little too short', () => {
    expect(iterationsFor(0.999999, 1000, 1)).toBeGreaterThan(1000);
  });
});
