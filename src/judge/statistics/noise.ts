/** How noisy the machine was around a cell, by the calibration kernel, in which no runtime has a part. */
import type { Calibration } from '../../protocol/performance.js';
import { median, quantile } from './summary.js';

/** A shift by more than this, up or down, makes a cell noisy. */
export const NOISE_LIMIT = 1.1;

/** The calibrations around one visit. */
export interface Surroundings {
  readonly before: Calibration;
  readonly after: Calibration;
}

export interface Noise {
  /** Of all visits the one that is furthest off: its kernel's median divided by the run's. 1 where nothing was calibrated. */
  readonly shift: number;
  readonly noisy: boolean;
}

/**
 * @param visits the calibrations around each visit of a cell
 * @param run all calibrations of the run in the same browser: engines run the kernel at other speeds
 */
export function noiseOf(visits: readonly Surroundings[], run: readonly Calibration[]): Noise {
  const usual = median(run.flatMap(({ samplesMs }) => samplesMs));
  const shifts = visits
    .map((visit) => median(timingsOf(visit)) / usual)
    .filter((shift) => shift > 0 && shift < Infinity);
  const shift = shifts.reduce((worst, one) => (distance(one) > distance(worst) ? one : worst), 1);
  return { shift, noisy: distance(shift) > Math.log(NOISE_LIMIT) };
}

/** How fast the machine was around a visit where nothing else fell upon it: the lower quartile of the kernel; NaN where it was not run. */
export const calibrationOf = (visit: Surroundings): number => quantile(timingsOf(visit), 0.25);

const timingsOf = ({ before, after }: Surroundings): number[] => [...before.samplesMs, ...after.samplesMs];

const distance = (shift: number): number => Math.abs(Math.log(shift));
