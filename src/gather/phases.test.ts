import { describe, expect, test, vi } from 'vitest';
import type { DriverPage } from '../drivers/driver.js';
import { PlumblineError, type ErrorCode } from '../protocol/errors.js';
import type { HarnessServer } from '../server/server.js';
import type { PagePool } from './pages.js';
import { attempt, enter, newProgress, type Progress } from './phases.js';
import { DEFAULT_DEADLINES } from './settings.js';

interface After {
  readonly progress: Progress;
  /** What the pool was told: nothing, to give up the page, to give up the browser. */
  readonly retired: readonly boolean[];
  readonly asked: readonly string[];
}

/** A cell that breaks off with `code` while its model is loaded, on a page that answers `dispose` as told. */
async function breakOff(code: ErrorCode, dispose: () => Promise<unknown>): Promise<After> {
  const retired: boolean[] = [];
  const asked: string[] = [];
  const page = {
    async call(method: string) {
      asked.push(method);
      return await dispose();
    },
    takeConsole: () => Promise.resolve([]),
  } as unknown as DriverPage;
  const pool = {
    retire: (withBrowser: boolean) => Promise.resolve(retired.push(withBrowser)),
  } as unknown as PagePool;
  const server = { isListening: () => true } as HarnessServer;
  const progress: Progress = { ...newProgress({ runtime: 'ort', backend: 'wasm' }), page };
  await attempt(progress, { pool, server, deadlines: DEFAULT_DEADLINES }, () => {
    enter(progress, 'model-load');
    return Promise.reject(new PlumblineError(code, 'no'));
  });
  return { progress, retired, asked };
}

const answer = (leaks: string[]) => () => Promise.resolve({ ok: true, value: { ms: 1, leaks } });
const late = (): Promise<never> => Promise.reject(new PlumblineError('E_PAGE_TIMEOUT', 'late'));

describe('the page of a cell that broke off', () => {
  test('stays where a model was refused and the runtime shows that it is whole', async () => {
    expect(await breakOff('E_MODEL_LOAD', answer([]))).toMatchObject({ retired: [], asked: ['dispose'] });
  });

  test.each([
    ['something was left behind', answer(['a session']), false],
    ['the page no longer answers', late, true],
    ['it answers what it should not', () => Promise.resolve({ ok: true, value: {} }), false],
  ])('is given up where a model was refused and %s', async (_, dispose, withBrowser) => {
    expect((await breakOff('E_MODEL_LOAD', dispose)).retired).toEqual([withBrowser]);
  });

  test.each([
    ['E_RUN', false],
    ['E_CHECKSUM', false],
    ['E_MODEL_LOAD_TIMEOUT', true],
    ['E_GPU_DEVICE_LOST', true],
  ] as const)('is given up after %s, and nothing is asked of it', async (code, withBrowser) => {
    expect(await breakOff(code, answer([]))).toMatchObject({ retired: [withBrowser], asked: [] });
  });
});

test('what broke off tells its phase, and the time in that phase alone', async () => {
  const now = vi.spyOn(performance, 'now');
  try {
    // Begun, entered, broken off.
    for (const ms of [0, 1000, 1250]) now.mockReturnValueOnce(ms);
    const { progress } = await breakOff('E_MODEL_LOAD', answer([]));
    expect(progress).toMatchObject({ fault: { code: 'E_MODEL_LOAD', phase: 'model-load' }, brokeOffMs: 250 });
  } finally {
    now.mockRestore();
  }
});
