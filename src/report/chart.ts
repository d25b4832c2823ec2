/**
 * Small charts as SVG, for the Allure report and for findings: timings as they were taken, and curves of memory. They need
 * no script and follow the reader's light or dark. Pure.
 */
import { scaleLinear } from 'd3-scale';
import type { Distribution, MemoryCurve } from '../protocol/performance.js';
import { bytes, count, millis } from './format.js';

const WIDTH = 720;
const HEIGHT = 260;
const MARGIN = { top: 34, right: 16, bottom: 36, left: 76 };
/** Okabe and Ito's, told apart by every eye. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'];

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign);

const round = (value: number): string => String(Math.round(value * 10) / 10);

interface Frame {
  readonly title: string;
  readonly xLabel: string;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly yText: (value: number) => string;
}

type Place = (x: number, y: number) => readonly [x: number, y: number];

/** Title, axes and grid; `draw` fills it. */
function chart({ title, xLabel, x, y, yText }: Frame, draw: (place: Place) => string): string {
  const across = scaleLinear([...x], [MARGIN.left, WIDTH - MARGIN.right]);
  const up = scaleLinear([...y], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(5);
  const rows = up.ticks(5).map((tick) => {
    const at = round(up(tick));
    return (
      `<line class="grid" x1="${String(MARGIN.left)}" x2="${String(WIDTH - MARGIN.right)}" y1="${at}" y2="${at}"/>` +
      `<text x="${String(MARGIN.left - 8)}" y="${at}" dy="4" text-anchor="end">${escape(yText(tick))}</text>`
    );
  });
  const bottom = HEIGHT - MARGIN.bottom;
  const columns = across
    .ticks(8)
    .filter(Number.isInteger)
    .map(
      (tick) =>
        `<text x="${round(across(tick))}" y="${String(bottom + 16)}" text-anchor="middle">${count(tick)}</text>`,
    );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}" role="img" aria-label="${escape(title)}">`,
    '<style>svg{background:#fff;color:#1a1a1a;font:12px system-ui,sans-serif}text{fill:currentColor}.grid{stroke:currentColor;opacity:.15}' +
      '.title{font-weight:600}@media (prefers-color-scheme:dark){svg{background:#1b1b1f;color:#e8e8e8}}</style>',
    `<text class="title" x="${String(MARGIN.left)}" y="20">${escape(title)}</text>`,
    ...rows,
    ...columns,
    `<text x="${String(WIDTH - MARGIN.right)}" y="${String(HEIGHT - 4)}" text-anchor="end">${escape(xLabel)}</text>`,
    draw((a, b) => [across(a), up(b)]),
    '</svg>',
  ].join('\n');
}

/** Every timing in the order taken, a colour a visit, with the median and its interval across. */
export function samplesChart(title: string, { samplesMs, median, visits, n }: Distribution): string {
  const top = Math.max(...samplesMs, median.high);
  const frame: Frame = {
    title: `${title}: median ${millis(median.value)} ms (${millis(median.low)} to ${millis(median.high)})`,
    xLabel: visits === undefined ? 'timing' : `timing; a colour each of ${count(visits.length)} visits`,
    x: [1, Math.max(2, n)],
    y: [Math.min(...samplesMs, median.low) * 0.98, top],
    yText: (value) => `${millis(value)} ms`,
  };
  const ends = (visits ?? [{ n }]).reduce<number[]>((all, visit) => [...all, (all.at(-1) ?? 0) + visit.n], []);
  return chart(frame, (place) => {
    const [left, high] = place(1, median.high);
    const [right, low] = place(Math.max(2, n), median.low);
    const middle = round(place(1, median.value)[1]);
    const dots = samplesMs.map((value, i) => {
      const [x, y] = place(i + 1, value);
      const color =
        COLORS[
          Math.max(
            0,
            ends.findIndex((end) => i < end),
          ) % COLORS.length
        ] ?? '';
      return `<circle cx="${round(x)}" cy="${round(y)}" r="2.5" fill="${color}"/>`;
    });
    return [
      `<rect x="${round(left)}" y="${round(high)}" width="${round(right - left)}" height="${round(Math.max(1, low - high))}" fill="${COLORS[0] ?? ''}" opacity=".2"/>`,
      `<line x1="${round(left)}" x2="${round(right)}" y1="${middle}" y2="${middle}" stroke="currentColor"/>`,
      ...dots,
    ].join('\n');
  });
}

/** The figures of a memory curve that are bytes, with what they are called. */
const FIGURES: readonly (readonly [string, (point: MemoryCurve[number]) => number | undefined])[] = [
  ['browser processes', ({ processBytes }) => processBytes],
  ['JavaScript heap', ({ page }) => page.jsHeapBytes],
  ['wasm heap', ({ page }) => page.wasmHeapBytes],
  ['the browser’s own measure', ({ page }) => page.userAgentBytes],
  ['tensors', ({ page }) => page.tensorBytes],
];

/**
 * Memory over inferences or rounds: each figure's change since its first reading, so that they fit one axis.
 * @param unit what the curve counts: `inference`, `round`
 * @returns undefined where no figure has two readings
 */
export function curveChart(title: string, curve: MemoryCurve, unit: string): string | undefined {
  const lines = FIGURES.flatMap(([name, read]) => {
    const points = curve.flatMap((point) => {
      const value = read(point);
      return value === undefined ? [] : [{ at: point.at, value }];
    });
    const first = points[0];
    return first === undefined || points.length < 2
      ? []
      : [{ name, points: points.map(({ at, value }) => ({ at, value: value - first.value })) }];
  });
  const all = lines.flatMap(({ points }) => points);
  if (all.length === 0) return undefined;
  const ats = all.map(({ at }) => at);
  const values = all.map(({ value }) => value);
  const frame: Frame = {
    title: `${title}: change of memory since the first reading`,
    xLabel: `${unit}s`,
    x: [Math.min(...ats), Math.max(...ats)],
    y: [Math.min(0, ...values), Math.max(1, ...values)],
    yText: (value) => (value < 0 ? `-${bytes(-value)}` : bytes(value)),
  };
  return chart(frame, (place) =>
    lines
      .map(({ name, points }, i) => {
        const color = COLORS[i % COLORS.length] ?? '';
        const path = points.map(({ at, value }) => place(at, value).map(round).join(',')).join(' ');
        const y = MARGIN.top + 12 + 16 * i;
        return (
          `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>` +
          `<rect x="${String(MARGIN.left + 10)}" y="${String(y - 8)}" width="10" height="10" fill="${color}"/>` +
          `<text x="${String(MARGIN.left + 26)}" y="${String(y + 1)}">${escape(name)}</text>`
        );
      })
      .join('\n'),
  );
}
