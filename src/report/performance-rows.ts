/** The numbers of time, memory and repetition, as rows of names and values for people. Pure. */
import type { Distribution, Phases, Slope } from '../protocol/performance.js';
import type { ResultRecord } from '../protocol/record.js';
import { byteChange, bytes, count, duration, float, millis, times } from './format.js';
import { PHASE_TITLES, START_PHASES, startOf } from './readings.js';

export type Row = readonly [name: string, value: string | undefined];
export type Section = readonly [title: string, rows: readonly Row[]];

/** What a record holds of the kinds `performance` and `soak`; nothing of others. */
export function performanceSections({ performance, soak }: ResultRecord): Section[] {
  const sections: Section[] = [];
  if (performance !== undefined) {
    const {
      latency,
      latencyWithoutReadBack,
      native = [],
      throughput,
      cold,
      memory,
      responsiveness,
      noise,
    } = performance;
    sections.push(
      ['Warm latency, batch 1', latency === undefined ? [] : latencyRows(latency)],
      ['Without read-back', latencyWithoutReadBack === undefined ? [] : latencyRows(latencyWithoutReadBack)],
      [
        'Beside the PC',
        native.map(({ id, medianMs, ratio }) => [
          `${id}, ${millis(medianMs)} ms`,
          `× ${times(ratio.value)} (${times(ratio.low)} to ${times(ratio.high)})`,
        ]),
      ],
      ['Cold start, empty cache', cold.empty === undefined ? [] : phaseRows(cold.empty)],
      ['Cold start, full cache', cold.full === undefined ? [] : phaseRows(cold.full)],
      [
        'Throughput',
        throughput === undefined
          ? []
          : [
              ['best batch', count(throughput.batchSize)],
              ['samples a second', float(throughput.samplesPerSecond.value, 4)],
            ],
      ],
      ['Memory', memory === undefined ? [] : memoryRows(performance.modelBytes, memory)],
      [
        'The page meanwhile',
        responsiveness === undefined
          ? []
          : [
              ['longest task', duration(responsiveness.longestTaskMs)],
              ['frames dropped', `${count(responsiveness.framesDropped)} of ${count(responsiveness.framesExpected)}`],
              ['inferences', `${count(responsiveness.inferences)} in ${duration(responsiveness.durationMs)}`],
            ],
      ],
      ['The machine', [['calibration kernel', `× ${times(noise.shift)}${noise.noisy ? ': noisy' : ''}`]]],
    );
  }
  if (soak !== undefined) {
    const { inferences, rounds, differing, overInferences, overRounds } = soak;
    sections.push(
      [
        'Repetition',
        [
          ['inferences', count(inferences)],
          ['with other outputs than the first', differing.length === 0 ? 'none' : differing.map(count).join(', ')],
          ['rounds of load and dispose', count(rounds)],
        ],
      ],
      ['Memory an inference', overInferences.map(slopeRow)],
      ['Memory a round', overRounds.map(slopeRow)],
    );
  }
  return sections;
}

function latencyRows({ median, p90, p99, n, outliers, iterations, clockStepMs, steady, visits }: Distribution): Row[] {
  const percentile = (value: number | undefined): string | undefined =>
    value === undefined ? undefined : `${millis(value)} ms`;
  return [
    ['median', `${millis(median.value)} ms`],
    ['95 % interval', `${millis(median.low)} to ${millis(median.high)} ms`],
    ['90th percentile', percentile(p90)],
    ['99th percentile', percentile(p99)],
    ['timings', `${count(n)}${visits === undefined ? '' : ` in ${count(visits.length)} visits`}`],
    ['beyond Tukey’s fences, kept', count(outliers)],
    ['inferences a timing', count(iterations)],
    ['step of the clock', `${float(clockStepMs, 3)} ms`],
    ['warm-up', steady ? 'until steady' : 'never steady'],
  ];
}

/** The phases of a start and their sum. */
function phaseRows(phases: Phases): Row[] {
  const { disposeMs } = phases;
  return [
    ...START_PHASES.map((phase): Row => [PHASE_TITLES[phase], duration(phases[phase])]),
    ['to the first outputs', duration(startOf(phases))],
    ['dispose', disposeMs === undefined ? undefined : duration(disposeMs)],
  ];
}

function memoryRows(
  modelBytes: number,
  { readings, addedBytes, timesModel }: NonNullable<NonNullable<ResultRecord['performance']>['memory']>,
): Row[] {
  const rows = readings.flatMap(({ point, page, processBytes, yardstick = 'unknown' }): Row[] => [
    [`browser processes (${yardstick.toUpperCase()}), ${point}`, size(processBytes)],
    [`JavaScript heap, ${point}`, size(page.jsHeapBytes)],
    [`wasm heap, ${point}`, page.wasmHeapBytes === 0 ? undefined : size(page.wasmHeapBytes)],
    [`the browser’s own measure, ${point}`, size(page.userAgentBytes)],
    [
      `tensors, ${point}`,
      page.tensors === undefined ? undefined : `${count(page.tensors)}, ${size(page.tensorBytes) ?? '?'}`,
    ],
  ]);
  return [
    ['model', bytes(modelBytes)],
    ['added at the peak', addedBytes === undefined ? undefined : byteChange(addedBytes)],
    ['as a multiple of the model', timesModel === undefined ? undefined : `× ${times(timesModel)}`],
    ...rows,
  ];
}

const size = (value: number | undefined): string | undefined => (value === undefined ? undefined : bytes(value));

function slopeRow({ what, slope, points, leaks }: Slope): Row {
  const amount = (value: number): string =>
    what === 'tensors' ? float(value, 3) : byteChange(Number(value.toPrecision(3)));
  return [
    `${what}, ${count(points)} points`,
    `${amount(slope.value)} (${amount(slope.low)} to ${amount(slope.high)})${leaks ? ': grows' : ''}`,
  ];
}
