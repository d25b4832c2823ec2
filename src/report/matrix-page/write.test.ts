import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { resultRecordSchema, type ResultRecord } from '../../protocol/record.js';
import { madeUpMatrix, madeUpRecord, reasonOf } from '../made-up.js';
import { madeUpPerformance } from '../made-up-performance.js';
import { forPage, thinned } from './data.js';
import { madeUpRun } from './made-up.js';
import { MATRIX_PAGE, matrixPage, writeMatrixPage } from './write.js';

/** The records that a page carries. */
function recordsIn(html: string): ResultRecord[] {
  const packed = /<script type="text\/plain" id="records">([^<]*)<\/script>/.exec(html)?.[1] ?? '';
  return JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString()) as ResultRecord[];
}

describe('thinned', () => {
  it('leaves a short series whole, in its order', () => {
    expect(thinned([3, 1, 2])).toEqual([3, 1, 2]);
    expect(thinned([])).toEqual([]);
  });

  it('takes 128 of a long one, evenly, the first among them', () => {
    const series = Array.from({ length: 1000 }, (_, at) => at);
    const shown = thinned(series);
    expect(shown).toHaveLength(128);
    expect(shown[0]).toBe(0);
    expect(shown.at(-1)).toBeGreaterThan(985);
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
  });
});

it('gives the page records that are records still, but for what it does not show', () => {
  const record = madeUpPerformance('lenet5/onnx-fp32/ort-wasm-t1@chromium');
  const shown = forPage(record);
  expect(resultRecordSchema.safeParse(shown).success).toBe(true);
  expect({ ...shown, performance: undefined }).toEqual({ ...record, performance: undefined });
  const stack = Array.from({ length: 30 }, (_, at) => `at ${String(at)}`).join('\n');
  const fault = madeUpRecord('lenet5/onnx-fp32/ort-wasm-t1@chromium', { reason: reasonOf('E_RUN', 'no', { stack }) });
  expect(forPage(fault).reason?.stack?.split('\n')).toHaveLength(12);
});

describe('matrixPage', () => {
  it('holds the records, and nothing that is fetched or could run', async () => {
    const records = [
      ...madeUpMatrix(),
      madeUpRecord('a/onnx-fp32/ort-wasm-t1@firefox', { reason: reasonOf('E_RUN', '</script><script>') }),
    ];
    const html = await matrixPage(records);
    expect(recordsIn(html)).toEqual(records.map(forPage));
    expect(html.match(/<script\b/g)).toHaveLength(2);
    expect(html).not.toMatch(/<(?:script|link|img)[^>]+(?:src|href)="(?!data:)/);
    expect(html).toContain("default-src 'none'");
  });

  it('stays far below 5 MB with 2,000 cells', { timeout: 60_000 }, async () => {
    const records = madeUpRun(2000);
    expect(new Set(records.map(({ id }) => id)).size).toBe(2000);
    expect((await matrixPage(records)).length).toBeLessThan(2.5e6);
  });

  it('is the same for the same records', async () => {
    expect(await matrixPage(madeUpMatrix())).toBe(await matrixPage(madeUpMatrix()));
  });
});

it('is written to its place', async () => {
  const written: string[] = [];
  await writeMatrixPage(madeUpMatrix(), {
    write: (file, content) => written.push(`${file} ${content.slice(0, 15)}`),
  });
  expect(written).toEqual([`${MATRIX_PAGE} <!doctype html>`]);
});
