import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import type { Observation, TensorData } from '../protocol/observation.js';
import { buildFinding, repeatCommand, type FindingInput } from './finding.js';
import { madeUpFault, madeUpMatrix, madeUpRecord, reasonOf } from './made-up.js';
import { localSecrets, type Secrets } from './scrub.js';

const SECRETS: Secrets = {
  projects: ['/home/alice/plumbline'],
  homes: ['/home/alice'],
  temps: ['/tmp'],
  hosts: ['alices-laptop'],
  users: ['alice'],
  values: [],
};

const ID = 'lenet5/onnx-fp32/ort-webgpu@firefox';
const failed = madeUpMatrix().find(({ id }) => id === ID) ?? madeUpRecord(ID);

const tensor = (shape: readonly number[], data: readonly number[]): TensorData => ({
  name: 'logits',
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});

const observation: Observation = {
  schema: 1,
  id: ID,
  platform: {
    runtimeVersion: '1.30.0',
    browserVersion: '153.0',
    driver: 'playwright',
    driverVersion: '1.64.1',
    os: 'Debian',
    cpu: 'x',
    gpu: 'y',
  },
  outcome: 'completed',
  environment: {
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
    crossOriginIsolated: true,
    hardwareConcurrency: 2,
    sharedArrayBuffer: true,
    clockResolutionMs: 0.02,
    webglRenderer: 'llvmpipe, or similar',
    webgpuAdapter: 'llvmpipe (LLVM 15.0.6, 256 bits)',
  },
  n: 3,
  dataset: { name: 'mnist', split: 'test', n: 10_000, sha256: 'c3f1'.repeat(16) },
  outputs: [],
  timing: {},
  memory: {},
  console: [
    { level: 'warning', text: 'loading http://127.0.0.1:41234/assets/x.js for alice on alices-laptop' },
    { level: 'error', text: 'at /home/alice/plumbline/dist/main.js:1:2 see @alice #42 ```' },
  ],
};

/** A 28 × 28 picture: a bright bar on black. */
const bar = Uint8Array.from({ length: 28 * 28 }, (_, i) => (i % 28 >= 12 && i % 28 < 16 ? 255 : 0));

const input: FindingInput = {
  record: failed,
  observation,
  outputs: {
    // Sample 0 agrees, sample 1 has another class, sample 2 a worse value.
    want: tensor([3, 3], [5, 1, 0, 1, 7.5, 2, 0, 0, 9]),
    got: tensor([3, 3], [5, 1, 0, 8, 7.5, 2, 0, 0, 900]),
  },
  sample: (index) => ({ data: bar, shape: [28, 28, 1], label: index }),
  labels: ['zero', 'one', 'two'],
};

describe('buildFinding', () => {
  const finding = buildFinding(input, SECRETS);

  it('reads as one report', () => {
    expect(finding.markdown).toMatchSnapshot();
  });

  it('shows the first sample with another class, with both rows of logits', () => {
    expect(finding.markdown).toContain(
      'Sample 1 (counted from 0): another class. The PC says **one**, the browser **zero**; the true class is one.',
    );
    expect(finding.markdown).toContain('| 0 zero | 1 | 8 | 7 |');
    expect(finding.json.firstDifference).toMatchObject({
      sample: 1,
      got: [8, 7.5, 2],
      want: [1, 7.5, 2],
      label: 1,
      picture: 'sample-1.png',
    });
  });

  it('draws the sample, eight times as large, and as text', () => {
    const png = PNG.sync.read(Buffer.from(finding.pictures['sample-1.png'] ?? '', 'base64'));
    expect([png.width, png.height]).toEqual([224, 224]);
    const pixel = (x: number, y: number): number[] => [...png.data.subarray((y * 224 + x) * 4, (y * 224 + x) * 4 + 4)];
    expect(pixel(95, 0)).toEqual([0, 0, 0, 255]);
    expect(pixel(96, 0)).toEqual([255, 255, 255, 255]);
    expect(pixel(127, 223)).toEqual([255, 255, 255, 255]);
    expect(pixel(128, 223)).toEqual([0, 0, 0, 255]);
    expect(finding.markdown).toContain(`\n${' '.repeat(24)}@@@@@@@@\n`);
  });

  it('draws colours', () => {
    const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => [200, 100, 50][i % 3] ?? 0);
    const { pictures } = buildFinding({ ...input, sample: () => ({ data, shape: [32, 32, 3] }) }, SECRETS);
    const png = PNG.sync.read(Buffer.from(pictures['sample-1.png'] ?? '', 'base64'));
    expect([...png.data.subarray(0, 4)]).toEqual([200, 100, 50, 255]);
  });

  it('shows tokens as numbers', () => {
    const sample = (): { data: Int32Array; shape: number[] } => ({ data: Int32Array.of(1, 14, 22), shape: [3] });
    const { markdown, pictures } = buildFinding({ ...input, sample }, SECRETS);
    expect(markdown).toContain('\n1 14 22\n');
    expect(pictures).toEqual({});
  });

  it('finds values that are not finite, even where the class is the same', () => {
    const outputs = { want: tensor([2, 2], [1, 0, 1, 0]), got: tensor([2, 2], [1, 0, 1, -Infinity]) };
    const { markdown, json } = buildFinding({ ...input, outputs }, SECRETS);
    expect(json.firstDifference).toMatchObject({ sample: 1, why: 'not finite', got: [1, '-Infinity'] });
    expect(markdown).toContain('| 1 one | 0 | -Infinity | – |');
    expect(() => JSON.stringify(json)).not.toThrow();
  });

  it('takes a NaN for no class at all', () => {
    const outputs = { want: tensor([1, 2], [1, 0]), got: tensor([1, 2], [NaN, NaN]) };
    expect(buildFinding({ ...input, outputs }, SECRETS).markdown).toContain('the browser **none (NaN)**');
  });

  it('falls back to the worst logit where all classes agree', () => {
    const values = [1, 0, 5, 0];
    const worst = { sample: 1, index: 0, got: 5.5, want: 5 };
    const numeric = failed.numeric === undefined ? undefined : { ...failed.numeric, worst };
    const record = { ...failed, ...(numeric === undefined ? {} : { numeric }) };
    const outputs = { want: tensor([2, 2], values), got: tensor([2, 2], [1, 0, 5.5, 0]) };
    expect(buildFinding({ ...input, record, outputs }, SECRETS).json.firstDifference).toMatchObject({ sample: 1 });
  });

  it('says nothing of samples where the shapes do not fit', () => {
    const outputs = { want: tensor([2, 2], [1, 0, 5, 0]), got: tensor([2, 3], [1, 0, 0, 5, 0, 0]) };
    const { markdown, json } = buildFinding({ ...input, outputs }, SECRETS);
    expect(json).not.toHaveProperty('firstDifference');
    expect(markdown).not.toContain('First differing sample');
  });

  it('makes do with a record alone', () => {
    const record = madeUpFault(
      ID,
      reasonOf('E_MODEL_LOAD', 'Can’t create a session', { phase: 'model-load', stack: 'at x' }),
    );
    const { markdown, json } = buildFinding({ record }, SECRETS);
    expect(markdown).toContain(
      '# onnxruntime-web 1.30.0 webgpu in Firefox 153.0: lenet5 onnx-fp32 ends in E\\_MODEL\\_LOAD',
    );
    expect(markdown).toContain('in the phase "model-load"');
    expect(markdown).toContain('```text\nat x\n```');
    expect(markdown).not.toContain('undefined');
    expect(markdown).not.toContain('unknown');
    expect(json).toMatchObject({ id: ID, repeat: `npx playwright test -g '${ID}'` });
  });
});

describe('what a report must not hold', () => {
  const record = madeUpFault(
    ID,
    reasonOf('E_RUN', 'threw in /home/alice/plumbline/src/a.ts for @bob, see #12 | <b>', {
      stack: 'Error: x\n    at file:///home/alice/plumbline/harness-page/run.ts:3:4\n    at C:\\Users\\carol\\x.js:1:1',
    }),
  );
  const finding = buildFinding({ ...input, record }, SECRETS);
  const everything = finding.markdown + JSON.stringify(finding.json);

  it('holds nothing personal', () => {
    expect(everything).not.toMatch(/alice|carol|\/home\/|\/tmp\/|41234/);
    expect(everything).toContain('harness-page/run.ts:3:4');
    expect(everything).toContain('127.0.0.1:<port>');
  });

  it('mentions nobody and links to no issue outside of code', () => {
    const prose = finding.markdown.replace(/(`{3,})[\s\S]*?\n\1/g, '').replace(/`[^`]*`/g, '');
    expect(prose).not.toMatch(/(^|[^\w])[@#]\w/m);
  });

  it('is not ended by a fence in the console', () => {
    expect(finding.markdown).toContain('````text\n');
  });

  it('is of a size that an issue takes', () => {
    const lines = Array.from({ length: 5_000 }, (_, i) => ({
      level: 'log' as const,
      text: `line ${String(i)} ${'x'.repeat(2_000)}`,
    }));
    const wide = Array.from({ length: 1_000 }, (_, i) => i);
    const { markdown } = buildFinding(
      {
        ...input,
        record: { ...record, reason: { ...reasonOf('E_RUN', 'x'), stack: 'at x\n'.repeat(10_000) } },
        observation: { ...observation, console: lines },
        outputs: { want: tensor([1, 1_000], wide), got: tensor([1, 1_000], wide.toReversed()) },
      },
      SECRETS,
    );
    expect(markdown.length).toBeLessThan(60_000);
    expect(markdown).toContain('line 0 ');
    expect(markdown).toContain('line 4999 ');
    expect(markdown).toContain('The 20 of 1,000 that differ most.');
  });

  it('holds nothing of this machine with what this machine knows', () => {
    const stack = new Error('here').stack ?? '';
    const real = buildFinding({ ...input, record: { ...record, reason: { ...reasonOf('E_RUN', 'x'), stack } } });
    expect(real.markdown).not.toContain(process.cwd());
    for (const home of localSecrets().homes) expect(real.markdown).not.toContain(`${home}/`);
    expect(real.markdown).toContain('src/report/finding.test.ts');
  });
});

it('writes the id as a regular expression', () => {
  const command = repeatCommand('a.b/onnx-fp32-v1.5/ort-wasm-t1@webkit');
  expect(command).toBe(String.raw`npx playwright test -g 'a\.b/onnx-fp32-v1\.5/ort-wasm-t1@webkit'`);
});
