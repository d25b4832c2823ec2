import { describe, expect, test } from 'vitest';
import type { TensorFacts } from './facts.js';
import type { NpyArray } from './npy.js';
import { generateSamples, isBatchable, samplesFrom } from './samples.js';

const input = (name: string, shape: TensorFacts['shape'], dtype: TensorFacts['dtype'] = 'float32'): TensorFacts => ({
  name,
  dtype,
  shape,
});

describe('isBatchable', () => {
  test.each([
    ['one name in front of all', [input('a', ['batch', 2]), input('b', ['batch'])], true],
    ['open without a name', [input('a', [undefined, 2])], true],
    ['two names', [input('a', ['batch', 2]), input('b', ['other', 2])], false],
    ['a length in front', [input('a', ['sequence', 2])], false],
    ['fixed', [input('a', [1, 2])], false],
    ['one of them fixed', [input('a', ['N', 2]), input('b', [1])], false],
    ['a scalar among them', [input('a', ['N', 2]), input('b', [])], false],
    ['the batch again behind', [input('a', ['N', 'N'])], false],
  ] as const)('%s', (_, inputs, expected) => {
    expect(isBatchable(inputs, [])).toBe(expected);
  });

  test('not where an output lacks the axis', () => {
    expect(isBatchable([input('a', ['N', 2])], [{ shape: [1, 2] }])).toBe(false);
    expect(isBatchable([input('a', ['N', 2])], [{ shape: ['N', 2] }, { shape: [] }])).toBe(true);
  });
});

describe('generateSamples', () => {
  test('fills open axes, the same for one name, and says so', () => {
    const { fields, specs, notes } = generateSamples(
      [input('ids', ['batch', 'seq'], 'int64'), input('attention_mask', ['batch', 'seq'], 'int64')],
      true,
      'm',
    );
    expect(fields.map(({ shape }) => shape)).toEqual([[16], [16]]);
    expect(specs.map(({ shape }) => shape)).toEqual([
      ['N', 16],
      ['N', 16],
    ]);
    expect(notes.join('\n')).toMatch(/"ids": axis 1 \(seq\) is taken to be 16/);
    // A mask of zeros alone would be no text.
    expect([...new Set(fields[1]?.data as BigInt64Array)]).toEqual([1n]);
  });

  test('is as long as is asked for, but for batches and the middle of a recurrent state', () => {
    const speech = [
      input('audio', [undefined, undefined]),
      input('state', [2, undefined, 128]),
      input('h', [2, 'batch', 64]),
    ];
    const shapes = (least: number) => generateSamples(speech, false, 'm', least).fields.map(({ shape }) => shape);
    expect(shapes(1)).toEqual([
      [1, 8],
      [2, 1, 128],
      [2, 1, 64],
    ]);
    expect(shapes(512)).toEqual([
      [1, 512],
      [2, 1, 128],
      [2, 1, 64],
    ]);
  });

  test('is the same for one name, another for another', () => {
    const of = (name: string) => [...(generateSamples([input('x', ['N', 4])], true, name).fields[0]?.data ?? [])];
    expect(of('a')).toEqual(of('a'));
    expect(of('a')).not.toEqual(of('b'));
  });

  test.each(['float32', 'float16', 'int32', 'int64', 'uint8', 'int8', 'bool'] as const)(
    '%s stays in range',
    (dtype) => {
      const { fields, specs, n } = generateSamples([{ ...input('x', ['N', 50], dtype), range: [0, 1] }], true, 'm');
      expect(n).toBe(20);
      const values = Array.from(fields[0]?.data ?? [], Number);
      expect(values).toHaveLength(20 * 50);
      const most = dtype === 'float16' ? 0x3c00 : 1;
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...values)).toBeLessThanOrEqual(most);
      expect(new Set(values).size).toBeGreaterThan(1);
      expect(specs[0]?.range).toEqual([0, 1]);
    },
  );

  test('both ends of a range of ids are reached, none is passed; ids that travel as floats are whole', () => {
    for (const dtype of ['int64', 'float32'] as const) {
      const { fields } = generateSamples([{ ...input('x', ['N', 500], dtype), range: [0, 9] }], true, 'm');
      expect([...new Set(Array.from(fields[0]?.data ?? [], Number))].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
  });

  test('large inputs get fewer samples, at least one', () => {
    expect(generateSamples([input('x', ['N', 3, 512, 512])], true, 'm').n).toBe(1);
    expect(generateSamples([input('x', ['N', 3, 224, 224])], true, 'm').n).toBe(6);
  });
});

describe('samplesFrom', () => {
  const array = (dtype: NpyArray['dtype'], shape: number[], data: NpyArray['data']): NpyArray => ({
    dtype,
    shape,
    data,
  });
  const floats = (shape: number[]): NpyArray =>
    array(
      'float32',
      shape,
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    );

  test('an axis of samples in front, or one sample alone', () => {
    const inputs = [input('x', ['N', 2]), input('y', ['N', 'seq'])];
    const many = samplesFrom(
      new Map([
        ['x', floats([3, 2])],
        ['y', floats([3, 5])],
      ]),
      inputs,
      true,
    );
    expect(many.n).toBe(3);
    expect(many.specs.map(({ shape }) => shape)).toEqual([
      ['N', 2],
      ['N', 5],
    ]);
    const one = samplesFrom(
      new Map([
        ['x', floats([2])],
        ['y', floats([5])],
      ]),
      inputs,
      true,
    );
    expect(one.n).toBe(1);
  });

  test('one sample beside many is used for all', () => {
    const inputs = [input('x', [2]), input('s', [])];
    const { fields, notes } = samplesFrom(
      new Map([
        ['x', floats([3, 2])],
        ['s', floats([])],
      ]),
      inputs,
      false,
    );
    expect(fields[1]?.data).toHaveLength(3);
    expect(notes.join()).toMatch(/"s" holds one sample: it is used for all 3/);
  });

  test('NumPy’s default types become the input’s where nothing is lost', () => {
    const ids = array('int64', [1, 2], BigInt64Array.of(1n, 300n));
    expect([
      ...(samplesFrom(new Map([['x', ids]]), [input('x', ['N', 2], 'int32')], true).fields[0]?.data ?? []),
    ]).toEqual([1, 300]);
    expect(() => samplesFrom(new Map([['x', ids]]), [input('x', ['N', 2], 'uint8')], true)).toThrow(
      /E_INPUT_DATA: array "x" is int64, the input takes uint8: 300 does not fit/,
    );
    const doubles = array('float64', [1, 1], Float64Array.of(0.1));
    expect(samplesFrom(new Map([['x', doubles]]), [input('x', ['N', 1])], true).fields[0]?.data[0]).toBe(
      Math.fround(0.1),
    );
    expect(() => samplesFrom(new Map([['x', doubles]]), [input('x', ['N', 1], 'int64')], true)).toThrow(/E_INPUT_DATA/);
  });

  test.each([
    ['missing', new Map([['y', floats([2])]]), /no array for input "x"; there are "y", which are no inputs/],
    ['of another shape', new Map([['x', floats([4, 3])]]), /array "x" is \[4, 3\]; the input takes \[2\] a sample/],
    ['of another rank', new Map([['x', floats([1, 2, 1, 1])]]), /array "x" is \[1, 2, 1, 1\]/],
    ['empty', new Map([['x', floats([0, 2])]]), /array "x" holds no sample/],
  ])('%s: says which array, and what was expected', (_, arrays, message) => {
    expect(() => samplesFrom(arrays, [input('x', ['N', 2])], true)).toThrow(message);
  });

  test('arrays that disagree on the number of samples', () => {
    const arrays = new Map([
      ['x', floats([3, 2])],
      ['y', floats([4, 2])],
    ]);
    expect(() => samplesFrom(arrays, [input('x', ['N', 2]), input('y', ['N', 2])], true)).toThrow(
      /array "x" has 3 samples, another one has 4/,
    );
  });
});
