/**
 * A fixed piece of work in plain JavaScript that no runtime has a part in: how long it takes tells what the machine and
 * the engine are like just now.
 */
import { PlumblineError } from '../../src/protocol/errors.js';
import type { Calibration } from '../../src/protocol/performance.js';
import { timed } from './clock.js';

/**
 * Makes the work take about a millisecond on the machines of 2020 to 2026: many steps of the clock, and short enough that a
 * scheduler which has other things to do as well seldom comes in between.
 */
const ROUNDS = 20;
const VALUES = 32_768;
/** For the compilers; not told. */
const WARM_UP = 12;

const values = new Float64Array(VALUES);

/** Integer and floating-point arithmetic over memory of 256 KiB. @returns what came of it, always the same */
function kernel(): number {
  let state = 0x9e3779b9;
  let sum = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (let index = 0; index < VALUES; index++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      const value = (values[index] as number) * 0.5 + (state >>> 8) * 2 ** -24;
      values[index] = value;
      sum += value * value;
    }
  }
  return sum;
}

/** @throws PlumblineError `E_CLOCK` when a timing is zero, `E_INTERNAL` when an engine computed something else */
export async function calibrate(timings: number): Promise<Calibration> {
  const once = (): Promise<number> => {
    values.fill(0);
    return Promise.resolve(kernel());
  };
  const first = await once();
  for (let repeat = 0; repeat < WARM_UP; repeat++) await once();
  const samplesMs: number[] = [];
  // What the work gives is compared each time, so that no compiler may leave it out.
  const compared = async (): Promise<void> => {
    if ((await once()) !== first) throw new PlumblineError('E_INTERNAL', 'the calibration kernel is not repeatable');
  };
  for (let timing = 0; timing < timings; timing++) {
    const ms = await timed(compared, 1);
    if (!(ms > 0 && ms < Infinity)) throw new PlumblineError('E_CLOCK', `the calibration kernel took ${String(ms)} ms`);
    samplesMs.push(ms);
  }
  return { samplesMs };
}
