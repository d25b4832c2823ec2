/** Charts of time and memory: one a model, drawn when it comes into view, each with the same as a table. */
import { axisX, barX, dot, gridX, plot, pointer, pointerY, ruleX, ruleY, text, tip } from '@observablehq/plot';
import type { Markish, PlotOptions } from '@observablehq/plot';
import { PLATFORMS, type Platform } from '../../../protocol/cell.js';
import type { HttpCache } from '../../../protocol/performance.js';
import { bytes, duration } from '../../format.js';
import { PHASE_TITLES, START_PHASES, startOf, type StartPhase } from '../../readings.js';
import { logTicks } from '../log-scale.js';
import type { Line, Measured, Point } from '../measured.js';
import { compact } from '../metrics.js';
import { BROWSER_TITLES } from '../names.js';

/** Told apart by form and colour. */
export const MARKS: Readonly<
  Record<Platform, { readonly symbol: 'circle' | 'triangle' | 'square' | 'diamond'; readonly sign: string }>
> = {
  pc: { symbol: 'diamond', sign: '◆' },
  chromium: { symbol: 'circle', sign: '●' },
  firefox: { symbol: 'triangle', sign: '▲' },
  webkit: { symbol: 'square', sign: '■' },
};

/** Below this width the names of lines stand above them. */
const NARROW = 520;
const LABELS = 216;

/** A drawing and what it says to those who can't see it. */
export interface Drawing {
  readonly height: (width: number) => number;
  readonly draw: (width: number) => SVGSVGElement | HTMLElement;
}

const isNarrow = (width: number): boolean => width < NARROW;
const lineHeight = (width: number): number => (isNarrow(width) ? 42 : 24);

/** How far off the middle of its line each browser stands, in pixels: all that occur, in the order of reports. */
function offsets(points: readonly { readonly browser: Platform }[]): Map<Platform, number> {
  const there = PLATFORMS.filter((browser) => points.some((point) => point.browser === browser));
  // The PC has lines of its own.
  const browsers: readonly Platform[] = there.filter((browser) => browser !== 'pc');
  const off = (browser: Platform): number => browsers.indexOf(browser) - (browsers.length - 1) / 2;
  return new Map(there.map((browser) => [browser, browser === 'pc' ? 0 : off(browser) * 5.5]));
}

/** Opens the evidence of what the pointer is on. */
function linked<T extends SVGSVGElement | HTMLElement>(figure: T): T {
  figure.addEventListener('click', () => {
    const { value } = figure as T & { value?: { id?: string } | null };
    if (value?.id !== undefined) location.hash = value.id;
  });
  return figure;
}

const base = (width: number, height: number): PlotOptions => ({
  width,
  height,
  marginTop: 8,
  marginBottom: 42,
  marginRight: 16,
  marginLeft: isNarrow(width) ? 6 : LABELS,
  style: { fontFamily: 'inherit', fontSize: '12px', overflow: 'visible' },
});

/** The names of lines: beside the chart, or above each line where there is no room beside it. */
function lineNames(lines: readonly { readonly line: string }[], width: number): Markish {
  const narrow = isNarrow(width);
  return text(lines, {
    text: 'line',
    y: (_, at: number) => at - (narrow ? 0.32 : 0),
    frameAnchor: 'left',
    textAnchor: narrow ? 'start' : 'end',
    dx: narrow ? 0 : -10,
    fill: 'var(--quiet)',
  });
}

export interface DotsOptions {
  /** Of the axis. */
  readonly label: string;
  readonly ariaLabel: string;
  /** The same for all models, so that they can be compared. */
  readonly domain: readonly [number, number];
  readonly tick: (value: number) => string;
  readonly tell: (point: Point) => string;
}

/** A line an artifact and runtime-backend, a point a browser with its interval, a rule where native is. Logarithmic. */
export function dots(lines: readonly Line[], options: DotsOptions): Drawing {
  const height = (width: number): number => lines.length * lineHeight(width) + 50;
  const draw = (width: number): SVGSVGElement | HTMLElement => {
    const at = new Map(lines.map(({ line }, index) => [line, index]));
    const points = lines.flatMap((line) => line.points);
    const off = offsets(points);
    // Where names stand above, the line is a little below the middle.
    const low = isNarrow(width) ? 0.17 : 0;
    const ticks = logTicks(options.domain, isNarrow(width) ? 5 : 7);
    const pixels = 1 / lineHeight(width);
    const y = (point: Point): number => (at.get(point.line) ?? 0) + (off.get(point.browser) ?? 0) * pixels + low;
    const native = lines.flatMap((line, index) => (line.native === undefined ? [] : [{ x: line.native, index }]));
    const marks: Markish[] = [
      gridX({ ticks, stroke: 'var(--line)', strokeOpacity: 1 }),
      ruleY(lines, { y: (_, index: number) => index + low, stroke: 'var(--line)' }),
      lineNames(lines, width),
      ruleX(native, {
        x: 'x',
        y1: ({ index }: { index: number }) => index + low - 9 * pixels,
        y2: ({ index }: { index: number }) => index + low + 9 * pixels,
        stroke: 'var(--ink)',
        strokeWidth: 1.5,
      }),
    ];
    for (const browser of off.keys()) {
      const own = points.filter((point) => point.browser === browser);
      const color = `var(--${browser})`;
      marks.push(
        ruleY(
          own.filter(({ interval }) => interval !== undefined),
          {
            y,
            x1: ({ interval }: Point) => interval?.low,
            x2: ({ interval }: Point) => interval?.high,
            stroke: color,
            strokeWidth: 2,
          },
        ),
        dot(own, {
          x: 'value',
          y,
          symbol: MARKS[browser].symbol,
          r: 3.5,
          stroke: color,
          strokeWidth: 1.5,
          fill: ({ noisy }: Point) => (noisy ? 'var(--card)' : color),
        }),
      );
    }
    marks.push(
      tip(
        points,
        pointer({
          x: 'value',
          y,
          title: options.tell,
          maxRadius: 24,
          fill: 'var(--card)',
          stroke: 'var(--edge)',
          textPadding: 8,
        }),
      ),
    );
    return linked(
      picture({
        ...base(width, height(width)),
        ariaLabel: options.ariaLabel,
        x: { type: 'log', domain: [...options.domain], label: null },
        y: { type: 'linear', domain: [-0.5, lines.length - 0.5], reverse: true, axis: null },
        color: { type: 'identity' },
        marks: [...marks, axis(options.label, options.tick, ticks)],
      }),
    );
  };
  return { height, draw };
}

/**
 * A chart is one image to a screen reader, with the words of its `ariaLabel`: the labels that Plot gives to its parts stand
 * on elements that may have none.
 */
function picture(options: PlotOptions): SVGSVGElement | HTMLElement {
  const drawn = plot(options);
  for (const part of drawn.querySelectorAll('g[aria-label]')) {
    part.setAttribute('data-mark', part.getAttribute('aria-label') ?? '');
    part.removeAttribute('aria-label');
  }
  return drawn;
}

const axis = (label: string | null, tick: (value: number) => string, ticks: number | number[]): Markish =>
  axisX({
    label,
    labelAnchor: 'center',
    labelArrow: 'none',
    labelOffset: 38,
    tickFormat: tick,
    ticks,
    tickSize: 0,
    color: 'var(--quiet)',
  });

interface Bar {
  readonly id: string;
  readonly line: string;
  readonly browser: string;
  readonly phase: StartPhase;
  readonly ms: number;
  readonly all: readonly number[];
}

const tellBar = ({ line, browser, all }: Bar): string =>
  [
    `${line} in ${browser}: ${duration(all.reduce((sum, ms) => sum + ms, 0))}`,
    ...START_PHASES.map((phase, at) => `${PHASE_TITLES[phase]} ${duration(all[at] ?? 0)}`),
  ].join('\n');

/** Bars of a cold start, its phases end to end: a panel a browser, side by side or, where it is narrow, below each other. */
export function coldStarts(cells: readonly Measured[], cache: HttpCache, ariaLabel: string): Drawing {
  const bars = cells.flatMap(({ id, line, browser, block }): Bar[] => {
    const phases = block.cold[cache];
    if (phases === undefined) return [];
    const all = START_PHASES.map((phase) => phases[phase]);
    return START_PHASES.map((phase) => ({ id, line, browser: BROWSER_TITLES[browser], phase, ms: phases[phase], all }));
  });
  const lines = [...new Set(bars.map(({ line }) => line))];
  const browsers = PLATFORMS.map((browser) => BROWSER_TITLES[browser]).filter((title) =>
    bars.some(({ browser }) => browser === title),
  );
  const most = Math.max(
    0,
    ...cells.map(({ block }) => (block.cold[cache] === undefined ? 0 : startOf(block.cold[cache]))),
  );
  const panels = (width: number): string[][] => (isNarrow(width) ? browsers.map((browser) => [browser]) : [browsers]);
  const linesOf = (own: readonly Bar[]): string[] => lines.filter((line) => own.some((bar) => bar.line === line));
  const barsIn = (panel: readonly string[]): Bar[] => bars.filter(({ browser }) => panel.includes(browser));
  const panelHeight = (panel: readonly string[], width: number): number =>
    linesOf(barsIn(panel)).length * (isNarrow(width) ? 34 : 20) + 54;
  const height = (width: number): number => panels(width).reduce((sum, panel) => sum + panelHeight(panel, width), 0);
  const drawPanel = (panel: readonly string[], width: number): SVGSVGElement | HTMLElement => {
    const own = barsIn(panel);
    const narrow = isNarrow(width);
    const names = linesOf(own);
    return linked(
      picture({
        ...base(width, panelHeight(panel, width)),
        marginTop: 26,
        marginBottom: 28,
        ariaLabel: narrow ? `${ariaLabel}, ${panel.join()}` : ariaLabel,
        x: { domain: [0, most], label: null },
        y: {
          domain: names,
          axis: null,
          paddingInner: narrow ? 0.6 : 0.3,
          paddingOuter: narrow ? 0.5 : 0.1,
          align: narrow ? 1 : 0.5,
        },
        fx: { domain: [...panel], label: null, padding: 0.06 },
        color: { domain: [...START_PHASES], range: START_PHASES.map((phase) => `var(--${phase})`) },
        marks: [
          gridX({ ticks: panel.length > 1 ? 2 : 4, stroke: 'var(--line)', strokeOpacity: 1 }),
          barX(own, { x: 'ms', y: 'line', fx: 'browser', fill: 'phase', insetLeft: 0.5, insetRight: 0.5 }),
          text(
            names.map((line) => ({ line, browser: panel[0] ?? '' })),
            narrow
              ? {
                  text: 'line',
                  y: 'line',
                  fx: 'browser',
                  frameAnchor: 'left',
                  textAnchor: 'start',
                  dy: -14,
                  fill: 'var(--quiet)',
                }
              : {
                  text: 'line',
                  y: 'line',
                  fx: 'browser',
                  frameAnchor: 'left',
                  textAnchor: 'end',
                  dx: -10,
                  fill: 'var(--quiet)',
                },
          ),
          tip(
            own.filter(({ phase }) => phase === START_PHASES[0]),
            pointerY({
              x: 'ms',
              y: 'line',
              fx: 'browser',
              title: tellBar,
              anchor: 'left',
              fill: 'var(--card)',
              stroke: 'var(--edge)',
              textPadding: 8,
            }),
          ),
          // What stands at the very end would run into the next panel.
          axis(null, (ms) => (ms > 0.85 * most ? '' : shortMs(ms)), panel.length > 1 ? 2 : 4),
        ],
      }),
    );
  };
  return {
    height,
    draw: (width) => {
      const [first, ...others] = panels(width).map((panel) => drawPanel(panel, width));
      const host = document.createElement('div');
      if (first !== undefined) host.append(first, ...others);
      return host;
    },
  };
}

/** Timings of one series in the order taken: a warm-up that went on, or a machine that was disturbed, shows here. */
export function strip(samplesMs: readonly number[], median: number, ariaLabel: string): SVGSVGElement | HTMLElement {
  return picture({
    width: 420,
    height: 120,
    marginLeft: 50,
    marginRight: 6,
    marginTop: 8,
    marginBottom: 8,
    style: { fontFamily: 'inherit', fontSize: '11px' },
    ariaLabel,
    x: { axis: null },
    y: { label: null, ticks: 4, tickSize: 0, tickFormat: (ms: number) => shortMs(ms), grid: true, nice: true },
    marks: [
      ruleY([median], { stroke: 'var(--ink)' }),
      dot(samplesMs, { x: (_, at: number) => at, y: (ms: number) => ms, r: 1.8, fill: 'var(--quiet)' }),
    ],
  });
}

const whole = (value: number): string => compact(value).replace(/\.0$/, '');

/** `0.5 ms`, `12 ms`, `3 s`: for axes. */
export const shortMs = (ms: number): string =>
  ms === 0 ? '0' : ms >= 1000 ? `${whole(ms / 1000)} s` : `${whole(ms)} ms`;
export const shortBytes = (value: number): string => bytes(value).replace(/\.0(?= )/, '');
export const shortTimes = (value: number): string => `${whole(value)}×`;
