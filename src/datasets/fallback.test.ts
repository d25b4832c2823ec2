import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadOrGenerate } from './index.js';

// A project with nothing beside it: no test here may find the datasets of the machine.
vi.mock('../paths.js', async (original) => ({
  ...(await original<Record<string, unknown>>()),
  PROJECT_ROOT: path.join(tmpdir(), 'plumbline-no-such-folder', 'project'),
}));

let folder: string;
let told: string[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
  vi.stubEnv('PLUMBLINE_CACHE', path.join(folder, 'cache'));
  vi.stubEnv('PLUMBLINE_DATASETS', path.join(folder, 'own'));
  // In place of the official addresses, one where nobody listens.
  vi.stubEnv('PLUMBLINE_DATASETS_URL', 'http://127.0.0.1:9/');
  vi.stubEnv('PLUMBLINE_GENERATED', '');
  vi.stubEnv('PLUMBLINE_REQUIRE_DATASETS', '');
  told = [];
  vi.spyOn(console, 'warn').mockImplementation((line: string) => told.push(line));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

describe('a dataset that cannot be had', () => {
  test('is generated, and that is told once, with the reason and what to do', async () => {
    const { descriptor } = await loadOrGenerate('cifar10');
    expect(descriptor).toMatchObject({ name: 'cifar10', split: 'generated', generated: true, n: 100 });
    expect(told).toEqual([
      expect.stringMatching(
        /^cifar10 can't be had \(http:.*cifar-10-binary\.tar\.gz can't be fetched: .*\).*no accuracy.*PLUMBLINE_DATASETS/,
      ),
    ]);
    // What this process starts is told by its environment.
    expect(process.env.PLUMBLINE_GENERATED).toBe('cifar10');
    expect((await loadOrGenerate('cifar10')).descriptor).toEqual(descriptor);
    await loadOrGenerate('imdb');
    expect(process.env.PLUMBLINE_GENERATED).toBe('cifar10,imdb');
    expect(told).toHaveLength(2);
  });

  test('is an error where the real one is demanded', async () => {
    vi.stubEnv('PLUMBLINE_REQUIRE_DATASETS', '1');
    vi.stubEnv('PLUMBLINE_GENERATED', 'cifar10');
    await expect(loadOrGenerate('cifar10')).rejects.toMatchObject({ code: 'E_DATASET_MISSING' });
    expect(told).toEqual([]);
  });

  test('one that is there and wrong is an error', async () => {
    await mkdir(path.join(folder, 'own'));
    await writeFile(path.join(folder, 'own', 'cifar10-jpeg.zip'), 'PK');
    await expect(loadOrGenerate('cifar10')).rejects.toMatchObject({ code: 'E_CHECKSUM' });
    expect(process.env.PLUMBLINE_GENERATED).toBe('');
  });

  test('the generated form can be asked for', async () => {
    vi.stubEnv('PLUMBLINE_GENERATED', 'imdb,mnist');
    expect((await loadOrGenerate('mnist')).descriptor.generated).toBe(true);
    vi.stubEnv('PLUMBLINE_GENERATED', 'imdb');
    expect((await loadOrGenerate('mnist')).descriptor.generated).toBeUndefined();
  });
});
