import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { seeded } from '../protocol/random.js';
import { generateDataset } from './generated.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
  vi.stubEnv('PLUMBLINE_CACHE', folder);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

test('mulberry32 gives its known numbers', () => {
  const random = seeded(1);
  expect([random(), random(), random()].map((value) => value * 2 ** 32)).toEqual([2693262067, 11749833, 2265367787]);
});

describe('generateDataset', () => {
  // Recorded outputs of models exist for these very bytes.
  test.each([
    ['mnist', [28, 28, 1], 'c2ab611ef7ad96f3f5c9fd774bd0df543cd2e71d1175b2a3721c33136b53dc5b'],
    ['cifar10', [32, 32, 3], '185ee4d9d6fdd0b65605e054491584fc520362a06ca6faa19999af9455278a2a'],
    ['imdb', [200], '1d508f8ced8a692e19b854b9e9118d16014afa66f5a565bbf7f799ef6ef8f5fb'],
  ])('%s is the same bytes on every machine', async (name, shape, sha256) => {
    const dataset = await generateDataset(name);
    expect(dataset?.descriptor).toMatchObject({
      name,
      split: 'generated',
      generated: true,
      n: 100,
      fields: [{ shape }],
    });
    expect(dataset?.descriptor.fields[0]?.sha256).toBe(sha256);
    expect(await dataset?.labels()).toBeUndefined();
    expect(dataset?.reference.generated).toBe(true);
  });

  test('word ids are known ones, padded in front', async () => {
    const bytes = (await (await generateDataset('imdb'))?.samples()) ?? new Uint8Array();
    const ids = new Int32Array(Uint8Array.from(bytes).buffer);
    const lengths = Array.from({ length: 100 }, (_, text) => {
      const row = [...ids.subarray(text * 200, (text + 1) * 200)];
      const padding = row.findIndex((id) => id !== 0);
      expect(row.slice(padding).every((id) => id >= 2 && id < 20_000)).toBe(true);
      return 200 - padding;
    });
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(200);
    expect(new Set(lengths).size).toBeGreaterThan(50);
  });

  test('there is none for an unknown name', async () => {
    expect(await generateDataset('imagenet')).toBeUndefined();
  });
});
