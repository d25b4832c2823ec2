import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Model } from '../plan/cards.js';
import { applyRecipe, deriveFiles, filesToMake } from './derive.js';
import type { Recipe, TensorPiece } from './recipe.js';

const VALUES = [1, 2, 3, 4, 5, 6];
const source = new Uint8Array([7, ...new Uint8Array(Float32Array.from(VALUES).buffer)]);
const skeleton = Uint8Array.from([10, 11, 12]);
const recipe: Recipe = {
  schema: 1,
  source: 'source.bin',
  skeleton: 'made.skeleton',
  pieces: [
    { kind: 'literal', bytes: 2 },
    { kind: 'tensor', at: 1, shape: [2, 3], permutation: [1, 0], dtype: 'float32' },
    { kind: 'literal', bytes: 1 },
    { kind: 'tensor', at: 1, shape: [6], permutation: [0], dtype: 'float16' },
  ],
  patches: [],
};
const float16 = [0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600];
const whole = [
  ...[10, 11],
  ...new Uint8Array(Float32Array.from([1, 4, 2, 5, 3, 6]).buffer),
  12,
  ...new Uint8Array(Uint16Array.from(float16).buffer),
];

describe('a recipe', () => {
  test('puts literals and reordered, cast weights together', () => {
    expect([...applyRecipe(recipe, source, skeleton)]).toEqual(whole);
  });

  test('reorders four axes as numpy.transpose does', () => {
    // numpy.arange(24).reshape(2, 2, 3, 2).transpose(2, 3, 1, 0).ravel()
    const want = [0, 12, 6, 18, 1, 13, 7, 19, 2, 14, 8, 20, 3, 15, 9, 21, 4, 16, 10, 22, 5, 17, 11, 23];
    const values = new Uint8Array(Float32Array.from(Array.from({ length: 24 }, (_, i) => i)).buffer);
    const piece: TensorPiece = {
      kind: 'tensor',
      at: 0,
      shape: [2, 2, 3, 2],
      permutation: [2, 3, 1, 0],
      dtype: 'float32',
    };
    const made = applyRecipe({ ...recipe, pieces: [piece] }, values, new Uint8Array());
    expect([...new Float32Array(Uint8Array.from(made).buffer)]).toEqual(want);
  });

  test('patches what differs all the same', () => {
    const made = applyRecipe({ ...recipe, patches: [{ at: 1, hex: 'ff00' }] }, source, skeleton);
    expect([...made]).toEqual([10, 255, 0, ...whole.slice(3)]);
  });

  test.each([
    ['beyond the end of the source', { ...recipe, pieces: [{ ...recipe.pieces[1], at: 2 }, ...recipe.pieces] }],
    ['beyond the end of the skeleton', { ...recipe, pieces: [{ kind: 'literal', bytes: 4 }] }],
    ['the recipe uses 2', { ...recipe, pieces: recipe.pieces.slice(0, 2) }],
    ['no permutation', { ...recipe, pieces: [{ ...recipe.pieces[1], permutation: [0, 0] }] }],
    ['beyond the end of the result', { ...recipe, patches: [{ at: whole.length, hex: '00' }] }],
  ])('that goes %s is refused', (words, broken) => {
    expect(() => applyRecipe(broken as Recipe, source, skeleton)).toThrow(words);
  });
});

describe('derived files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'derive-'));
    await writeFile(path.join(folder, 'source.bin'), source);
    await writeFile(path.join(folder, 'made.skeleton'), skeleton);
    await writeFile(path.join(folder, 'made.recipe.json'), JSON.stringify(recipe));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const modelWith = (content: readonly number[]): Model => {
    const sha256 = createHash('sha256').update(Uint8Array.from(content)).digest('hex');
    const file = { path: 'sub/made.bin', bytes: whole.length, sha256, derived: 'made.recipe.json' };
    return { folder, card: { name: 'toy', artifacts: [{ files: [file] }] } } as unknown as Model;
  };

  const failuresOf = async (models: readonly Model[]): Promise<string> =>
    (await deriveFiles(models)).failed.map(({ message }) => message).join('\n');

  test('that are missing are made, once', async () => {
    const model = modelWith(whole);
    expect((await filesToMake(model)).map((file) => file.path)).toEqual(['sub/made.bin']);
    expect(await deriveFiles([model])).toEqual({ made: ['toy/sub/made.bin'], failed: [] });
    expect([...(await readFile(path.join(folder, 'sub', 'made.bin')))]).toEqual(whole);
    expect(await deriveFiles([model])).toEqual({ made: [], failed: [] });
  });

  test.each([
    ['of another size', [1, 2, 3]],
    ['of the same size', whole.map((byte) => byte ^ 1)],
  ])('that were made for another card, %s, are made anew', async (_, old) => {
    const model = modelWith(whole);
    const file = path.join(folder, 'sub', 'made.bin');
    await mkdir(path.dirname(file));
    await writeFile(file, Uint8Array.from(old));
    expect(await deriveFiles([model])).toEqual({ made: ['toy/sub/made.bin'], failed: [] });
    expect([...(await readFile(file))]).toEqual(whole);
  });

  test('that cannot be made anew stay as they were, and are told', async () => {
    const model = modelWith([1, 2, 3]);
    const file = path.join(folder, 'sub', 'made.bin');
    await mkdir(path.dirname(file));
    await writeFile(file, Uint8Array.from([9, 9]));
    expect(await failuresOf([model])).toMatch(/^E_CHECKSUM.*toy\/sub\/made\.bin/);
    expect([...(await readFile(file))]).toEqual([9, 9]);
  });

  test('that come out otherwise than the card says are refused, and not left there', async () => {
    const model = modelWith([1, 2, 3]);
    expect(await failuresOf([model])).toMatch(/^E_CHECKSUM.*toy\/sub\/made\.bin/);
    expect(await filesToMake(model)).toHaveLength(1);
  });

  test('whose recipe is broken are told by name', async () => {
    await writeFile(path.join(folder, 'made.recipe.json'), '{"schema": 1}');
    expect(await failuresOf([modelWith(whole)])).toMatch(/^E_CARD.*toy\/sub\/made\.bin/);
  });

  test('that cannot be made keep no others from being made', async () => {
    const { made, failed } = await deriveFiles([modelWith([1, 2, 3]), modelWith(whole)]);
    expect(failed).toHaveLength(1);
    expect(made).toEqual(['toy/sub/made.bin']);
  });
});
