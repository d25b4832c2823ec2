import { describe, expect, it } from 'vitest';
import prettier from 'prettier';
import { madeUpFault, madeUpMatrix, reasonOf } from './made-up.js';
import { madeUpMeasurement, madeUpPerformance, madeUpPerformanceRun, madeUpSoak } from './made-up-performance.js';
import { performanceDoc } from './performance-doc.js';

const run = madeUpPerformanceRun();
const text = performanceDoc(run);

/** The part of the document below a heading, up to the next of the same rank or higher. */
function below(heading: string, of = text): string {
  const [, rest = ''] = of.split(`${heading}\n`);
  return rest.split(/^#{2} /m)[0] ?? '';
}

const row = (part: string, ...words: string[]): string[] =>
  part
    .split('\n')
    .filter((line) => words.every((word) => line.includes(word)))
    .map((line) => line.replace(/ +/g, ' '))
    .slice(0, 1);

describe('docs/performance.md', () => {
  it('has a table a browser, rows models and precisions, columns the PC and each runtime-backend', () => {
    const times = below('## Warm inference');
    expect(times).toContain('### Chromium 156.0.7444.59');
    expect(row(times, 'PC, 1 thread')[0]).toBe(
      '| model | precision | PC, 1 thread | PC, 2 threads | ort-wasm-t1 | ort-wasm-t2 | tfjs-wasm | tfjs-cpu | litert-wasm-t1 | litert-wasm-t2 |',
    );
    expect(row(times, 'resnet20', 'fp32')[0]).toMatch(
      /^\| resnet20 \| fp32 \| 9\.60 \| 6\.00 \| 18\.2 \(18\.\d–18\.\d\) \*\*×1\.90\*\* \| 11\.4 \(/,
    );
    expect(row(times, 'vgg16', 'fp32')[0]).toContain('2,346 (2,');
  });

  it('says what a browser does not have, in its words, and gives it no column', () => {
    const webkit = below('## Warm inference').split('### WebKit')[1] ?? '';
    expect(row(webkit, '| model')[0]).not.toContain('-t2');
    expect(webkit).toContain('ort-wasm-t2 (SharedArrayBuffer is undefined)');
  });

  it('has the geometric mean of the ratios to the PC over the models', () => {
    expect(row(below('## Beside the PC'), 'ort-wasm-t2', 'fp32')[0]).toMatch(
      /^\| ort-wasm-t2 \| fp32 \| ×1\.90 \(1\.89–1\.91\), 3 \| ×1\.90 \(1\.90–1\.90\), 3 \| \|$/,
    );
  });

  it('keeps the phases of a start apart', () => {
    const cold = below('## Cold start');
    expect(row(cold, 'lenet5', 'ort-wasm-t1')[0]).toBe(
      '| lenet5 | fp32 | ort-wasm-t1 | 820 ms | 13 ms | 42 ms | 3.6 ms | 878 ms | 357 ms | 2.2 ms |',
    );
    expect(row(cold, '| tfjs-wasm')[0]).toBe('| tfjs-wasm | 820 ms, 310 ms | 820 ms, 310 ms | 820 ms, 310 ms |');
  });

  it('tells memory in bytes and as a multiple of the model', () => {
    expect(row(below('## Memory'), 'lenet5', 'fp32')[0]).toContain('| lenet5 | fp32 | 247 kB | +48.5 MB **×196** |');
    expect(below('## Memory')).toContain('PSS of the process tree');
  });

  it('says how it was measured, from the records', () => {
    const method = below('## How it was measured');
    expect(method).toContain('3 visits a cell, 72 timings in all');
    expect(method).toContain('Chromium 5.00 µs');
    expect(method).toContain('tflite-fp32 beside onnx-fp32');
    expect(method).toContain('around no cell');
    expect(text).toContain('Command: `npm run perf`');
  });

  it('is the same, whatever order the records come in, and whatever else there is', () => {
    expect(performanceDoc([...run, ...madeUpMatrix()].reverse())).toBe(text);
  });

  it('is as Prettier would have it', async () => {
    expect(await prettier.check(text, { parser: 'markdown' })).toBe(true);
  });

  it('marks what is not sure, and names it', () => {
    const id = 'lenet5/onnx-fp32/ort-wasm-t1@chromium';
    const measured = madeUpMeasurement(id);
    const visits = measured.visits.map((visit) => ({
      ...visit,
      calibration: { before: { samplesMs: [14, 14] }, after: { samplesMs: [14, 14] } },
    }));
    const noisy = performanceDoc([madeUpPerformance(id, { visits })]);
    expect(row(below('## Warm inference', noisy), 'lenet5')[0]).toMatch(/\*\*×\d\.\d+\*\* \? \|$/);
    expect(below('## How it was measured', noisy)).toContain(`around \`${id}\``);
  });

  it('names what gave no numbers, and shows no number of it', () => {
    const id = 'lenet5/onnx-fp32/ort-wasm-t1@chromium';
    const measured = madeUpPerformance(id);
    const reason = reasonOf('E_CLOCK', 'a timing was 0 ms');
    const doc = performanceDoc([
      { ...measured, status: 'error', reason },
      { ...madeUpFault('lenet5/onnx-fp32/ort-wasm-t1@firefox', reasonOf('E_RUN', 'boom *x*')), kind: 'performance' },
    ]);
    expect(row(below('## Warm inference', doc), 'lenet5')[0]).toContain('**`E_CLOCK`**');
    expect(below('## What gave no numbers, or failed', doc)).toContain(`\`${id}\` (performance): \`E_CLOCK\``);
    expect(doc).toContain('boom \\*x\\*');
  });

  it('tells of repetition and leaks where a soak was run', () => {
    const soaked = performanceDoc([...run, madeUpSoak('lenet5/onnx-fp32/ort-wasm-t1@firefox', { leak: 65_536 })]);
    expect(below('## Repeat and soak', soaked)).toContain('processBytes grows');
    expect(text).not.toContain('## Repeat and soak');
  });
});
