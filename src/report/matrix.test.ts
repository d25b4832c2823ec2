import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { madeUpFault, madeUpMatrix, madeUpRecord, madeUpZoo, reasonOf } from './made-up.js';
import type { ResultRecord } from '../protocol/record.js';
import { renderMatrix } from './matrix.js';

const lineOf = (text: string, words: string): string => text.split('\n').find((line) => line.includes(words)) ?? '';

describe('renderMatrix', () => {
  it('reads as one table', () => {
    expect(`\n${renderMatrix(madeUpMatrix())}\n`).toMatchSnapshot();
  });

  it('is at most 120 columns wide, with the longest code there is and three browsers', () => {
    const cells = ['chromium', 'firefox', 'webkit'].map((browser) =>
      madeUpFault(
        `lenet5/onnx-fp32-b100/ort-webgpu-jsep@${browser}`,
        reasonOf('E_BACKEND_UNAVAILABLE', 'x '.repeat(200)),
      ),
    );
    const text = renderMatrix([...madeUpMatrix(), ...cells]);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it('colours only when asked to, and says the same then', () => {
    const records = madeUpMatrix();
    const plain = renderMatrix(records);
    const coloured = renderMatrix(records, { color: true });
    expect(stripVTControlCharacters(plain)).toBe(plain);
    expect(coloured).not.toBe(plain);
    expect(stripVTControlCharacters(coloured)).toBe(plain);
  });

  it('shows n only where a cell did not run the whole dataset', () => {
    const whole = madeUpRecord('lenet5/onnx-fp32/ort-wasm-t1@firefox');
    const part = {
      ...whole,
      accuracy: { n: 9_999, top1: 0.5, baselineTop1: 0.75, fp32Top1: 0.75, agreement: 0.5, pValue: 0.04 },
    };
    expect(lineOf(renderMatrix([whole]), 'ort-wasm-t1')).toMatch(/✓ 98\.97% Δ\+0\.00$/);
    expect(lineOf(renderMatrix([part]), 'ort-wasm-t1')).toMatch(/75\.00% {2}✓ 50\.00% Δ-25\.00 n=9,999$/);
  });

  it('tells a declared failure from one that is not, and an unexpected pass from a pass', () => {
    const id = 'lenet5/onnx-fp32/ort-webgl@firefox';
    const declared = { status: 'error', code: 'E_RUN', reason: 'r', link: 'https://example.org' } as const;
    const known = madeUpFault(id, reasonOf('E_RUN', 'no'), { expectation: { ...declared, met: true } });
    expect(renderMatrix([known])).toContain('~ E_RUN');
    expect(renderMatrix([known])).not.toContain('Not as expected');
    const other = madeUpFault(id, reasonOf('E_MODEL_LOAD', 'no'), { expectation: { ...declared, met: false } });
    expect(renderMatrix([other])).toContain('! E_MODEL_LOAD');
    expect(renderMatrix([other])).toContain('Not as expected');
    const pass = madeUpRecord(id, { expectation: { ...declared, met: false } });
    expect(renderMatrix([pass])).toContain('✗ 98.97%');
  });

  it('gives each failure its command, with the id as a regular expression, and its finding', () => {
    const id = 'lenet5/onnx-fp32-v1.5/ort-wasm-t1@webkit';
    const text = renderMatrix([madeUpFault(id, reasonOf('E_RUN', 'no'), { finding: `findings/${id}` })], {
      reports: '/r',
    });
    expect(text).toContain(String.raw`npx playwright test -g 'lenet5/onnx-fp32-v1\.5/ort-wasm-t1@webkit'`);
    expect(text).toContain(`/r/findings/${id}/report.md`);
  });

  it('counts baselines apart, and says nothing of nothing', () => {
    expect(renderMatrix([madeUpRecord('lenet5/onnx-fp32/ort-native@pc')])).toBe('1 baseline   ✓ 1 passed');
    expect(renderMatrix([])).toBe('');
  });

  it('without labels shows the agreement, and says what it is', () => {
    const gru = madeUpZoo().filter(({ id }) => id === 'textrnn-gru/onnx-fp32/ort-wasm-t1@firefox');
    expect(lineOf(renderMatrix(gru), 'ort-wasm-t1')).toMatch(/✓ ≡ 100\.00%$/);
    expect(renderMatrix(gru)).toContain('≡ agreement with the PC');
  });

  it('tells of the teeth, and warns where there are too few', () => {
    const record = (killed: number): ResultRecord => ({
      ...madeUpRecord('lenet5/onnx-fp32/ort-wasm-t1@firefox'),
      teeth: { killed, total: 200, tried: [], survivors: [] },
    });
    expect(renderMatrix([record(190)])).toMatch(/teeth {3}190 of 200 seeded mutants found \(95\.0 %\)$/);
    expect(renderMatrix([record(189)])).toMatch(/\(94\.5 %\): less than the 95 % that a run must find/);
  });
});

describe('a matrix of more rows than a screen', () => {
  const zoo = madeUpZoo();
  const text = renderMatrix(zoo);

  it('has a row an artifact, a column a backend, a sign an engine', () => {
    expect(`\n${text}\n`).toMatchSnapshot();
  });

  it('fits the width and some screens', () => {
    const [table = ''] = text.split('\n\n');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(table.split('\n').length).toBeLessThan(100);
  });

  it('says how far the worst cell of the engines is from the PC', () => {
    const lines = text.split('\n');
    const row = lines.slice(lines.indexOf('lenet5')).find((line) => line.includes('onnx-int8-qdq'));
    expect(row).toMatch(/ ✗~– -88 /);
  });

  it('tells the first failures in full, and how many more there are', () => {
    const broken = zoo.map((record): ResultRecord =>
      record.cell.browser === 'pc' ? record : { ...record, status: 'error', reason: reasonOf('E_RUN', 'no') },
    );
    const shown = renderMatrix(broken);
    const bad = broken.filter((record) => record.cell.browser !== 'pc' && record.expectation === undefined).length;
    expect(shown).toContain(`and ${String(bad - 20)} more, each with its reason in reports/results.jsonl`);
    expect(shown.match(/npx playwright test/g)).toHaveLength(20);
    expect(renderMatrix(broken, { failures: false })).not.toContain('Not as expected');
  });

  it('says the same in colour', () => {
    expect(stripVTControlCharacters(renderMatrix(zoo, { color: true }))).toBe(text);
  });
});
