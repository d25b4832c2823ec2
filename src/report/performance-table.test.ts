import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { renderMatrix } from './matrix.js';
import { madeUpFault, madeUpMatrix, reasonOf } from './made-up.js';
import { madeUpMeasurement, madeUpPerformance, madeUpPerformanceRun, madeUpSoak } from './made-up-performance.js';
import { performanceScore, renderPerformance, renderSoak, soakScore } from './performance-table.js';

const ID = 'lenet5/onnx-fp32/ort-wasm-t2@firefox';

describe('the line of a cell', () => {
  it('tells median, interval, ratio to the PC with as many threads, and memory', () => {
    expect(performanceScore(madeUpPerformance(ID))).toMatch(
      /^0\.25\d ms \(0\.25\d–0\.25\d\) {2}×1\.\d\d native {2}\+48\.5 MB$/,
    );
  });

  it('says why it may not be sure', () => {
    const measured = madeUpMeasurement(ID);
    const [first, ...others] = measured.visits;
    if (first?.latency === undefined) throw new Error('no visit');
    const noisy = { ...first.calibration, before: { samplesMs: Array.from({ length: 20 }, () => 14) } };
    const visits = [{ ...first, latency: { ...first.latency, steady: false }, calibration: noisy }, ...others];
    const score = performanceScore(madeUpPerformance(ID, { visits }));
    expect(score).toContain('noisy ×');
    expect(score).toContain('never steady');
  });

  it('is the code where there are no numbers', () => {
    const fault = madeUpFault(ID, reasonOf('E_MODEL_LOAD', 'x'));
    expect(performanceScore({ ...fault, kind: 'performance' })).toBe('E_MODEL_LOAD');
    expect(performanceScore({ ...fault, kind: 'performance', status: 'unsupported' })).toBe('unsupported');
  });

  it('of a soak tells what ran and what was wrong', () => {
    expect(soakScore(madeUpSoak(ID))).toBe('300 inferences, 20 rounds');
    expect(soakScore(madeUpSoak(ID, { leak: 65_536, differing: true }))).toBe(
      '300 inferences, 20 rounds  other outputs at 2, 100  processBytes grows',
    );
  });
});

describe('the tables', () => {
  const run = madeUpPerformanceRun();

  it('read as one, no wider than the accuracy matrix', () => {
    const text = renderPerformance(run);
    expect(text).toMatch(/ort-wasm-t1 +0\.2\d\d ms +✓ 0\.4\d\d ms ×1\.\d\d \+48\.5 MB/);
    expect(text).toMatch(/litert-wasm-t2 .*– unsupported$/m);
    expect(text).toMatch(/102 cells measured +✓ 90 passed +– 12 unsupported$/);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it('colour only when asked to, and say the same then', () => {
    const coloured = renderPerformance(run, { color: true });
    expect(coloured).not.toBe(renderPerformance(run));
    expect(stripVTControlCharacters(coloured)).toBe(renderPerformance(run));
  });

  it('tell what failed, and how to repeat it', () => {
    const text = renderSoak([madeUpSoak(ID, { leak: 65_536 }), madeUpSoak('lenet5/onnx-fp32/ort-wasm-t1@webkit')]);
    expect(text).toMatch(/E_LEAK: Memory grows: processBytes by 6\d/);
    expect(text).toContain("npm run soak -- -g 'lenet5/onnx-fp32/ort-wasm-t2@firefox'");
    expect(text).toMatch(/2 cells soaked +✓ 1 passed +✗ 1 failed$/);
  });

  it('are of their own kind alone', () => {
    const matrix = madeUpMatrix();
    expect(renderMatrix([...matrix, ...run, madeUpSoak(ID)])).toBe(renderMatrix(matrix));
    expect(renderPerformance([...matrix, ...run, madeUpSoak(ID)])).toBe(renderPerformance(run));
    expect(renderPerformance(matrix)).toBe('');
    expect(renderSoak([...matrix, ...run])).toBe('');
  });
});
