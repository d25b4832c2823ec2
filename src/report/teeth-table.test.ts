import { expect, it } from 'vitest';
import { madeUpRecord } from './made-up.js';
import { renderTeeth, teethTable } from './teeth-table.js';

const record = madeUpRecord('lenet5/onnx-fp32/ort-wasm-t1@firefox', {
  teeth: {
    killed: 1,
    total: 2,
    tried: ['zeroed', 'one NaN'],
    survivors: [{ mutant: 'zeroed', reason: 'it changes nothing' }],
  },
});

it('counts what was found of what was tried, by tolerance', () => {
  const table = teethTable([record, record, madeUpRecord('lenet5/onnx-fp32/ort-webgl@firefox')]) ?? '';
  expect(table).toMatch(/\| mutant +\| fp32 on wasm \|/);
  expect(table).toMatch(/\| zeroed +\| +0\/2 \|/);
  expect(table).toMatch(/\| one NaN +\| +2\/2 \|/);
  // Never tried.
  expect(table).toMatch(/\| scaled by 1\.01 +\| +\|/);
});

it('names each that was not found, and why', () => {
  expect(renderTeeth([record])).toMatch(/lenet5\/onnx-fp32\/ort-wasm-t1@firefox, zeroed:\n {4}it changes nothing$/);
});

it('says nothing where no cell has any', () => {
  expect(teethTable([madeUpRecord('lenet5/onnx-fp32/ort-webgl@firefox')])).toBeUndefined();
  expect(renderTeeth([])).toBe('');
});
