/** Two samples drawn in text over one axis: as dense as the timings lie, and where each visit stands. Pure. */
import { timeOf, type VisitSample } from '../judge/regression.js';
import { count, float, median } from '../report/format.js';

const LEVELS = ' ▁▂▃▄▅▆▇█';
const WIDTH = 60;

/** Six lines for two samples: density and visits of each, the axis, and its ends. */
export function strips(older: readonly VisitSample[], newer: readonly VisitSample[]): string[] {
  const [low, high] = rangeOf([...older, ...newer].flatMap(({ samplesMs }) => samplesMs));
  const left = `${float(low, 3)} ms`;
  const right = `${float(high, 3)} ms`;
  return [
    ...strip('old', older, low, high),
    ...strip('new', newer, low, high),
    `       ${'─'.repeat(WIDTH)}`,
    `       ${left}${right.padStart(WIDTH - left.length)}`,
  ];
}

/** From the fastest to where one timing in fifty lies beyond: what is far out would press all else together. */
function rangeOf(samples: readonly number[]): readonly [number, number] {
  const sorted = [...samples].sort((a, b) => a - b);
  const low = sorted[0] ?? 0;
  const high = sorted[Math.floor(0.98 * (sorted.length - 1))] ?? low;
  return high > low ? [low, high] : [low * 0.99, low * 1.01];
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
