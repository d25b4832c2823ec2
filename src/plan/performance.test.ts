import { describe, expect, test } from 'vitest';
import { PROJECT_ROOT } from '../paths.js';
import { parseCellId } from '../protocol/cell.js';
import path from 'node:path';
import { loadModels } from './cards.js';
import { nativeCells, orderVisits, performanceOptions, planPerformance } from './performance.js';

const { models } = loadModels(path.join(PROJECT_ROOT, 'fixtures', 'models'));
const small = models.filter(({ card }) => card.name === 'lenet1' || card.name === 'lenet5');

const idsWith = (words: string): string[] =>
  planPerformance(small, performanceOptions({ PLUMBLINE_PERF: words })).map(({ id }) => id);

describe('what is measured', () => {
  test('by default: fp32 and int8 on the CPU, in every browser, each form of the weights once', () => {
    const ids = idsWith('').filter((id) => id.startsWith('lenet5/') && id.endsWith('@firefox'));
    expect(ids).toEqual([
      'lenet5/onnx-fp32/ort-wasm-t1@firefox',
      'lenet5/onnx-fp32/ort-wasm-t2@firefox',
      'lenet5/onnx-int8-dynamic/ort-wasm-t1@firefox',
      'lenet5/onnx-int8-dynamic/ort-wasm-t2@firefox',
      'lenet5/tfjs-fp32-graph/tfjs-cpu@firefox',
      'lenet5/tfjs-fp32-graph/tfjs-wasm@firefox',
      'lenet5/tfjs-int8-graph/tfjs-cpu@firefox',
      'lenet5/tfjs-int8-graph/tfjs-wasm@firefox',
      'lenet5/tflite-fp32/litert-wasm-t1@firefox',
      'lenet5/tflite-fp32/litert-wasm-t2@firefox',
      'lenet5/tflite-int8-dynamic/litert-wasm-t1@firefox',
      'lenet5/tflite-int8-dynamic/litert-wasm-t2@firefox',
    ]);
  });

  test.each([
    ['gpu', 'lenet5/onnx-fp32/ort-webgpu@chromium'],
    ['fp16', 'lenet5/onnx-fp16/ort-wasm-t1@chromium'],
    ['int8', 'lenet5/onnx-int8-qdq/ort-wasm-t1@chromium'],
    ['worker', 'lenet5/onnx-fp32/ort-wasm-t2-worker@chromium'],
    ['layers', 'lenet5/tfjs-fp32/tfjs-wasm@chromium'],
  ])('with "%s" %s, too', (word, id) => {
    expect(idsWith('')).not.toContain(id);
    expect(idsWith(word)).toContain(id);
    expect(new Set(idsWith(word)).size).toBe(idsWith(word).length);
  });

  test('models that another framework trained are measured when they are asked for, or alone', () => {
    const [model] = small;
    if (model === undefined) throw new Error('there is no lenet1');
    const { card, folder } = model;
    const twin = {
      folder,
      card: { ...card, name: 'lenet1-keras', provenance: { ...card.provenance, framework: 'Keras' } },
    };
    const names = (words: string, all = [model, twin]): string[] => [
      ...new Set(planPerformance(all, performanceOptions({ PLUMBLINE_PERF: words })).map(({ key }) => key.model)),
    ];
    expect(names('')).toEqual(['lenet1']);
    expect(names('twins')).toEqual(['lenet1', 'lenet1-keras']);
    expect(names('', [twin])).toEqual(['lenet1-keras']);
  });

  test('words and numbers that mean nothing are told', () => {
    expect(() => performanceOptions({ PLUMBLINE_PERF: 'gpu, int4' })).toThrow(/E_USAGE.*"int4"/);
    for (const visits of ['1', '2.5', 'many', ''])
      expect(() => performanceOptions({ PLUMBLINE_VISITS: visits })).toThrow(/E_USAGE/);
    expect(performanceOptions({ PLUMBLINE_VISITS: '5' }).visits).toBe(5);
  });
});

describe('the PC', () => {
  const comparedWith = (id: string): string[] => {
    const cell = planPerformance(small, performanceOptions({ PLUMBLINE_PERF: 'int8' })).find(
      (planned) => planned.id === id,
    );
    if (cell === undefined) throw new Error(`${id} is not planned`);
    return nativeCells(cell).map((native) => native.id);
  };

  test.each([
    ['lenet5/onnx-int8-qdq/ort-wasm-t1@firefox', 'lenet5/onnx-int8-qdq'],
    ['lenet5/tflite-fp32/litert-wasm-t1@firefox', 'lenet5/onnx-fp32'],
    ['lenet5/tflite-int8-dynamic/litert-wasm-t1@firefox', 'lenet5/onnx-int8-dynamic'],
    ['lenet5/tflite-int8-full/litert-wasm-t1@firefox', 'lenet5/onnx-int8-qdq'],
    // Stored in eight bits, computed in float.
    ['lenet5/tfjs-int8-graph/tfjs-cpu@firefox', 'lenet5/onnx-fp32'],
  ])('%s is compared with %s, on one thread and on two', (id, artifact) => {
    expect(comparedWith(id)).toEqual([`${artifact}/ort-native-t1@pc`, `${artifact}/ort-native-t2@pc`]);
  });
});

describe('the order of visits', () => {
  const visits = orderVisits(planPerformance(small, performanceOptions({})), 3);
  const ids = [...new Set(visits.map(({ cell }) => cell.id))];

  test('each cell as often as was asked, with the others of its model in between', () => {
    for (const id of ids) {
      const turns = visits.filter(({ cell }) => cell.id === id);
      expect(turns.map(({ number }) => number)).toEqual([1, 2, 3]);
      const others = ids.filter((other) => other.startsWith(`${parseCellId(id).model}/`)).length;
      expect(turns.map(({ turn }) => turn - (turns[0]?.turn ?? 0))).toEqual([0, others, 2 * others]);
    }
    expect(visits.map(({ turn }) => turn)).toEqual(visits.map((_, index) => index));
  });

  test('browsers by turns, the PC before them', () => {
    const first = visits.slice(0, 8).map(({ cell }) => cell.key.browser);
    expect(first).toEqual(['pc', 'pc', 'pc', 'pc', 'chromium', 'firefox', 'webkit', 'chromium']);
  });

  test('the last visit is named by the cell alone, those before it are no cell by their names', () => {
    for (const { title, cell, number } of visits) {
      if (number === 3) expect(title).toBe(cell.id);
      else {
        expect(title).toBe(`${cell.id} (visit ${String(number)} of 3)`);
        expect(() => parseCellId(title)).toThrow(/E_USAGE/);
      }
    }
  });

  test('no two cells share a prefix, all visits of one do', () => {
    expect(new Set(visits.map(({ token }) => token)).size).toBe(ids.length);
    for (const { token } of visits) expect(token).toMatch(/^[0-9a-f]{1,32}$/);
  });
});
