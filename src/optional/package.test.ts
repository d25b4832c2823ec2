import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fetchPackage, takeFiles, tarballOf, type PinnedPackage } from './package.js';
import { integrityOf, packTarball, startRegistry, type FakeRegistry } from './registry.fake.js';

let folder: string;
let tarball: Uint8Array;
let pinned: PinnedPackage;
const registries: FakeRegistry[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
  vi.stubEnv('PLUMBLINE_CACHE', path.join(folder, 'cache'));
  // The client's own cache would answer for a registry of an earlier test.
  vi.stubEnv('npm_config_cache', path.join(folder, 'npm'));
  tarball = await packTarball({
    'package.json': '{"name":"@some/model","version":"1.2.3","scripts":{"prepare":"exit 1","prepack":"exit 1"}}',
    'dist/model.bin': 'weights',
    LICENSE: 'free',
  });
  pinned = { name: '@some/model', version: '1.2.3', integrity: integrityOf(tarball) };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const registry of registries.splice(0)) await registry.close();
  await rm(folder, { recursive: true, force: true });
});

async function serve(bytes: Uint8Array): Promise<FakeRegistry> {
  const registry = await startRegistry('@some/model', '1.2.3', bytes);
  registries.push(registry);
  vi.stubEnv('npm_config_registry', registry.url);
  return registry;
}

/** What the cache holds of packages, half-fetched ones among them. */
const cached = (): Promise<string[]> => readdir(path.dirname(tarballOf(pinned))).catch(() => []);

describe('fetchPackage', { timeout: 30_000 }, () => {
  test('fetches from the registry once, and from the cache from then on', async () => {
    const registry = await serve(tarball);
    const file = await fetchPackage(pinned);
    expect(Buffer.from(tarball).equals(await readFile(file))).toBe(true);
    await fetchPackage(pinned);
    expect(registry.fetched()).toBe(1);
    expect(await cached()).toEqual([path.basename(file)]);
  });

  test('of several at once one fetches', async () => {
    const registry = await serve(tarball);
    await Promise.all([fetchPackage(pinned), fetchPackage(pinned), fetchPackage(pinned)]);
    expect(registry.fetched()).toBe(1);
  });

  test('another package of that version is not kept, although the registry vouches for it', async () => {
    await serve(await packTarball({ 'package.json': '{}', 'dist/model.bin': 'other weights' }));
    await expect(fetchPackage(pinned)).rejects.toMatchObject({ code: 'E_CHECKSUM' });
    expect(await cached()).toEqual([]);
  });

  test('a damaged tarball in the cache is told, with what to do', async () => {
    await mkdir(path.dirname(tarballOf(pinned)), { recursive: true });
    await writeFile(tarballOf(pinned), tarball.subarray(1));
    await expect(fetchPackage(pinned)).rejects.toMatchObject({
      code: 'E_CHECKSUM',
      hint: expect.stringContaining(tarballOf(pinned)) as string,
    });
  });

  test('without a network the package is missing, and where to put it is told', async () => {
    const registry = await serve(tarball);
    await registry.close();
    await expect(fetchPackage(pinned)).rejects.toMatchObject({
      code: 'E_PACKAGE_MISSING',
      detail: expect.stringMatching(/^@some\/model@1\.2\.3 can't be fetched: .*ECONNREFUSED/) as string,
      hint: expect.stringContaining(tarballOf(pinned)) as string,
    });
    expect(await cached()).toEqual([]);
  });

  test('a version that is not there is missing, in npm’s words', async () => {
    await serve(tarball);
    await expect(fetchPackage({ ...pinned, version: '1.2.4' })).rejects.toMatchObject({
      code: 'E_PACKAGE_MISSING',
      detail: expect.stringContaining('ETARGET') as string,
    });
  });
});

describe('takeFiles', () => {
  async function take(bytes: Uint8Array, files: readonly string[]): Promise<string> {
    const file = path.join(folder, 't.tgz');
    await writeFile(file, bytes);
    const into = path.join(folder, 'into');
    await takeFiles(file, files, into);
    return into;
  }

  test('writes what is asked for, and nothing else', async () => {
    const into = await take(tarball, ['dist/model.bin']);
    expect(await readFile(path.join(into, 'dist', 'model.bin'), 'utf8')).toBe('weights');
    expect(await readdir(into)).toEqual(['dist']);
  });

  test('names the file that is not there', async () => {
    await expect(take(tarball, ['dist/model.bin', 'dist/shard2.bin'])).rejects.toMatchObject({
      code: 'E_MODEL_FILE',
      detail: 't.tgz has no dist/shard2.bin',
    });
  });

  test.each([
    ['a path that leads out', { name: 'package/../../evil' }],
    ['an absolute path', { name: '/evil' }],
    ['a link', { name: 'package/link', type: 'symlink', linkname: '/etc/passwd' }],
  ] as const)('%s is refused, whatever it was asked for', async (_, header) => {
    const evil = await packTarball({ 'package.json': '{}' }, [header]);
    await expect(take(evil, ['dist/model.bin'])).rejects.toMatchObject({
      code: 'E_MODEL_FILE',
      detail: expect.stringMatching(/leads out of it|is a symlink/) as string,
    });
    expect(existsSync(path.join(folder, 'evil'))).toBe(false);
  });

  test('half a tarball is refused', async () => {
    const half = tarball.subarray(0, tarball.length / 2);
    await expect(take(half, ['dist/model.bin'])).rejects.toMatchObject({ code: 'E_MODEL_FILE' });
  });
});
