/** LiteRT.js through the harness page: what it computes, what it refuses, what it does not tell by itself. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'esbuild';
import { callPage } from '../../src/gather/calls.js';
import { evidenceFlaw } from '../../src/judge/evidence.js';
import type { Observed } from '../../src/observations/store.js';
import { TARGETS } from '../../src/plan/targets.js';
import { BROWSERS, targetSlug, type Target } from '../../src/protocol/cell.js';
import type { ErrorCode, Phase } from '../../src/protocol/errors.js';
import { ARRAYS } from '../../src/protocol/observation.js';
import { MODELS, REPEATS, Rig, expect, recordings, test } from './fixtures.js';

const [WASM, THREADS, WEBGPU] = TARGETS.tflite as readonly [Target, Target, Target];
const recorded = recordings();

/** Share of the largest output by which one may differ from the PC's: float32 sums taken in another order. */
const CLOSE = 2e-6;
/** The GPU delegate takes the weights back to float and leaves the activations there; the PC quantizes both. */
const DYNAMIC_ON_GPU = 1e-2;

/** On every backend as on the PC. */
const COMPUTED = [
  'dense-fp32',
  'dense-fp16',
  'dense-int8-dynamic',
  'dense-int8-full',
  'dense-uint8-io',
  'conv-fp32',
  'conv-fp16',
  'conv-int8-dynamic',
  'conv-int8-full',
  'pointwise-fp32',
  'two',
  'two-bare',
  'bytes',
  'integers',
  'embedding',
  'handover',
];

function expectAsOnPc(name: string, { observation, outputs }: Observed, share: number): void {
  expect(observation, name).toMatchObject({ outcome: 'completed', n: REPEATS });
  expect(observation.leaks, name).toBeUndefined();
  const wanted = recorded[name]?.outputs ?? [];
  expect(outputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual(
    wanted.map(({ name, dtype, shape }) => ({ name, dtype, shape: [REPEATS, ...shape] })),
  );
  outputs.forEach(({ data, dtype }, index) => {
    const bytes = Uint8Array.from(Buffer.from(wanted[index]?.data ?? '', 'base64'));
    const want = Array.from(new ARRAYS[dtype](bytes.buffer), Number);
    const got = Array.from(data, Number);
    for (let repeat = 1; repeat < REPEATS; repeat++) {
      const at = repeat * want.length;
      expect(got.slice(at, at + want.length), `${name}, inference ${String(repeat)}, to the bit`).toEqual(
        got.slice(0, want.length),
      );
    }
    const largest = Math.max(...want.map(Math.abs));
    const worst = Math.max(...want.map((value, i) => Math.abs(value - (got[i] ?? NaN))));
    expect(worst, `${name}: farthest from the PC`).toBeLessThanOrEqual(share * largest);
  });
}

for (const browser of BROWSERS) {
  for (const target of TARGETS.tflite) {
    const slug = targetSlug(target);

    test(`${slug}@${browser} computes model after model as the PC does, each time the same`, async ({ rigOf }) => {
      const rig = await rigOf(browser);
      for (const name of COMPUTED) {
        const observed = await rig.run(name, target);
        const { outcome, probe, evidence } = observed.observation;
        test.skip(outcome === 'unsupported', probe?.words);
        const dynamicOnGpu = target.backend === 'webgpu' && name.endsWith('-dynamic');
        expectAsOnPc(name, observed, dynamicOnGpu ? DYNAMIC_ON_GPU : CLOSE);
        expect(evidenceFlaw(evidence, target), name).toBeUndefined();
        expect(observed.observation.timing.warmPage, name).toBe(name !== COMPUTED[0]);
      }
    });
  }
}

interface Refusal {
  readonly title: string;
  readonly model: string;
  readonly targets: readonly Target[];
  readonly code: ErrorCode;
  readonly phase: Phase;
  readonly message: RegExp;
  readonly bytes?: (whole: Uint8Array) => Uint8Array;
  readonly inputName?: string;
}

const both = [WASM, WEBGPU];
const load = { targets: both, code: 'E_MODEL_LOAD', phase: 'model-load' } as const;

const REFUSALS: readonly Refusal[] = [
  { title: 'int8 inputs', model: 'dense-int8-io', ...load, message: /^Element type INT8 is not supported/ },
  { title: 'int64 inputs', model: 'lookup-int64', ...load, message: /^Element type INT64 is not supported/ },
  { title: 'bool outputs', model: 'truth', ...load, message: /^Element type BOOL is not supported/ },
  {
    title: 'a dynamic batch',
    model: 'dense-any-batch',
    targets: both,
    code: 'E_RUN',
    phase: 'run',
    message: /Float32\[1, 64\] does not match expected ranked tensor type Float32\[-1, 64\]/,
  },
  {
    title: 'half a file',
    model: 'dense-fp32',
    ...load,
    bytes: (whole) => whole.subarray(0, whole.length / 2),
    message: /^Failed to load model from buffer: the file of 4634 bytes is damaged or cut short/,
  },
  {
    title: 'a text',
    model: 'dense-fp32',
    ...load,
    bytes: () => Buffer.from('This is not a model.'),
    message: /^Failed to load model from buffer: .* lacks the identifier "TFL3"/,
  },
  {
    title: 'an input by another name',
    model: 'two',
    targets: both,
    code: 'E_CARD',
    phase: 'model-load',
    inputName: 'divisor',
    message: /the model's inputs are "subtrahend", "minuend"; the card says "divisor", "minuend"/,
  },
  {
    title: 'an operator of TensorFlow, whose outputs LiteRT.js gives as zeros',
    model: 'flex',
    targets: [WASM],
    code: 'E_RUN',
    phase: 'run',
    message: /Select TensorFlow op.* not supported.*FlexMatrixInverse/,
  },
  {
    title: 'an operator of TensorFlow',
    model: 'flex',
    ...load,
    targets: [WEBGPU],
    message: /Select TensorFlow op.* not supported.*FlexMatrixInverse.*litert_web\.cc/,
  },
  {
    title: 'a model that the GPU delegate refuses as a whole',
    model: 'lookup-int32',
    targets: [WEBGPU],
    code: 'E_BACKEND_NOT_USED',
    phase: 'model-load',
    message: /fell back to wasm for the whole model, for its GPU delegate refused GATHER: Only support 1D indices/,
  },
];

for (const browser of BROWSERS) {
  for (const { title, model, targets, code, phase, message, bytes, inputName } of REFUSALS) {
    for (const target of targets) {
      test(`${targetSlug(target)}@${browser} refuses ${title}`, async ({ rigOf }) => {
        const rig = await rigOf(browser);
        const whole = readFileSync(path.join(MODELS, `${model}.tflite`));
        const { observation } = await rig.run(model, target, {
          ...(bytes === undefined ? {} : { bytes: bytes(whole) }),
          ...(inputName === undefined ? {} : { inputName }),
        });
        test.skip(observation.outcome === 'unsupported', observation.probe?.words);
        expect(observation.fault).toMatchObject({ code, phase });
        expect(observation.fault?.message).toMatch(message);
        const next = await rig.run('relu', target);
        expectAsOnPc('relu', next, 0);
        // A page whose runtime refused a model, and is none the worse for it, is used again.
        expect(next.observation.timing.warmPage).toBe(code === 'E_MODEL_LOAD');
      });
    }
  }
}

test('the record tells which share of a model the CPU has', async ({ rigOf }) => {
  const rig = await rigOf('chromium');
  const shared = await rig.run('embedding', WEBGPU);
  expect(shared.observation.evidence?.provider).toBe(
    'webgpu for 4 of 5 operations, wasm for the others (GATHER: Only support 1D indices)',
  );
  const whole = await rig.run('dense-fp32', WEBGPU);
  expect(whole.observation.evidence?.provider).toBe('webgpu');
  expectAsOnPc('lookup-int32', await rig.run('lookup-int32', WASM), 0);
});

/** The page with a line before all its scripts. */
const pageAfter = (line: string): Plugin => ({
  name: 'a line in front',
  setup({ initialOptions }) {
    initialOptions.banner = { js: line };
  },
});

test('where the browser lacks JSPI, a fall-back is told as well', async () => {
  const rig = await Rig.start('chromium', [pageAfter('Reflect.deleteProperty(WebAssembly, "Suspending");')]);
  try {
    for (const name of ['lookup-int32', 'embedding']) {
      const { observation } = await rig.run(name, WEBGPU);
      expect(observation.fault?.code).toBe('E_BACKEND_NOT_USED');
      expect(observation.fault?.message).toContain('fell back to wasm for the whole model');
    }
    expectAsOnPc('conv-fp32', await rig.run('conv-fp32', WEBGPU), CLOSE);
  } finally {
    await rig.close();
  }
});

test('where the browser lacks relaxed SIMD, there are no threads', async () => {
  const rig = await Rig.start('chromium', [pageAfter('WebAssembly.validate = () => false;')]);
  try {
    const { observation } = await rig.run('relu', THREADS);
    expect(observation.outcome).toBe('unsupported');
    expect(observation.probe?.words).toContain('relaxed SIMD');
    expectAsOnPc('relu', await rig.run('relu', WASM), 0);
  } finally {
    await rig.close();
  }
});

test('disposing of nothing is harmless', async ({ rigOf }) => {
  const rig = await rigOf('chromium');
  expectAsOnPc('relu', await rig.run('relu', WASM), 0);
  const { page } = await rig.pool.acquire(WASM);
  const disposed = await callPage(page, 'dispose', null, { deadlineMs: 5000 });
  expect(disposed.leaks).toEqual([]);
  expectAsOnPc('relu', await rig.run('relu', WASM), 0);
});

/** Defects of LiteRT.js 2.5.3 on WebGPU. A test that passes here tells that one is mended. */
const DEFECTS = [
  { model: 'running', browsers: ['chromium', 'firefox'], what: 'CUMSUM with reverse=true is summed forwards' },
  {
    model: 'pointwise-int8-dynamic',
    browsers: ['chromium', 'firefox'],
    what: 'CONV_2D of 1x1 with int8 weights has no stride',
  },
  {
    model: 'pointwise-int8-full',
    browsers: ['chromium', 'firefox'],
    what: 'CONV_2D of 1x1 with int8 weights has no stride',
  },
  { model: 'log-gamma', browsers: ['chromium'], what: 'all outputs are zero, on SwiftShader' },
] as const;

for (const { model, browsers, what } of DEFECTS) {
  for (const browser of browsers) {
    test(`known: ${model}: ${what}: ${browser}`, async ({ rigOf }) => {
      test.fail(true, what);
      const rig = await rigOf(browser);
      expectAsOnPc(model, await rig.run(model, WEBGPU), DYNAMIC_ON_GPU);
    });
  }
}

test('the operators of these defects are right on wasm', async ({ rigOf }) => {
  const rig = await rigOf('chromium');
  for (const { model } of DEFECTS) expectAsOnPc(model, await rig.run(model, WASM), CLOSE);
});
