/**
 * The judge of time and memory: from what a cell did over its visits to the numbers of its record. There is no limit that
 * a cell could fail by: a slow cell passes, and whether it has become slower is judged between runs. What is judged is
 * whether the numbers may be believed.
 */
import { parseCellId } from '../protocol/cell.js';
import { toErrorRecord, type ErrorRecord } from '../protocol/errors.js';
import {
  HTTP_CACHES,
  MEMORY_POINTS,
  type Calibration,
  type Distribution,
  type HttpCache,
  type Interval,
  type MemoryReading,
  type PerformanceBlock,
  type PerformanceObservation,
  type Phases,
  type Series,
  type Visit,
} from '../protocol/performance.js';
import { evidenceFlaw } from './evidence.js';
import { faultOf, judgeUnsupported, type BareVerdict } from './outcome.js';
import { because, show } from './reason.js';
import {
  calibrationOf,
  countOutliers,
  highPercentiles,
  median,
  medianInterval,
  noiseOf,
  ratioOfMedians,
  type Visits,
} from './statistics/index.js';

export interface PerformanceCase {
  readonly observation: PerformanceObservation;
  /** The same artifact, or the ONNX form of its weights, on the PC, with one thread and with two; none for the PC itself. */
  readonly native: readonly PerformanceObservation[];
  /** All calibrations of the run in the same browser. */
  readonly runCalibration: readonly Calibration[];
}

export interface PerformanceVerdict extends BareVerdict {
  /** Filled in as far as it can be computed, whatever the status. */
  readonly performance?: PerformanceBlock;
}

/** A timing spans so many steps of the clock at least, so that a step is 2 % of it. */
export const CLOCK_STEPS = 50;

/**
 * Judges the timings and the memory of a cell. Says the first of these that holds:
 *
 * 1. `unsupported`: the probe showed that the browser does not have the backend;
 * 2. `error` with its own code: the cell faulted;
 * 3. `error`: the backend is not shown to have run (`E_BACKEND_NOT_USED`), a timing is too short for the clock
 *    (`E_CLOCK`), or there is none (`E_RUN`);
 * 4. `pass`.
 *
 * Never throws: a defect of the judge is a verdict, too (`E_INTERNAL`).
 */
export function judgePerformance(input: PerformanceCase): PerformanceVerdict {
  try {
    return judge(input);
  } catch (thrown) {
    return { status: 'error', reason: toErrorRecord(thrown, 'E_INTERNAL', 'judge') };
  }
}

function judge(input: PerformanceCase): PerformanceVerdict {
  const { observation } = input;
  if (observation.outcome === 'unsupported') return judgeUnsupported(observation);
  const problem = faultOf(observation) ?? unusedBackend(observation) ?? timingFlaw(observation.visits);
  const performance = blockOf(input);
  if (problem !== undefined) return { status: 'error', reason: problem, performance };
  return { status: 'pass', performance };
}

function unusedBackend({ id, evidence }: PerformanceObservation): ErrorRecord | undefined {
  const key = parseCellId(id);
  // The PC has no other backend to fall back to.
  return key.browser === 'pc' ? undefined : evidenceFlaw(evidence, key);
}

/** All series of a visit. */
const seriesOf = ({ latency, latencyWithoutReadBack, throughput = [] }: Visit): Series[] =>
  [latency, latencyWithoutReadBack, ...throughput].filter((series) => series !== undefined);

function timingFlaw(visits: readonly Visit[]): ErrorRecord | undefined {
  for (const visit of visits) {
    const flaw = seriesOf(visit).map(clockFlaw).find(Boolean);
    if (flaw !== undefined) {
      return because('E_CLOCK', `In visit ${String(visits.indexOf(visit) + 1)}, ${flaw}.`);
    }
  }
  const timings = visits.flatMap(({ latency }) => latency?.samplesMs ?? []);
  return timings.length > 0 ? undefined : because('E_RUN', 'The cell completed, but not one inference was timed.');
}

/** Why the timings of a series cannot be believed, in words. */
function clockFlaw({ samplesMs, iterations, clockStepMs, batchSize }: Series): string | undefined {
  const shortest = Math.min(...samplesMs);
  const longest = Math.max(...samplesMs);
  if (!(shortest > 0) || !(longest < Infinity)) {
    if (samplesMs.length === 0) return undefined;
    return `a timing was ${show(shortest > 0 ? longest : shortest)} ms`;
  }
  const steps = (shortest * iterations) / clockStepMs;
  // Sums of steps are rounded: a timing of just so many is one.
  if (steps >= CLOCK_STEPS * (1 - 1e-6)) return undefined;
  return (
    `${String(iterations)} inferences of ${String(batchSize)} took ${show(shortest * iterations)} ms, ` +
    `${show(steps)} steps of a clock of ${show(clockStepMs)} ms, where ${String(CLOCK_STEPS)} is the least`
  );
}

function blockOf({ observation, native, runCalibration }: PerformanceCase): PerformanceBlock {
  const { visits, modelBytes } = observation;
  const latency = distributionOf(visits, ({ latency }) => latency);
  const withoutReadBack = distributionOf(visits, ({ latencyWithoutReadBack }) => latencyWithoutReadBack);
  const throughput = throughputOf(visits);
  const ratios = ratiosTo(native, visits);
  const memory = memoryOf(observation);
  const responsiveness = visits.find((visit) => visit.responsiveness !== undefined)?.responsiveness;
  return {
    modelBytes,
    cold: coldStarts(visits),
    ...(latency === undefined ? {} : { latency }),
    ...(withoutReadBack === undefined ? {} : { latencyWithoutReadBack: withoutReadBack }),
    ...(throughput === undefined ? {} : { throughput }),
    ...(ratios.length === 0 ? {} : { native: ratios }),
    ...(memory === undefined ? {} : { memory }),
    ...(responsiveness === undefined ? {} : { responsiveness }),
    noise: noiseOf(
      visits.map(({ calibration }) => calibration),
      runCalibration,
    ),
  };
}

/** The timings of a kind, visit by visit. */
const timingsOf = (visits: readonly Visit[], pick: (visit: Visit) => Series | undefined): Visits =>
  visits.map((visit) => pick(visit)?.samplesMs ?? []).filter(({ length }) => length > 0);

const latencies = (visits: readonly Visit[]): Visits => timingsOf(visits, ({ latency }) => latency);

/**
 * The series of one kind of all visits, pooled.
 * @param pick the series of a visit
 * @returns `undefined` where no visit has a timing of it
 */
export function distributionOf(
  visits: readonly Visit[],
  pick: (visit: Visit) => Series | undefined,
): Distribution | undefined {
  const timed = visits.flatMap((visit) => {
    const series = pick(visit);
    return series === undefined || series.samplesMs.length === 0 ? [] : [{ visit, series }];
  });
  if (timed.length === 0) return undefined;
  const samplesMs = timed.flatMap(({ series }) => series.samplesMs);
  const all = timed.map(({ series }) => series);
  const groups = timed.map(({ visit, series }) => ({
    n: series.samplesMs.length,
    calibrationMs: calibrationOf(visit.calibration),
  }));
  return {
    n: samplesMs.length,
    median: medianInterval(all.map((series) => series.samplesMs)),
    ...highPercentiles(samplesMs),
    outliers: countOutliers(samplesMs),
    iterations: Math.max(...all.map(({ iterations }) => iterations)),
    clockStepMs: Math.max(...all.map(({ clockStepMs }) => clockStepMs)),
    steady: all.every(({ steady }) => steady),
    samplesMs,
    ...(groups.every(({ calibrationMs }) => calibrationMs > 0) ? { visits: groups } : {}),
  };
}

/** The batch with the most samples a second, batch 1 among them. */
function throughputOf(visits: readonly Visit[]): PerformanceBlock['throughput'] {
  const sizes = new Set(visits.flatMap((visit) => batches(visit).map(({ batchSize }) => batchSize)));
  const all = [...sizes].map((batchSize) => {
    const timings = visits.map((visit) =>
      batches(visit).flatMap((series) => (series.batchSize === batchSize ? series.samplesMs : [])),
    );
    return { batchSize, samplesPerSecond: inverse(medianInterval(timings), 1000 * batchSize) };
  });
  return all
    .filter(({ samplesPerSecond }) => Number.isFinite(samplesPerSecond.value))
    .sort((a, b) => b.samplesPerSecond.value - a.samplesPerSecond.value)[0];
}

const batches = ({ latency, throughput = [] }: Visit): Series[] => [
  ...(latency === undefined ? [] : [latency]),
  ...throughput,
];

const inverse = ({ value, low, high }: Interval, scale: number): Interval => ({
  value: scale / value,
  low: scale / high,
  high: scale / low,
});

/** The cell's latency beside the PC's, fewer threads first; a PC that gave no timings has no ratio. */
function ratiosTo(
  native: readonly PerformanceObservation[],
  visits: readonly Visit[],
): NonNullable<PerformanceBlock['native']> {
  const own = latencies(visits);
  if (own.length === 0) return [];
  return native
    .flatMap(({ id, visits: theirs }) => {
      const timings = latencies(theirs);
      if (timings.length === 0) return [];
      const ratio = ratioOfMedians(own, timings);
      return [{ id, threads: parseCellId(id).threads ?? 1, medianMs: median(timings.flat()), ratio }];
    })
    .sort((a, b) => a.threads - b.threads);
}

/** The phases of cold starts, each the median over the visits with that HTTP cache. */
function coldStarts(visits: readonly Visit[]): PerformanceBlock['cold'] {
  const cold: Partial<Record<HttpCache, Phases>> = {};
  for (const cache of HTTP_CACHES) {
    const phases = visits
      .filter(({ httpCache, warmRuntime }) => httpCache === cache && !warmRuntime)
      .map((visit) => visit.phases);
    if (phases.length === 0) continue;
    const disposals = phases.flatMap(({ disposeMs }) => disposeMs ?? []);
    cold[cache] = {
      runtimeLoadMs: median(phases.map(({ runtimeLoadMs }) => runtimeLoadMs)),
      modelFetchMs: median(phases.map(({ modelFetchMs }) => modelFetchMs)),
      sessionMs: median(phases.map(({ sessionMs }) => sessionMs)),
      firstInferenceMs: median(phases.map(({ firstInferenceMs }) => firstInferenceMs)),
      ...(disposals.length === 0 ? {} : { disposeMs: median(disposals) }),
    };
  }
  return cold;
}

/** The readings of the visit that has the most of them, the earlier of equals. */
function memoryOf({ visits, modelBytes }: PerformanceObservation): PerformanceBlock['memory'] {
  const all = visits.map(({ memory = [] }) => memory);
  const readings = all.reduce<readonly MemoryReading[]>((most, own) => (own.length > most.length ? own : most), []);
  if (readings.length === 0) return undefined;
  const ordered = [...readings].sort((a, b) => MEMORY_POINTS.indexOf(a.point) - MEMORY_POINTS.indexOf(b.point));
  const addedBytes = addedBy(ordered);
  return {
    readings: ordered,
    ...(addedBytes === undefined ? {} : { addedBytes }),
    ...(addedBytes === undefined || modelBytes === 0 ? {} : { timesModel: addedBytes / modelBytes }),
  };
}

/** Peak less the empty page, where both were read by one yardstick. The peak is a reading, too: the highest one counts. */
function addedBy(readings: readonly MemoryReading[]): number | undefined {
  const empty = readings.find(({ point }) => point === 'empty');
  if (empty?.processBytes === undefined) return undefined;
  const later = readings.flatMap(({ point, processBytes, yardstick }) =>
    (point === 'loaded' || point === 'peak') && yardstick === empty.yardstick ? (processBytes ?? []) : [],
  );
  return later.length === 0 ? undefined : Math.max(...later) - empty.processBytes;
}
