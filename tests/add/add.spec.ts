/**
 * `npx plumbline add`, as its users call it: models come in, their cells run in Chromium; what is no model, or none that
 * can be run, is told by a stable code and the tensor's name, and leaves nothing behind.
 */
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { PROJECT_ROOT } from '../../src/paths.js';
import { loadModels } from '../../src/plan/cards.js';
import { PLAYWRIGHT, readRecords, start, type Ended } from '../child.js';

const GIVEN = path.join(PROJECT_ROOT, 'tests', 'add', 'models');
const PLUMBLINE = path.join(PROJECT_ROOT, 'src', 'cli', 'plumbline.mjs');

let work: string;
let models: string;

test.beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'plumbline-add-'));
  models = path.join(work, 'models');
});

test.afterAll(async () => {
  await rm(work, { recursive: true, force: true });
});

const command = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  start(process.execPath, args, {
    // No Python: what is tested must not depend on what the machine has.
    env: { PLUMBLINE_MODELS: models, PLUMBLINE_PYTHON: path.join(work, 'no-python'), ...env },
  }).ended;

const add = (file: string, ...options: string[]): Promise<Ended> =>
  command([PLUMBLINE, 'add', path.isAbsolute(file) ? file : path.join(GIVEN, file), ...options]);

test.describe('models of one’s own', () => {
  test.describe.configure({ mode: 'serial', timeout: 240_000 });

  const ADDED = [
    ['two-inputs.onnx', 'two-inputs'],
    ['tokens.onnx', 'tokens'],
    ['state.onnx', 'state'],
    ['all-types.onnx', 'all-types'],
    ['weights-beside.onnx', 'weights-beside'],
    ['graph/model.json', 'graph'],
    ['two.tflite', 'two'],
  ] as const;

  for (const [file, name] of ADDED) {
    test(`${file} is added, and told how to be run`, async () => {
      const { code, said } = await add(file);
      expect(code, said).toBe(0);
      expect(said).toContain(`npx playwright test -g ${name}/`);
    });
  }

  test('with arrays of one’s own', async () => {
    const data = path.join(work, 'data');
    await mkdir(data);
    await writeFile(
      path.join(data, 'image.npy'),
      npy(
        '3, 6',
        Float32Array.from({ length: 18 }, (_, i) => i / 8),
      ),
    );
    await writeFile(path.join(data, 'bias.npy'), npy('4,', Float32Array.of(1, 2, 3, 4)));
    const { code, said } = await add('two-inputs.onnx', '--name', 'supplied', '--data', data);
    expect(code, said).toBe(0);
    expect(said).toContain('array "bias" holds one sample: it is used for all 3');
  });

  test('the cards are whole: they can be read, and hold what was decided', () => {
    const { models: known, bad } = loadModels(models);
    expect(bad).toEqual([]);
    expect(known.map(({ card }) => card.name).sort()).toEqual([...ADDED.map(([, name]) => name), 'supplied'].sort());
    const card = (name: string) => known.find((model) => model.card.name === name)?.card;
    expect(card('tokens')?.inputs).toMatchObject([
      { name: 'input_ids', dtype: 'int64', shape: ['N', 16], range: [0, 49] },
    ]);
    expect(card('state')?.outputs).toMatchObject([{ shape: [] }, { shape: [2, 1, 4] }, { dtype: 'bool', shape: [] }]);
    expect(card('supplied')?.samples).toMatchObject({ n: 3, generated: false });
    expect(card('two')?.artifacts[0]?.recorded).toMatchObject([{ n: 20, tool: 'LiteRT.js (wasm, in Node)' }]);
  });

  test('their cells pass in Chromium, from the folders alone', async () => {
    const reports = path.join(work, 'reports');
    const cells = 'ort-wasm-t1@chromium|tfjs-cpu@chromium|tfjs-webgl@chromium|litert-wasm-t1@chromium';
    const { code, said } = await command(
      [PLAYWRIGHT, 'test', '--project=chromium', '-g', cells, '--output', path.join(reports, 'output')],
      // An empty cache: nothing that `add` computed is needed.
      { PLUMBLINE_REPORTS: reports, PLUMBLINE_CACHE: path.join(work, 'cache') },
    );
    expect(code, said).toBe(0);
    const records = readRecords(reports).filter(({ kind }) => kind === 'accuracy');
    expect(records.map(({ id, status }) => `${status} ${id}`).sort()).toEqual(
      [
        ...['two-inputs', 'tokens', 'state', 'all-types', 'weights-beside', 'supplied'].map(
          (name) => `pass ${name}/onnx-fp32/ort-wasm-t1@chromium`,
        ),
        'pass graph/tfjs-fp32/tfjs-cpu@chromium',
        'pass graph/tfjs-fp32/tfjs-webgl@chromium',
        'pass two/tflite-fp32/litert-wasm-t1@chromium',
      ].sort(),
    );
    // Every element of every output was compared, and what is no number was compared exactly.
    expect(records.every(({ numeric }) => numeric !== undefined)).toBe(true);
  });

  test('outputs of another machine are told by its card’s digests', async () => {
    const file = path.join(models, 'tokens', 'inputs', '0-input_ids.bin');
    const whole = await readFile(file);
    await writeFile(file, Buffer.concat([Buffer.of((whole[0] ?? 0) ^ 1), whole.subarray(1)]));
    const reports = path.join(work, 'reports-damaged');
    const { code, said } = await command(
      [
        PLAYWRIGHT,
        'test',
        '--project=chromium',
        '-g',
        'tokens/onnx-fp32/ort-wasm-t1',
        '--output',
        path.join(reports, 'o'),
      ],
      { PLUMBLINE_REPORTS: reports },
    );
    expect(code, said).toBe(1);
    expect(said).toContain('E_CHECKSUM');
    await writeFile(file, whole);
  });
});

test.describe('what can’t be added', () => {
  /** Adds it in vain. @returns what was said; nothing may be left behind */
  const refused = async (file: string, ...options: string[]): Promise<string> => {
    const list = (): Promise<string[]> => readdir(models, { recursive: true }).catch(() => []);
    const before = await list();
    const { code, said } = await add(file, ...options);
    expect(code, said).toBe(1);
    expect(await list()).toEqual(before);
    return said;
  };
  const made = async (name: string, content: string | Uint8Array): Promise<string> => {
    const file = path.join(await mkdtemp(path.join(work, 'made-')), name);
    await writeFile(file, content);
    return file;
  };

  for (const name of ['two-inputs.onnx', 'two.tflite', 'graph/model.json']) {
    test(`${name} cut off in the middle`, async () => {
      const whole = await readFile(path.join(GIVEN, name));
      const cut = await made(path.basename(name), whole.subarray(0, whole.length / 2));
      expect(await refused(cut, '--name', 'cut')).toMatch(/^E_MODEL_FILE: .*not all of/m);
    });
  }

  test('a text', async () => {
    const file = await made('poem.onnx', 'Tyger Tyger, burning bright\n');
    expect(await refused(file)).toMatch(/^E_MODEL_FILE: poem\.onnx is no ONNX model/m);
  });

  test('a folder, a file of another kind, none at all', async () => {
    expect(await refused('graph')).toMatch(/^E_MODEL_FILE: .*graph is a folder/m);
    expect(await refused('weights-beside.bin')).toMatch(/^E_MODEL_FILE: weights-beside\.bin has none of the endings/m);
    expect(await refused('none.onnx')).toMatch(/^E_MODEL_FILE: .*none\.onnx can't be read/m);
  });

  test('tensors of types that do not travel', async () => {
    expect(await refused('text.onnx')).toMatch(/^E_MODEL_TENSOR: input "words" is string/m);
    expect(await refused('double.onnx')).toMatch(/^E_MODEL_TENSOR: input "x" is float64/m);
    expect(await refused('sequence.onnx')).toMatch(/^E_MODEL_TENSOR: input "list" is a sequence/m);
  });

  test('an output whose shape depends on the data', async () => {
    expect(await refused('depends.onnx')).toMatch(/^E_MODEL_TENSOR: output "places" .*depends on the data/m);
  });

  test('a model.json without its weights', async () => {
    const folder = await mkdtemp(path.join(work, 'alone-'));
    await copyFile(path.join(GIVEN, 'graph', 'model.json'), path.join(folder, 'model.json'));
    expect(await refused(path.join(folder, 'model.json'))).toMatch(
      /^E_MODEL_FILE: model\.json names group1-shard1of1/m,
    );
  });

  test('arrays that are missing, misnamed, or of another shape', async () => {
    const image = npy('2, 6', new Float32Array(12));
    const data = path.dirname(await made('image.npy', image));
    const said = await refused('two-inputs.onnx', '--name', 'vain', '--data', data);
    expect(said).toMatch(/^E_INPUT_DATA: there is no array for input "bias"/m);
    await writeFile(path.join(data, 'bais.npy'), npy('2, 4', new Float32Array(8)));
    expect(await refused('two-inputs.onnx', '--name', 'vain', '--data', data)).toMatch(/"bais", which are no inputs/);
    await writeFile(path.join(data, 'bias.npy'), npy('2, 5', new Float32Array(10)));
    expect(await refused('two-inputs.onnx', '--name', 'vain', '--data', data)).toMatch(
      /^E_INPUT_DATA: array "bias" is \[2, 5\]; the input takes \[4\] a sample/m,
    );
    const text = await made('inputs.npz', 'no archive');
    expect(await refused('two-inputs.onnx', '--name', 'vain', '--data', text)).toMatch(/^E_INPUT_DATA: /m);
  });

  test('a name that is taken, unless told to replace it; a name that is none', async () => {
    const { code, said } = await add('two-inputs.onnx', '--name', 'taken');
    expect(code, said).toBe(0);
    expect(await refused('tokens.onnx', '--name', 'taken')).toMatch(/^E_USAGE: there is a model "taken" already/m);
    expect((await add('tokens.onnx', '--name', 'taken', '--force')).code).toBe(0);
    const card = await readFile(path.join(models, 'taken', 'model.json'), 'utf8');
    expect(card).toContain('input_ids');
    await rm(path.join(models, 'taken'), { recursive: true });
    expect(await refused('tokens.onnx', '--name', '../out')).toMatch(/^E_USAGE: "\.\.\/out" is no name/m);
  });
});

/** As numpy.save writes it. */
function npy(shape: string, data: Float32Array): Uint8Array {
  const header = Buffer.from(`{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`.padEnd(117) + '\n');
  const front = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([front, header, new Uint8Array(data.buffer)]);
}
