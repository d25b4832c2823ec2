/**
 * `npx plumbline optional`, as its users call it, against a registry on this machine: a model comes out of a package, its
 * cells run in Chromium, what its file declares of them counts; without a network it says so.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { integrityOf, packTarball, startRegistry, type FakeRegistry } from '../../src/optional/registry.fake.js';
import { PROJECT_ROOT } from '../../src/paths.js';
import { PLAYWRIGHT, readRecords, start, type Ended } from '../child.js';

const PLUMBLINE = path.join(PROJECT_ROOT, 'src', 'cli', 'plumbline.mjs');

let work: string;
let models: string;
let registry: FakeRegistry;

test.describe.configure({ mode: 'serial', timeout: 240_000 });

test.beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'plumbline-optional-test-'));
  models = path.join(work, 'models');
  const state = await readFile(path.join(PROJECT_ROOT, 'tests', 'add', 'models', 'state.onnx'));
  const tarball = await packTarball({ 'package.json': '{}', 'dist/state.onnx': state, 'dist/other.bin': 'not taken' });
  registry = await startRegistry('@some/state', '1.0.0', tarball);
  await mkdir(path.join(work, 'optional'));
  await describe('state', {
    title: 'A state that grows',
    package: { name: '@some/state', version: '1.0.0', integrity: integrityOf(tarball) },
    files: ['dist/state.onnx'],
    licence: 'MIT',
    source: 'https://example.org/state',
    samples: 4,
    inputs: {
      audio: { make: 'constant', value: 0.5 },
      rate: { make: 'constant', value: 16_000 },
      state: { make: 'carried', from: 'next_state', shape: [2, 1, 4] },
    },
    expectations: [],
  });
});

test.afterAll(async () => {
  await registry.close();
  await rm(work, { recursive: true, force: true });
});

/** Writes what the command reads of a model; `changes` are on top of what is there. */
async function describe(name: string, changes: object): Promise<void> {
  const file = path.join(work, 'optional', `${name}.json`);
  const before: object = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as object) : {};
  await writeFile(file, JSON.stringify({ ...before, name, ...changes }));
}

const command = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  start(process.execPath, args, {
    env: {
      PLUMBLINE_MODELS: models,
      PLUMBLINE_OPTIONAL: path.join(work, 'optional'),
      PLUMBLINE_CACHE: path.join(work, 'cache'),
      npm_config_registry: registry.url,
      npm_config_cache: path.join(work, 'npm'),
      ...env,
    },
  }).ended;

const optional = (...args: string[]): Promise<Ended> => command([PLUMBLINE, 'optional', ...args]);

const run = async (cells: string): Promise<Ended & { reports: string }> => {
  const reports = await mkdtemp(path.join(work, 'reports-'));
  const args = ['test', '--project=chromium', '-g', cells, '--output', path.join(reports, 'output')];
  return { ...(await command([PLAYWRIGHT, ...args], { PLUMBLINE_REPORTS: reports })), reports };
};

test('without a network the package is missing: told with what to do, and nothing is left', async () => {
  const { code, said } = await command([PLUMBLINE, 'optional', 'state'], {
    npm_config_registry: 'http://127.0.0.1:9/',
  });
  expect(code, said).toBe(1);
  expect(said).toMatch(/^E_PACKAGE_MISSING: @some\/state@1\.0\.0 can't be fetched: /m);
  expect(said).toContain(path.join(work, 'cache', 'packages', 'some-state-1.0.0.tgz'));
  expect(said).not.toContain('npx playwright test');
  expect(await readdir(models).catch(() => [])).toEqual([]);
});

test('a model comes out of its package, and how to run its cells is told', async () => {
  const { code, said } = await optional();
  expect(code, said).toBe(0);
  expect(said).toContain('npx playwright test -g "(state)/"');
  const card = JSON.parse(await readFile(path.join(models, 'state', 'model.json'), 'utf8')) as Record<string, unknown>;
  expect(card).toMatchObject({
    title: 'A state that grows',
    task: 'none',
    samples: { n: 4, generated: false },
    artifacts: [{ provenance: { note: 'From the npm package @some/state@1.0.0; licence of the model: MIT' } }],
  });
});

test('its folder keeps itself out of git', async () => {
  const folder = path.join(models, 'state');
  const git = (...args: string[]): Promise<Ended> => start('git', ['-C', models, ...args]).ended;
  expect((await git('init', '--quiet')).code).toBe(0);
  expect((await git('status', '--porcelain', '--untracked-files=all')).said).toBe('');
  expect(await readdir(folder)).toContain('.gitignore');
  await rm(path.join(models, '.git'), { recursive: true });
});

test('asked again, nothing is done; asked to, or when its description is another, it is made anew', async () => {
  expect((await optional('state')).said).toContain('is there already');
  expect((await optional('state', '--force')).said).toContain('the PC (onnxruntime-node');
  await describe('state', { samples: 3 });
  const { code, said } = await optional('state');
  expect(code, said).toBe(0);
  expect(said).toContain('ran 3 samples');
  expect(registry.fetched()).toBe(1);
});

test('its cells run in Chromium', async () => {
  const { code, said, reports } = await run('state/.*/ort-wasm-t1@');
  expect(code, said).toBe(0);
  const records = readRecords(reports).filter(({ kind }) => kind === 'accuracy');
  expect(records.map(({ id, status }) => `${status} ${id}`)).toEqual(['pass state/onnx-fp32/ort-wasm-t1@chromium']);
  expect(records[0]?.accuracy?.top1).toBeUndefined();
  expect(records[0]?.numeric).toBeDefined();
});

test('what is declared of its cells counts', async () => {
  const cells = 'state/onnx-fp32/ort-wasm-t1@chromium';
  const declared = { status: 'fail', code: 'E_NUMERIC', reason: 'as a test', link: 'https://example.org/state' };
  await describe('state', { expectations: [{ cells, ...declared }] });
  expect((await optional()).code).toBe(0);
  const { code, said } = await run(cells);
  expect(code, said).toBe(1);
  expect(said).toContain('E_UNEXPECTED_PASS');
});

test('a model of the user’s own that has the name stays as it is', async () => {
  await rm(path.join(models, 'state', 'optional.json'));
  const before = await readdir(models, { recursive: true });
  const { code, said } = await optional('--force');
  expect(code, said).toBe(1);
  expect(said).toMatch(/^E_USAGE: there is a model "state" already, and it is not the optional one/m);
  expect(await readdir(models, { recursive: true })).toEqual(before);
});

test('which there are is listed; one that is none is told', async () => {
  expect((await optional('--list')).said).toContain('A state that grows; MIT; from @some/state@1.0.0');
  const { code, said } = await optional('stat');
  expect(code, said).toBe(1);
  expect(said).toMatch(/^E_USAGE: there is no optional model "stat"\nThere are state\.$/m);
});
