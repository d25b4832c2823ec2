/** Models that are damaged, cards that do not fit, runtimes that are broken, more memory than there is. */
import { cpSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { packageVersion } from '../../src/build/packages.js';
import { BROWSERS } from '../../src/protocol/cell.js';
import type { ErrorCode, Phase } from '../../src/protocol/errors.js';
import { expect, test } from './fixtures.js';
import type { Rig } from './rig.js';

interface Fault {
  readonly model: string;
  readonly targets: readonly string[];
  readonly status: 'fail' | 'error';
  readonly code: ErrorCode;
  readonly phase: Phase;
  /** What the message says. */
  readonly message: RegExp;
}

const both = ['onnx-fp32/ort-wasm-t1', 'tfjs-fp32/tfjs-wasm'];
const [onnx, tfjs] = [['onnx-fp32/ort-wasm-t1'], ['tfjs-fp32/tfjs-wasm']];
const checksum = { targets: both, status: 'error', code: 'E_CHECKSUM', phase: 'model-load' } as const;
const baseline = { targets: onnx, status: 'error', code: 'E_BASELINE', phase: 'judge' } as const;

const FAULTS: readonly Fault[] = [
  { model: 'truncated', ...checksum, message: /has \d+ bytes, the card says \d+/ },
  { model: 'flipped', ...checksum, message: /has sha256 [0-9a-f]{64}, the card says [0-9a-f]{64}/ },
  { model: 'swapped', ...checksum, message: /has sha256 [0-9a-f]{64}, the card says [0-9a-f]{64}/ },
  // The digest of the damaged file was recorded, so only what it does can tell.
  {
    model: 'truncated-recorded',
    targets: both,
    status: 'error',
    code: 'E_MODEL_LOAD',
    phase: 'model-load',
    message: /protobuf parsing failed|tensor should have \d+ values|byte length/i,
  },
  { model: 'flipped-recorded', ...baseline, message: /reaches 98\.60 % on this PC .* its card says 98\.98 %/ },
  { model: 'swapped-recorded', ...baseline, message: /reaches 60\.97 % on this PC .* its card says 98\.98 %/ },
  { model: 'swapped-in-b100', ...baseline, targets: ['onnx-fp32-b100/ort-webgl'], message: /reaches 60\.97 %/ },
  {
    model: 'swapped-in-tfjs',
    targets: tfjs,
    status: 'fail',
    code: 'E_NUMERIC',
    phase: 'judge',
    message: /the PC has .* elements are beyond tolerance/,
  },
  {
    model: 'transposed',
    targets: onnx,
    status: 'error',
    code: 'E_RUN',
    phase: 'run',
    message: /invalid dimensions for input: input.*Got: 28 Expected: 1/s,
  },
  {
    model: 'cropped',
    targets: onnx,
    status: 'error',
    code: 'E_CARD',
    phase: 'run',
    message: /input "input" takes \[N, 1, 27, 27\], that is 729 elements a sample; .*\[28, 28, 1\], that is 784/,
  },
  { model: 'renamed', targets: onnx, status: 'error', code: 'E_RUN', phase: 'run', message: /'input'|"input"/ },
];

async function expectHealthy(rig: Rig, id: string): Promise<void> {
  expect((await rig.run(id)).record).toMatchObject({ id, status: 'pass' });
}

for (const { model, targets, status, code, phase, message } of FAULTS) {
  for (const target of targets) {
    test(`${model}/${target} is ${code}`, async ({ rigOf }) => {
      const rig = await rigOf('chromium');
      const { record } = await rig.run(`${model}/${target}@chromium`);
      expect(record).toMatchObject({ status, reason: { code, phase } });
      expect(record.reason?.message).toMatch(message);
      await expectHealthy(rig, `lenet1/${target}@chromium`);
    });
  }
}

test('only the damaged artifact is red', async ({ rigOf }) => {
  const rig = await rigOf('chromium');
  await expectHealthy(rig, 'swapped-in-tfjs/onnx-fp32/ort-wasm-t1@chromium');
  await expectHealthy(rig, 'swapped-in-b100/onnx-fp32/ort-wasm-t1@chromium');
});

for (const browser of BROWSERS) {
  test(`more memory than a wasm memory can have: ${browser}`, async ({ rigOf }) => {
    const rig = await rigOf(browser);
    for (const [model, says] of [
      ['four-gigabytes', /bad_alloc/],
      ['forty-gigabytes', /more than 4294967295 bytes/],
    ] as const) {
      const { record } = await rig.run(`${model}/onnx-fp32/ort-wasm-t1@${browser}`);
      expect(record).toMatchObject({ status: 'error', reason: { code: 'E_OUT_OF_MEMORY', phase: 'run' } });
      expect(record.reason?.message).toMatch(says);
      await expectHealthy(rig, `lenet1/onnx-fp32/ort-wasm-t1@${browser}`);
    }
  });
}

test('the files of a runtime are damaged or gone', async ({ productionPage, startRig }, testInfo) => {
  const page = testInfo.outputPath('page');
  cpSync(productionPage, page, { recursive: true });
  const ort = path.join(page, 'vendor', `onnxruntime-web-${packageVersion('onnxruntime-web')}`);
  truncateSync(path.join(ort, 'ort-wasm-simd-threaded.wasm'), 100_000);
  rmSync(path.join(ort, 'ort.webgl.min.mjs'));
  const rig = await startRig('chromium', page);
  const wasm = await rig.run('lenet1/onnx-fp32/ort-wasm-t1@chromium');
  expect(wasm.record).toMatchObject({ status: 'error', reason: { code: 'E_BACKEND_UNAVAILABLE' } });
  expect(wasm.record.reason?.message).toContain('no available backend found');
  const webgl = await rig.run('lenet1/onnx-fp32-b100/ort-webgl@chromium');
  expect(webgl.record).toMatchObject({ status: 'error', reason: { code: 'E_RUNTIME_LOAD' } });
  expect(webgl.record.reason?.message).toContain('ort.webgl.min.mjs');
  await expectHealthy(rig, 'lenet1/tfjs-fp32/tfjs-wasm@chromium');
});
