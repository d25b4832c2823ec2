/**
 * What the page is given: the records of a run, without what it can't show. They travel as gzip in base64, which the page
 * unpacks by itself: what all records have in common (versions, hints, machines) costs next to nothing so, and base64
 * holds no character that HTML knows, so nothing in a record can end the element that carries it.
 */
import { gzipSync } from 'node:zlib';
import type { Distribution, PerformanceBlock } from '../../protocol/performance.js';
import type { ResultRecord } from '../../protocol/record.js';

/** Timings of one series that are shown. The numbers made from them are the record's: they count all. */
const SHOWN_SAMPLES = 128;
/** A stack is for whoever holds the finding. Here its head does. */
const SHOWN_STACK_LINES = 12;

/** To so many significant digits: twice what any of them is shown with. */
const rounded = (value: number): number => Number(value.toPrecision(5));

/** At most {@link SHOWN_SAMPLES} of a series, evenly spaced, in the order taken. */
export function thinned(samples: readonly number[]): number[] {
  const step = Math.max(1, samples.length / SHOWN_SAMPLES);
  const shown: number[] = [];
  for (let at = 0; at < samples.length; at += step) shown.push(rounded(samples[Math.floor(at)] ?? 0));
  return shown;
}

const thinnedDistribution = (series: Distribution): Distribution => ({
  ...series,
  samplesMs: thinned(series.samplesMs),
});

function thinnedPerformance(block: PerformanceBlock): PerformanceBlock {
  return {
    ...block,
    ...(block.latency === undefined ? {} : { latency: thinnedDistribution(block.latency) }),
    ...(block.latencyWithoutReadBack === undefined
      ? {}
      : { latencyWithoutReadBack: thinnedDistribution(block.latencyWithoutReadBack) }),
  };
}

/** A record as the page gets it. */
export function forPage(record: ResultRecord): ResultRecord {
  const { timing, performance, reason } = record;
  return {
    ...record,
    ...(timing?.inferenceMs === undefined ? {} : { timing: { ...timing, inferenceMs: thinned(timing.inferenceMs) } }),
    ...(performance === undefined ? {} : { performance: thinnedPerformance(performance) }),
    ...(reason?.stack === undefined
      ? {}
      : { reason: { ...reason, stack: reason.stack.split('\n').slice(0, SHOWN_STACK_LINES).join('\n') } }),
  };
}

/** The records as the text of the page's data element. */
export function packRecords(records: readonly ResultRecord[]): string {
  return gzipSync(JSON.stringify(records.map(forPage)), { level: 6 }).toString('base64');
}
