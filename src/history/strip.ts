/** Two samples drawn in text over one axis: as dense as the timings lie, and where each visit stands. Pure. */
import { max, min, quantile } from 'simple-statistics';
import { timeOf, type VisitSample } from '../judge/regression.js';
import { median } from '../judge/index.js';
import { count, float } from '../report/format.js';

const LEVELS = ' ▁▂▃▄▅▆▇█';
const WIDTH = 60;

/** Six lines for two samples: density and visits of each, the axis, and its ends. */
export function strips(older: readonly VisitSample[], newer: readonly VisitSample[]): string[] {
  const [low, high] = rangeOf(older, newer);
  const left = `${float(low, 3)} ms`;
  const right = `${float(high, 3)} ms`;
  return [
    ...strip('old', older, low, high),
    ...strip('new', newer, low, high),
    `       ${'─'.repeat(WIDTH)}`,
    `       ${left}${right.padStart(WIDTH - left.length)}`,
  ];
}

/** From the fastest to Tukey's outer fence of either sample: what is far out would press all else together. */
function rangeOf(...runs: readonly (readonly VisitSample[])[]): readonly [number, number] {
  const samples = runs.map((visits) => visits.flatMap(({ samplesMs }) => samplesMs));
  const low = Math.min(...samples.map((sample) => min(sample)));
  const high = Math.max(...samples.map(fenceOf));
  return high > low ? [low, high] : [low * 0.99, low * 1.01];
}

/** The slowest timing that is no further from the upper quartile than three times the quartiles are apart. */
function fenceOf(sample: readonly number[]): number {
  const [lower = 0, upper = 0] = [0.25, 0.75].map((share) => quantile([...sample], share));
  return max(sample.filter((value) => value <= upper + 3 * (upper - lower)));
}

function strip(name: string, visits: readonly VisitSample[], low: number, high: number): string[] {
  const samples = visits.flatMap(({ samplesMs }) => samplesMs);
  const column = (value: number): number =>
    Math.min(WIDTH - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * WIDTH)));
  const counts = Array<number>(WIDTH).fill(0);
  const within = samples.filter((value) => value <= high);
  for (const value of within) counts[column(value)] = (counts[column(value)] ?? 0) + 1;
  const most = Math.max(...counts);
  const density = counts.map((n) => LEVELS[n === 0 ? 0 : Math.max(1, Math.round((n / most) * 8))] ?? '');
  const beyond = samples.length - within.length;
  const marks = Array<number>(WIDTH).fill(0);
  const times = visits.map(timeOf);
  for (const value of times) marks[column(value)] = (marks[column(value)] ?? 0) + 1;
  const ticks = marks.map((n) => (n === 0 ? ' ' : n === 1 ? '╵' : n < 10 ? String(n) : '+'));
  const visitWord = visits.length === 1 ? 'visit' : 'visits';
  return [
    `  ${name}  ${density.join('')}  ${count(samples.length)} timings${beyond === 0 ? '' : `, ${count(beyond)} beyond`}`,
    `       ${ticks.join('')}  ${String(visits.length)} ${visitWord}, ${float(median(times), 4)} ms`,
  ];
}
