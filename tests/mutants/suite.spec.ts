/** The suite itself, over a test build of the adapters and damaged weights: the right cells go red, and those alone. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { buildPage } from '../../src/build/page.js';
import { expect, test } from '../faults/fixtures.js';
import { recordsById, runSuite } from '../faults/suite.js';
import { mutants } from './plugin.js';

// A run of the suite in each.
test.describe.configure({ timeout: 180_000 });

const CELLS =
  ' lenet1/(onnx-fp32/ort-wasm|onnx-fp32-b100/ort-webgl|tfjs-fp32/tfjs-(cpu|wasm)|tflite-fp32/litert-wasm)| swapped(-recorded)?/onnx-fp32/ort-wasm-t2';

test('the right cells go red', async ({ models }, testInfo) => {
  const page = await buildPage({
    outDir: testInfo.outputPath('page'),
    plugins: [
      mutants({
        'ort-wasm-t1': 'scaleLogits',
        'ort-webgl': 'busyRun',
        'tfjs-wasm': 'negateLogit',
        'litert-wasm-t1': 'negateLogit',
      }),
    ],
  });
  const reports = testInfo.outputPath('reports');
  const { code, said } = await runSuite({
    reports,
    scratch: testInfo.outputPath('scratch'),
    args: ['--no-deps', '--project=chromium', '-g', CELLS],
    env: {
      PLUMBLINE_PAGE: page.outDir,
      PLUMBLINE_MODELS: models,
      PLUMBLINE_BUDGET_MS: '2000',
      PLUMBLINE_DEADLINES: 'runGrace=4000',
    },
  });
  expect(code, said).toBe(1);
  const ends = [...recordsById(reports).values()].map(({ id, status, reason }) =>
    `${id.replace('@chromium', '')}: ${status} ${reason?.code ?? ''}`.trim(),
  );
  expect(ends.sort()).toEqual([
    'lenet1/onnx-fp32-b100/ort-webgl: error E_PAGE_TIMEOUT',
    'lenet1/onnx-fp32/ort-wasm-t1: fail E_NUMERIC',
    'lenet1/onnx-fp32/ort-wasm-t2: pass',
    'lenet1/tfjs-fp32/tfjs-cpu: pass',
    'lenet1/tfjs-fp32/tfjs-wasm: fail E_NUMERIC',
    'lenet1/tflite-fp32/litert-wasm-t1: fail E_NUMERIC',
    'lenet1/tflite-fp32/litert-wasm-t2: pass',
    'swapped-recorded/onnx-fp32/ort-wasm-t2: error E_BASELINE',
    'swapped/onnx-fp32/ort-wasm-t2: error E_CHECKSUM',
  ]);
  expect(existsSync(path.join(reports, 'findings/lenet1/onnx-fp32/ort-wasm-t1@chromium/report.md'))).toBe(true);
});
