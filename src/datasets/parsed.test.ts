import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parsedOnce, type Parsed } from './parsed.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
  vi.stubEnv('PLUMBLINE_CACHE', folder);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const KEY = { name: 'toy', source: 'abc', edition: 1, part: 'all' };

/** A parser that counts its calls and takes a while. */
function parser(): { parse: () => Promise<Parsed>; calls: () => number } {
  let calls = 0;
  const split = (name: string, samples: number[]): Parsed['datasets'][string] => ({
    name: 'toy',
    split: name,
    n: samples.length,
    sample: { dtype: 'uint8', shape: [1] },
    samples: Uint8Array.from(samples),
  });
  const parse = async (): Promise<Parsed> => {
    calls++;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { datasets: { train: split('train', [1, 2]), test: split('test', [3]) }, texts: { 'words.txt': 'a\n' } };
  };
  return { parse, calls: () => calls };
}

describe('parsedOnce', () => {
  test('parses once for all splits, also for several at once', async () => {
    const { parse, calls } = parser();
    const [train, test, again] = await Promise.all([
      parsedOnce(KEY, 'train', parse),
      parsedOnce(KEY, 'test', parse),
      parsedOnce(KEY, 'test', parse),
    ]);
    expect(calls()).toBe(1);
    expect([...(await train.dataset.samples())]).toEqual([1, 2]);
    expect([...(await test.dataset.samples())]).toEqual([3]);
    expect(again.dataset).toEqual(test.dataset);
    expect(again.texts).toEqual({ 'words.txt': 'a\n' });
  });

  test.each(['source', 'edition', 'part', 'name'] as const)('another %s is parsed on its own', async (field) => {
    const { parse, calls } = parser();
    await parsedOnce(KEY, 'test', parse);
    await parsedOnce({ ...KEY, [field]: field === 'edition' ? 2 : 'other' }, 'test', parse);
    expect(calls()).toBe(2);
  });

  test('what was damaged in the cache is parsed anew', async () => {
    const { parse, calls } = parser();
    const { dataset } = await parsedOnce(KEY, 'test', parse);
    await writeFile(path.join(dataset.folder, 'samples.bin'), Uint8Array.of(4));
    const { dataset: mended } = await parsedOnce(KEY, 'test', parse);
    expect([...(await mended.samples())]).toEqual([3]);
    expect(calls()).toBe(2);
  });

  test('a parser that fails is told, and leaves the next one free', async () => {
    await expect(parsedOnce(KEY, 'test', () => Promise.reject(new Error('cut')))).rejects.toThrow('cut');
    const { parse } = parser();
    expect((await parsedOnce(KEY, 'test', parse)).dataset.descriptor.n).toBe(1);
  });
});
