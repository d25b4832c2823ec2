import { describe, expect, it } from 'vitest';
import { curveChart, samplesChart } from './chart.js';
import { madeUpPerformance, madeUpSoaking } from './made-up-performance.js';

const ID = 'lenet5/onnx-fp32/ort-wasm-t1@firefox';
const attributes = (svg: string, pattern: RegExp): string[] =>
  [...svg.matchAll(pattern)].map(([, value = '']) => value);

describe('the chart of timings', () => {
  const latency = madeUpPerformance(ID).performance?.latency;
  if (latency === undefined) throw new Error('no latency');
  const svg = samplesChart('a <b> & "c"', latency);

  it('has a dot a timing, outliers too, and a colour a visit', () => {
    expect(attributes(svg, /<circle cx="([\d.]+)"/g)).toHaveLength(latency.n);
    const fills = attributes(svg, /<circle [^>]*fill="(#\w+)"/g);
    expect(new Set(fills).size).toBe(3);
    expect([fills.lastIndexOf(fills[0] ?? ''), fills.indexOf(fills.at(-1) ?? '')]).toEqual([23, 48]);
  });

  it('stays within its frame, the longest timing uppermost', () => {
    const heights = attributes(svg, /<circle cx="[\d.]+" cy="([\d.]+)"/g).map(Number);
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(34);
    expect(Math.max(...heights)).toBeLessThanOrEqual(224);
    const longest = latency.samplesMs.indexOf(Math.max(...latency.samplesMs));
    expect(heights.indexOf(Math.min(...heights))).toBe(longest);
  });

  it('lets no text out of its place', () => {
    expect(svg).toContain('a &lt;b&gt; &amp; &quot;c&quot;: median 0.4');
  });

  it('can be drawn of a single timing', () => {
    const one = samplesChart('x', { ...latency, n: 1, samplesMs: [2], median: { value: 2, low: 2, high: 2 } });
    expect(one).not.toMatch(/NaN|Infinity/);
  });
});

describe('the chart of memory', () => {
  const { soak, rounds } = madeUpSoaking(ID, { leak: 65_536 });

  it('has a line a figure, each as its change since the first reading', () => {
    const svg = curveChart('Over inferences', soak?.curve ?? [], 'inference') ?? '';
    const lines = attributes(svg, /<polyline points="([^"]+)"/g);
    expect(lines).toHaveLength(3);
    expect(new Set(lines.map((line) => line.split(' ')[0])).size).toBe(1);
    expect(svg).toContain('browser processes');
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it('is none where there is no curve', () => {
    expect(curveChart('x', rounds.slice(0, 1), 'round')).toBeUndefined();
    expect(
      curveChart(
        'x',
        [
          { at: 1, page: {} },
          { at: 2, page: {} },
        ],
        'round',
      ),
    ).toBeUndefined();
  });
});
