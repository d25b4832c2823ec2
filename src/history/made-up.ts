/** Made-up performance records, for tests. */
import { seeded } from '../protocol/random.js';
import type { ResultRecord } from '../protocol/record.js';
import { madeUpRecord } from '../report/made-up.js';

export interface MadeUpTimes {
  readonly ms?: number;
  readonly visits?: number;
  readonly seed?: number;
}

/** A cell whose visits lie within one percent of `ms`, with thirty timings each within another two. */
export function madeUpTimes(id: string, { ms = 0.2, visits = 5, seed = 1 }: MadeUpTimes = {}): ResultRecord {
  const uniform = seeded(seed);
  const around = (centre: number, share: number): number => centre * (1 + share * (2 * uniform() - 1));
  const { schema, cell } = madeUpRecord(id);
  const samplesMs = Array.from({ length: visits }, () => around(ms, 0.01)).flatMap((centre) =>
    Array.from({ length: 30 }, () => around(centre, 0.02)),
  );
  return {
    schema,
    id,
    kind: 'performance',
    cell,
    status: 'pass',
    performance: {
      modelBytes: 246_000,
      cold: {},
      latency: {
        n: samplesMs.length,
        median: { value: ms, low: ms, high: ms },
        outliers: 0,
        iterations: 1,
        clockStepMs: 0.005,
        steady: true,
        samplesMs,
        visits: Array.from({ length: visits }, () => ({ n: 30, calibrationMs: 2 })),
      },
      noise: { shift: 1, noisy: false },
    },
  };
}
