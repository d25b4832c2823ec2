/** What a run was made on: results of other machines or versions tell nothing of a regression. */
import { z } from 'zod';
import type { ResultRecord } from '../protocol/record.js';

export const fingerprintSchema = z.strictObject({
  /** With the number of cores: `AMD EPYC × 2`. */
  cpu: z.string(),
  os: z.string(),
  /** Version by the name of the browser. */
  browsers: z.record(z.string(), z.string()),
  /** Version by the name of the runtime. */
  runtimes: z.record(z.string(), z.string()),
});
export type Fingerprint = z.infer<typeof fingerprintSchema>;

/** @param records - of one run, one at least */
export function fingerprintOf(records: readonly Pick<ResultRecord, 'cell'>[]): Fingerprint {
  const cells = records.map(({ cell }) => cell);
  const known = ({ browserVersion }: ResultRecord['cell']): boolean => browserVersion !== 'unknown';
  const { cpu, os } = cells.find(known) ?? cells[0] ?? { cpu: 'unknown', os: 'unknown' };
  return {
    cpu,
    os,
    browsers: sorted(cells.filter(known).map(({ browser, browserVersion }) => [browser, browserVersion])),
    // On the PC a runtime is another package than in a page, though of the same name.
    runtimes: sorted(
      cells
        .filter(known)
        .map(({ runtime, runtimeVersion, browser }) => [
          browser === 'pc' ? `${runtime} on the PC` : runtime,
          runtimeVersion,
        ]),
    ),
  };
}

const sorted = (entries: [string, string][]): Record<string, string> =>
  Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b)));

/**
 * How `then` differs from `now`, in words. A browser or a runtime that only one of them has is no difference: a run may
 * be of a part of the matrix.
 */
export function differences(then: Fingerprint, now: Fingerprint): string[] {
  const between = (what: string, before: string | undefined, after: string | undefined): string[] =>
    before === undefined || after === undefined || before === after ? [] : [`${what}: ${before} → ${after}`];
  return [
    ...between('CPU', then.cpu, now.cpu),
    ...between('system', then.os, now.os),
    ...Object.entries(then.browsers).flatMap(([name, version]) => between(name, version, now.browsers[name])),
    ...Object.entries(then.runtimes).flatMap(([name, version]) => between(name, version, now.runtimes[name])),
  ];
}
