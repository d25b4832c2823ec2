import { expect, it } from 'vitest';
import { calibrationOf, noiseOf, type Surroundings } from './noise.js';

const timed = (...samplesMs: number[]): { samplesMs: number[] } => ({ samplesMs });
const around = (before: number, after = before): Surroundings => ({
  before: timed(before, before, before),
  after: timed(after, after, after),
});
const run = [timed(7, 7.1, 6.9), timed(7, 7, 30)];

it.each<[string, Surroundings[], number, boolean]>([
  ['as the run', [around(7), around(7)], 1, false],
  ['nine percent slower', [around(7), around(7 * 1.09)], 1.09, false],
  ['eleven percent slower in one of its visits', [around(7), around(7 * 1.11), around(7)], 1.11, true],
  ['eleven percent faster', [around(7 / 1.11)], 1 / 1.11, true],
  // Both ways: twice as slow is further off than a quarter faster.
  ['off both ways', [around(7 / 1.25), around(14)], 2, true],
  ['not calibrated', [{ before: timed(), after: timed() }], 1, false],
  ['not visited', [], 1, false],
])('a cell that is %s', (_, visits, shift, noisy) => {
  const noise = noiseOf(visits, run);
  expect(noise.shift).toBeCloseTo(shift, 10);
  expect(noise.noisy).toBe(noisy);
});

it('knows no shift without a run', () => {
  expect(noiseOf([around(7)], [])).toEqual({ shift: 1, noisy: false });
});

it('one slow timing of many makes no noise', () => {
  const visit = { before: timed(7, 7, 7, 90), after: timed(7, 7, 7) };
  expect(noiseOf([visit], run).noisy).toBe(false);
});

it('the machine’s speed around a visit is the lower quartile, before and after', () => {
  expect(calibrationOf({ before: timed(5, 1), after: timed(4, 2, 3) })).toBe(2);
});
