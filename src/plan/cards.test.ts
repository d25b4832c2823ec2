import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { publishedSchemas } from '../cli/commands/schema.js';
import { PROJECT_ROOT, modelsDir } from '../paths.js';
import type { ModelCard } from '../protocol/card.js';
import { loadModel, loadModels } from './cards.js';

type Json = Record<string, unknown>;

let folder: string;
let card: ModelCard & Json;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
  await cp(path.join(modelsDir(), 'lenet5'), path.join(folder, 'lenet5'), { recursive: true });
  card = JSON.parse(await readFile(path.join(folder, 'lenet5', 'model.json'), 'utf8')) as typeof card;
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(text: string): Promise<void> {
  await writeFile(path.join(folder, 'lenet5', 'model.json'), text);
}

/** What is broken about the card, and what the error must name: field and expectation. */
const broken: [string, (card: ModelCard & Json) => Json, RegExp][] = [
  ['a missing field', (good) => ({ ...good, dataset: undefined }), /dataset: .*expected string/],
  ['an unknown field', (good) => ({ ...good, datset: 'mnist' }), /datset/],
  ['a wrong type', (good) => ({ ...good, title: 5 }), /title: .*expected string, received number/],
  [
    'an unknown format',
    (good) => ({ ...good, artifacts: [{ ...good.artifacts[0], format: 'pb' }] }),
    /artifacts\[0\]\.format: .*"onnx"/,
  ],
  [
    'a digest that is none',
    (good) => ({
      ...good,
      artifacts: [{ ...good.artifacts[0], files: [{ path: 'a.onnx', bytes: 1, sha256: 'abc' }] }],
    }),
    /artifacts\[0\]\.files\[0\]\.sha256: 64 lower-case hexadecimal digits/,
  ],
  [
    'a path that leaves the folder',
    (good) => ({
      ...good,
      artifacts: [{ ...good.artifacts[0], files: [{ path: '../x.onnx', bytes: 1, sha256: '0'.repeat(64) }] }],
    }),
    /artifacts\[0\]\.files\[0\]\.path: a path below the folder of the card/,
  ],
  ['no artifacts', (good) => ({ ...good, artifacts: [] }), /artifacts: /],
];

const contradictory: [string, (card: ModelCard & Json) => Json, RegExp][] = [
  [
    'another name than its folder',
    (good) => ({ ...good, name: 'lenet6' }),
    /name: expected "lenet5", the name of the folder, got "lenet6"/,
  ],
  ['fewer labels than logits', (good) => ({ ...good, labels: ['0'] }), /labels: expected 10 names.*got 1/],
  [
    'one artifact twice',
    (good) => ({ ...good, artifacts: [good.artifacts[0], good.artifacts[0]] }),
    /artifacts\[1\]\.variant: expected a name/,
  ],
];

describe('model cards', () => {
  test('of the project are all valid', () => {
    const { models, bad } = loadModels();
    expect(bad).toEqual([]);
    expect(models.map((model) => model.card.name)).toContain('lenet5');
  });

  test.each([...broken, ...contradictory])(
    '%s is told with file, field and what was expected',
    async (_, change, words) => {
      await write(JSON.stringify(change(card)));
      expect(() => loadModel(path.join(folder, 'lenet5'))).toThrow(words);
      expect(() => loadModel(path.join(folder, 'lenet5'))).toThrow(/E_CARD: .*lenet5\/model\.json: /);
    },
  );

  test('that are no JSON are told with file and place', async () => {
    await write('{ "schema": 1,, }');
    expect(() => loadModel(path.join(folder, 'lenet5'))).toThrow(/E_CARD: .*lenet5\/model\.json: .*JSON/);
  });

  test('one bad card takes no other down', async () => {
    await cp(path.join(modelsDir(), 'lenet1'), path.join(folder, 'lenet1'), { recursive: true });
    await write('{}');
    const { models, bad } = loadModels(folder);
    expect(models.map((model) => model.card.name)).toEqual(['lenet1']);
    expect(bad.map(({ name }) => name)).toEqual(['lenet5']);
  });
});

describe('the published schema', () => {
  test('is what the suite validates by (else: npm run schema)', async () => {
    for (const { file, text } of publishedSchemas())
      expect(await readFile(path.join(PROJECT_ROOT, file), 'utf8'), file).toBe(text);
  });

  test('takes the good cards and refuses the broken ones, as any validator reads it', async () => {
    const schema = JSON.parse(await readFile(path.join(modelsDir(), 'model.schema.json'), 'utf8')) as Json;
    const validate = new Ajv2020({ strict: false }).compile(schema);
    expect(validate(card)).toBe(true);
    for (const [what, change] of broken) expect(validate(change(card)), what).toBe(false);
  });
});
