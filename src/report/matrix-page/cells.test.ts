import { describe, expect, it } from 'vitest';
import { madeUpFault, madeUpRecord, reasonOf as reason } from '../made-up.js';
import { madeUpPerformance, madeUpSoak } from '../made-up-performance.js';
import { cellsOf, judgedOf, nativeTimeOf, performanceOf, reasonOf } from './cells.js';
import { filterCells, fromQuery, NO_FILTER, toQuery } from './filter.js';
import { gridsOf } from './grid.js';
import { latencyOf, linesOf, measuredModels, timesModelOf } from './measured.js';

const ID = 'lenet5/onnx-fp32/ort-wasm-t1@firefox';

describe('cellsOf', () => {
  it('makes one cell of the records of one id, its worst first', () => {
    const accuracy = madeUpRecord(ID);
    const performance = madeUpPerformance(ID);
    const soak = madeUpSoak(ID, { differing: true });
    const [cell, ...others] = cellsOf([accuracy, performance, soak]);
    expect(others).toEqual([]);
    expect(cell?.outcome).toBe('fail');
    expect(cell && reasonOf(cell)?.code).toBe('E_REPEAT');
    expect(cell && judgedOf(cell)).toBe(accuracy);
    expect(cell && performanceOf(cell)).toBe(performance.performance);
  });

  it('takes a pass for more than an absence, and a known failure for more than a pass', () => {
    const absent = madeUpFault(ID, reason('E_BACKEND_UNAVAILABLE', 'none'), { status: 'unsupported' });
    expect(cellsOf([absent, madeUpRecord(ID)])[0]?.outcome).toBe('pass');
    const known = madeUpFault(ID, reason('E_RUN', 'no'), {
      expectation: { status: 'error', code: 'E_RUN', reason: 'known', link: 'https://example.org', met: true },
    });
    expect(cellsOf([madeUpRecord(ID), known])[0]?.outcome).toBe('known');
  });

  it('sorts the PC before the browsers and workers behind their like', () => {
    const ids = [
      'ort-webgl@chromium',
      'ort-wasm-t1-worker@chromium',
      'ort-wasm-t1@firefox',
      'ort-wasm-t1@chromium',
      'ort-native@pc',
    ];
    const sorted = cellsOf(ids.map((id) => madeUpRecord(`lenet5/onnx-fp32/${id}`))).map(({ id }) => id.split('/')[2]);
    expect(sorted).toEqual([
      'ort-native@pc',
      'ort-wasm-t1@chromium',
      'ort-wasm-t1@firefox',
      'ort-wasm-t1-worker@chromium',
      'ort-webgl@chromium',
    ]);
  });
});

it('sets a cell against the PC with as many threads', () => {
  const [one] = cellsOf([madeUpPerformance('lenet5/onnx-fp32/ort-wasm-t1@chromium')]);
  const [two] = cellsOf([madeUpPerformance('lenet5/onnx-fp32/ort-wasm-t2@chromium')]);
  expect(one && nativeTimeOf(one)?.threads).toBe(1);
  expect(two && nativeTimeOf(two)?.threads).toBe(2);
});

describe('filters', () => {
  const cells = cellsOf(
    [
      'lenet5/onnx-fp32/ort-wasm-t1@firefox',
      'lenet5/onnx-int8-qdq/ort-wasm-t1@webkit',
      'vgg16/tfjs-fp32/tfjs-wasm@webkit',
    ].map((id) => madeUpRecord(id)),
  );
  const ids = (filter: Partial<typeof NO_FILTER>): string[] =>
    filterCells(cells, { ...NO_FILTER, ...filter }).map(({ id }) => id);

  it('take all fields together', () => {
    expect(ids({ fields: { backend: 'wasm', browser: 'webkit' } })).toHaveLength(2);
    expect(ids({ fields: { backend: 'wasm', browser: 'webkit', precision: 'int8' } })).toEqual([
      'lenet5/onnx-int8-qdq/ort-wasm-t1@webkit',
    ]);
  });

  it('take words apart from each other, in any case', () => {
    expect(ids({ text: ' WEBKIT  lenet5 ' })).toEqual(['lenet5/onnx-int8-qdq/ort-wasm-t1@webkit']);
    expect(ids({ text: '.*' })).toEqual([]);
  });

  it('go into an address and come back; what no cell has is left out', () => {
    const filter = { fields: { model: 'vgg16', runtime: 'tfjs' }, outcomes: new Set(['pass'] as const), text: 'a&b=c' };
    expect(fromQuery(toQuery(filter), cells)).toEqual(filter);
    expect(fromQuery('?model=none&status=fail,odd&id=x', cells)).toEqual({
      fields: {},
      outcomes: new Set(),
      text: 'x',
    });
    expect(toQuery(NO_FILTER)).toBe('');
  });
});

describe('gridsOf', () => {
  it('lays out one grid a runtime, with gaps where there is no cell', () => {
    const grids = gridsOf(
      cellsOf(
        [
          'lenet5/onnx-fp32/ort-wasm-t1@firefox',
          'lenet5/onnx-fp32/ort-webgl@webkit',
          'vgg16/onnx-fp32/ort-wasm-t1@chromium',
          'vgg16/tfjs-fp32/tfjs-cpu@pc',
        ].map((id) => madeUpRecord(id)),
      ),
    );
    expect(grids.map(({ runtime }) => runtime)).toEqual(['ort', 'tfjs']);
    expect(grids[0]?.columns).toEqual([
      { target: 'ort-wasm-t1', browser: 'chromium' },
      { target: 'ort-wasm-t1', browser: 'firefox' },
      { target: 'ort-webgl', browser: 'webkit' },
    ]);
    expect(grids[0]?.groups).toEqual([
      { target: 'ort-wasm-t1', span: 2 },
      { target: 'ort-webgl', span: 1 },
    ]);
    expect(
      grids[0]?.models.map(({ model, rows }) => [
        model,
        rows.map(({ cells }) => cells.map((cell) => cell?.id ?? null)),
      ]),
    ).toEqual([
      ['lenet5', [[null, 'lenet5/onnx-fp32/ort-wasm-t1@firefox', 'lenet5/onnx-fp32/ort-webgl@webkit']]],
      ['vgg16', [['vgg16/onnx-fp32/ort-wasm-t1@chromium', null, null]]],
    ]);
  });
});

describe('measured cells', () => {
  const records = ['ort-native-t1@pc', 'ort-wasm-t1@chromium', 'ort-wasm-t1@firefox'].map((target) =>
    madeUpPerformance(`lenet5/onnx-fp32/${target}`),
  );
  const [model] = measuredModels(cellsOf([...records, madeUpRecord('vgg16/onnx-fp32/ort-wasm-t1@chromium')]));

  it('stand on a line an artifact and runtime-backend, with the native time beside', () => {
    expect(model?.model).toBe('lenet5');
    const lines = model === undefined ? [] : linesOf(model, latencyOf);
    expect(lines.map(({ line, points }) => [line, points.map(({ browser }) => browser)])).toEqual([
      ['onnx-fp32 ort-native-t1', ['pc']],
      ['onnx-fp32 ort-wasm-t1', ['chromium', 'firefox']],
    ]);
    expect(lines[0]?.native).toBeUndefined();
    expect(lines[1]?.native).toBeCloseTo(records[0]?.performance?.latency?.median.value ?? NaN, 6);
  });

  it('are left out where a log scale has no place for them', () => {
    const none = records.map((record) => ({
      ...record,
      ...(record.performance === undefined
        ? {}
        : { performance: { ...record.performance, memory: { readings: [], timesModel: -0.2 } } }),
    }));
    const [without] = measuredModels(cellsOf(none));
    expect(without && linesOf(without, timesModelOf)).toEqual([]);
  });
});
