import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROJECT_ROOT } from '../paths.js';
import { readModelFile } from './read.js';

const models = path.join(PROJECT_ROOT, 'tests', 'add', 'models');
const given = (name: string): string => path.join(models, name);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-read-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('ONNX', () => {
  test('two inputs, two outputs, an axis with a name', async () => {
    expect(await readModelFile(given('two-inputs.onnx'))).toEqual({
      format: 'onnx',
      precision: 'fp32',
      inputs: [
        { name: 'image', dtype: 'float32', shape: ['batch', 6] },
        { name: 'bias', dtype: 'float32', shape: ['batch', 4] },
      ],
      outputs: [
        { name: 'sum', dtype: 'float32', shape: ['batch', 4] },
        { name: 'share', dtype: 'float32', shape: ['batch', 4] },
      ],
      files: ['two-inputs.onnx'],
      producer: { tool: 'tests/add', version: 'unknown' },
    });
  });

  test('ids have the rows of the table that they look up as their range', async () => {
    const { inputs } = await readModelFile(given('tokens.onnx'));
    expect(inputs).toEqual([
      { name: 'input_ids', dtype: 'int64', shape: ['batch_size', 'sequence_length'], range: [0, 49] },
    ]);
  });

  test('scalars have no axis; weights beside the model are files of its own', async () => {
    const { inputs, outputs } = await readModelFile(given('state.onnx'));
    expect(inputs.map(({ shape }) => shape)).toEqual([[32], [2, 1, 4], []]);
    expect(outputs[2]).toEqual({ name: 'loud', dtype: 'bool', shape: [] });
    expect((await readModelFile(given('weights-beside.onnx'))).files).toEqual([
      'weights-beside.onnx',
      'weights-beside.bin',
    ]);
  });

  test('every type that can travel', async () => {
    const { inputs } = await readModelFile(given('all-types.onnx'));
    expect(inputs.map(({ dtype }) => dtype)).toEqual(['float32', 'float16', 'int32', 'int64', 'uint8', 'int8', 'bool']);
  });

  test.each([
    ['text.onnx', /E_MODEL_TENSOR: input "words" is string/],
    ['double.onnx', /E_MODEL_TENSOR: input "x" is float64/],
    ['sequence.onnx', /E_MODEL_TENSOR: input "list" is a sequence, not a tensor/],
  ])('%s: names the tensor and its type', async (file, message) => {
    await expect(readModelFile(given(file))).rejects.toThrow(message);
  });

  test('weights that are not beside it', async () => {
    const alone = path.join(folder, 'weights-beside.onnx');
    await copyFile(given('weights-beside.onnx'), alone);
    await expect(readModelFile(alone)).rejects.toThrow(
      /E_MODEL_FILE: .*names weights-beside\.bin, which is not beside/,
    );
  });
});

describe('TensorFlow.js', () => {
  test('a graph model, by the names of its nodes', async () => {
    expect(await readModelFile(given('graph/model.json'))).toMatchObject({
      format: 'tfjs',
      precision: 'fp32',
      inputs: [
        { name: 'left', dtype: 'float32', shape: [undefined, 8] },
        { name: 'right', dtype: 'float32', shape: [undefined, 4] },
      ],
      outputs: [
        { name: 'Identity', dtype: 'int32' },
        { name: 'Identity_1', dtype: 'float32' },
      ],
      files: ['model.json', 'group1-shard1of1.bin'],
      producer: { tool: 'TensorFlow.js', version: '4.22.0' },
    });
  });

  test('a Layers model', async () => {
    const { inputs, outputs, files } = await readModelFile(
      path.join(PROJECT_ROOT, 'fixtures', 'models', 'lenet1', 'tfjs', 'model.json'),
    );
    expect(inputs).toMatchObject([{ dtype: 'float32', shape: [undefined, 28, 28, 1] }]);
    expect(outputs).toHaveLength(1);
    expect(files).toEqual(['model.json', 'group1-shard1of1.bin']);
  });

  test('a shard that is missing', async () => {
    await copyFile(given('graph/model.json'), path.join(folder, 'model.json'));
    await expect(readModelFile(path.join(folder, 'model.json'))).rejects.toThrow(
      /E_MODEL_FILE: .*names group1-shard1of1\.bin/,
    );
  });

  test('a file outside of its folder is not followed', async () => {
    const json = (await readFile(given('graph/model.json'), 'utf8')).replace('group1-shard1of1', '../group1-shard1of1');
    await writeFile(path.join(folder, 'outside.json'), json);
    await expect(readModelFile(path.join(folder, 'outside.json'))).rejects.toThrow(
      /E_MODEL_FILE: .*names a file outside of its folder: \.\.\/group1/,
    );
  });

  test('another JSON is no model', async () => {
    await writeFile(path.join(folder, 'other.json'), '{"a":1}');
    await expect(readModelFile(path.join(folder, 'other.json'))).rejects.toThrow(/E_MODEL_FILE: .*modelTopology/);
  });
});

describe('TensorFlow Lite', () => {
  test('inputs and outputs by the names of the signature, in the order of the graph', async () => {
    const { inputs, outputs, precision } = await readModelFile(given('two.tflite'));
    expect(precision).toBe('fp32');
    expect(inputs).toEqual(
      expect.arrayContaining([
        { name: 'left', dtype: 'float32', shape: [1, 8] },
        { name: 'right', dtype: 'float32', shape: [1, 4] },
      ]),
    );
    expect(outputs).toEqual(
      expect.arrayContaining([
        { name: 'scores', dtype: 'float32', shape: [1, 4] },
        { name: 'classes', dtype: 'int32', shape: [1] },
      ]),
    );
  });

  test('an open axis is named: LiteRT.js would refuse every input', async () => {
    const file = path.join(PROJECT_ROOT, 'tests', 'litert', 'models', 'dense-any-batch.tflite');
    await expect(readModelFile(file)).rejects.toMatchObject({
      code: 'E_MODEL_TENSOR',
      detail: expect.stringMatching(/^input ".+" leaves axis 0 open$/) as string,
      hint: expect.stringContaining('that axis fixed') as string,
    });
  });
});

describe.each(['two-inputs.onnx', 'two.tflite', 'graph/model.json'])('%s, not all of it', (name) => {
  test.each([0, 4, 0.25, 0.5, 0.9])('%s', async (share) => {
    const bytes = await readFile(given(name));
    const cut = path.join(folder, `cut${path.extname(name)}`);
    await writeFile(cut, bytes.subarray(0, share < 1 ? Math.floor(bytes.length * share) : share));
    await expect(readModelFile(cut)).rejects.toMatchObject({ code: 'E_MODEL_FILE' });
  });
});

test.each(['a.onnx', 'a.tflite', 'a.json'])('a text called %s', async (name) => {
  const file = path.join(folder, name);
  await writeFile(file, 'It was the best of times, it was the worst of times, it was the age of wisdom.\n');
  await expect(readModelFile(file)).rejects.toMatchObject({
    code: 'E_MODEL_FILE',
    message: expect.stringContaining(name) as string,
  });
});

test('a folder, a path that leads nowhere, an ending that says nothing', async () => {
  await expect(readModelFile(models)).rejects.toThrow(/E_MODEL_FILE: .*is a folder/);
  await expect(readModelFile(path.join(folder, 'none.onnx'))).rejects.toThrow(/E_MODEL_FILE: .*can't be read/);
  await expect(readModelFile(given('weights-beside.bin'))).rejects.toThrow(/E_MODEL_FILE: .*endings/);
});
