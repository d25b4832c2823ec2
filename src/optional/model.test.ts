import { describe, expect, test } from 'vitest';
import { parseOptional, readOptional } from './model.js';

const [good] = readOptional(['silero-vad-v5']);

describe('fixtures/optional', () => {
  test('all can be read, and declare failures of their own cells alone', () => {
    const models = readOptional([]);
    expect(models.length).toBeGreaterThanOrEqual(3);
    for (const { name, expectations } of models)
      for (const { cells } of expectations) expect(cells.startsWith(`${name}/`), cells).toBe(true);
  });

  test('there is one of each format', () => {
    const endings = readOptional([]).map(({ files }) => /\.(\w+)$/.exec(files[0] ?? '')?.[1]);
    expect(new Set(endings)).toEqual(new Set(['onnx', 'json', 'tflite']));
  });

  test('a name that is none is told with those that are', () => {
    expect(() => readOptional(['silero'])).toThrow(/E_USAGE: there is no optional model "silero"/);
  });

  test('each is read once, in the order asked for', () => {
    const names = readOptional(['silero-vad-v5', 'blazeface', 'silero-vad-v5']).map(({ name }) => name);
    expect(names).toEqual(['silero-vad-v5', 'blazeface']);
  });
});

describe('parseOptional', () => {
  const change = (part: object): string => JSON.stringify({ ...good, ...part });

  test.each([
    ['no JSON', '{', /E_CARD: fixtures\/optional\/silero-vad-v5\.json: /],
    ['another name than the file', change({ name: 'other' }), /name: expected "silero-vad-v5"/],
    [
      'a range of versions',
      change({ package: { ...good?.package, version: '^1.0.0' } }),
      /package\.version: one version/,
    ],
    ['a weaker digest', change({ package: { ...good?.package, integrity: 'sha1-abc' } }), /package\.integrity: sha512/],
    ['a file out of the package', change({ files: ['../../etc/passwd'] }), /files\.0: a path below/],
    ['an input that nobody makes', change({ inputs: { x: { make: 'noise' } } }), /inputs\.x/],
    ['an expectation that can’t be met', change({ expectations: [{ cells: 'x' }] }), /expectations\.0/],
  ])('%s is refused', (_, text, words) => {
    expect(() => parseOptional(text, 'silero-vad-v5')).toThrow(words);
  });
});
