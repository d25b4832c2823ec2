import { describe, expect, test } from 'vitest';
import { loadModels } from './cards.js';
import { groupCells, planCells } from './plan.js';

const { models } = loadModels();
/** Three artifacts of one model: whatever else the zoo makes of it is not listed here. */
const lenet5 = models
  .filter((model) => model.card.name === 'lenet5')
  .map((model) => ({
    ...model,
    card: {
      ...model.card,
      artifacts: model.card.artifacts.filter(
        ({ format, precision, variant }) => format !== 'tflite' && precision === 'fp32' && variant !== 'graph',
      ),
    },
  }));

describe('planCells', () => {
  test('crosses artifacts with the runtime-backends that read them', () => {
    expect(planCells(lenet5, ['firefox']).map((cell) => cell.id)).toEqual([
      'lenet5/onnx-fp32/ort-wasm-t1@firefox',
      'lenet5/onnx-fp32/ort-wasm-t2@firefox',
      'lenet5/onnx-fp32/ort-webgl@firefox',
      'lenet5/onnx-fp32/ort-webgpu@firefox',
      'lenet5/onnx-fp32/ort-webgpu-jsep@firefox',
      'lenet5/onnx-fp32/ort-webnn@firefox',
      'lenet5/onnx-fp32-b100/ort-webgl@firefox',
      'lenet5/tfjs-fp32/tfjs-cpu@firefox',
      'lenet5/tfjs-fp32/tfjs-wasm@firefox',
      'lenet5/tfjs-fp32/tfjs-webgl@firefox',
      'lenet5/tfjs-fp32/tfjs-webgpu@firefox',
    ]);
  });

  test('ids are unique over the whole plan', () => {
    const ids = planCells(models).map((cell) => cell.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('groupCells keeps every cell, and each group to one runtime-backend in one browser', () => {
  const cells = planCells(models);
  const groups = groupCells(cells);
  expect(groups.flatMap((group) => group.cells.map((cell) => cell.id)).sort()).toEqual(
    cells.map((cell) => cell.id).sort(),
  );
  for (const { browser, target, cells: own } of groups) {
    expect(
      new Set(
        own.map(
          (cell) => `${cell.target.runtime}-${cell.target.backend}-${String(cell.target.threads)}@${cell.key.browser}`,
        ),
      ).size,
    ).toBe(1);
    expect(own[0]).toMatchObject({ target, key: { browser } });
  }
});
