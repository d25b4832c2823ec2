import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Dataset } from '../datasets/index.js';
import type { HarnessDriver } from '../drivers/driver.js';
import { platform } from '../judge/testing.js';
import { PROJECT_ROOT } from '../paths.js';
import { loadModel } from '../plan/cards.js';
import { performanceOptions, planPerformance, planVisit } from '../plan/performance.js';
import { PlumblineError } from '../protocol/errors.js';
import type { PerformanceObservation, Visit } from '../protocol/performance.js';
import type { HarnessServer } from '../server/server.js';
import { PagePool } from './pages.js';
import { affordableBatch, mergeVisits, visitCell, type VisitParts } from './performance.js';
import { DEFAULT_DEADLINES, MEASURE } from './settings.js';

const lenet1 = loadModel(path.join(PROJECT_ROOT, 'fixtures', 'models', 'lenet1'));
const [cell] = planPerformance([lenet1], performanceOptions({}));
if (cell === undefined) throw new Error('lenet1 has no cell');

/** What the page is asked, in order, and when processes are looked at. */
let asked: string[];
/** Bytes that the server has sent. */
let sent: number;
let failing: string | undefined;

const ANSWERS: Readonly<Record<string, (argument: never) => unknown>> = {
  environment: () => ({
    userAgent: '',
    crossOriginIsolated: true,
    hardwareConcurrency: 2,
    sharedArrayBuffer: true,
    clockResolutionMs: 0.005,
  }),
  probe: () => ({ available: true, words: 'there' }),
  calibrate: () => ({ samplesMs: [1] }),
  memory: () => ({ wasmHeapBytes: 1 }),
  loadRuntime: () => {
    sent += 1000;
    return { version: '1', ms: 5, warm: false };
  },
  loadModel: () => ({ fetchMs: 1, sessionMs: 2, provider: 'wasm' }),
  feed: ({ samples }: { samples: number }) => ({ samples, inputMs: 1 }),
  measure: ({ batchSize, readBack }: { batchSize: number; readBack: boolean }) => ({
    batchSize,
    readBack,
    clockStepMs: 0.005,
    iterations: 1,
    warmUpMs: [7, 1],
    steady: true,
    samplesMs: [1, 1, 1],
  }),
  soak: ({ inferences }: { inferences: number }) => ({ digests: [], inferences, curve: [] }),
  responsiveness: () => ({ durationMs: 1, inferences: 1, longestTaskMs: 1, framesExpected: 0, framesDropped: 0 }),
  dispose: () => ({ ms: 3, leaks: [] }),
};

const call = (method: string, argument: unknown): Promise<unknown> => {
  asked.push(method);
  if (method === failing) return Promise.reject(new PlumblineError('E_BROWSER_CRASHED', 'gone'));
  const answer = ANSWERS[method] as (argument: unknown) => unknown;
  return Promise.resolve({ ok: true, value: answer(argument) });
};

const ALL: VisitParts = { memory: true, throughput: true, responsiveness: true };
const NONE: VisitParts = {};

let pool: PagePool;

const visit = (parts: VisitParts): Promise<PerformanceObservation> =>
  visitCell(
    { ...planVisit(cell, 1, 2), turn: 4 },
    {
      pool,
      server: {
        origin: 'http://localhost',
        isListening: () => true,
        sentUnder: () => sent,
      } as unknown as HarnessServer,
      dataset: { slug: 'mnist', descriptor: { n: 10_000 } } as unknown as Dataset,
      deadlines: DEFAULT_DEADLINES,
      settings: MEASURE,
    },
    parts,
  );

beforeEach(() => {
  asked = [];
  sent = 50;
  failing = undefined;
  const page = { call, takeConsole: () => Promise.resolve([]), close: () => Promise.resolve() };
  const browser = {
    version: '1',
    isAlive: () => true,
    close: () => Promise.resolve(),
    openPage: () => {
      sent += 100;
      return Promise.resolve(page);
    },
    processIds: () => {
      asked.push('processes');
      return Promise.resolve([process.pid]);
    },
  };
  const driver = {
    capabilities: { nestedWorkers: true },
    kind: 'playwright',
    version: '1',
    launch: () => Promise.resolve(browser),
  } as unknown as HarnessDriver;
  pool = new PagePool(driver, 'http://localhost/', DEFAULT_DEADLINES);
});

describe('a visit', () => {
  test('keeps what is timed and what disturbs apart, and takes larger batches after the peak was read', async () => {
    await visit(ALL);
    const steps = asked.filter((step, index) => step !== 'processes' || asked[index - 1] !== 'processes');
    expect(steps).toEqual([
      ...['environment', 'probe', 'memory', 'processes', 'calibrate'],
      ...['loadRuntime', 'loadModel', 'memory', 'processes'],
      ...['feed', 'measure', 'soak', 'processes', 'memory', 'measure', 'responsiveness'],
      ...['dispose', 'memory', 'processes', 'calibrate'],
    ]);
  });

  test('tells its phases, what came over the network, and its memory by point', async () => {
    const { outcome, visits, modelBytes } = await visit(ALL);
    expect([outcome, modelBytes]).toEqual(['completed', cell.artifact.files[0]?.bytes]);
    expect(visits).toMatchObject([
      {
        turn: 4,
        httpCache: 'empty',
        networkBytes: 1100,
        phases: { runtimeLoadMs: 5, modelFetchMs: 1, sessionMs: 2, firstInferenceMs: 7, disposeMs: 3 },
        latency: { batchSize: 1 },
        throughput: [{ batchSize: 100 }],
        memory: [{ point: 'empty' }, { point: 'loaded' }, { point: 'peak' }, { point: 'disposed' }],
      },
    ]);
  });

  test('at an address that the browser knows has a full cache, and looks at what it is told to alone', async () => {
    await visit(NONE);
    asked = [];
    const [again] = (await visit(NONE)).visits;
    expect(again?.httpCache).toBe('full');
    expect(asked).not.toContain('processes');
    expect(asked.filter((step) => step === 'measure')).toHaveLength(1);
  });

  test('that breaks off is no visit, but tells why', async () => {
    failing = 'measure';
    expect(await visit(ALL)).toMatchObject({
      outcome: 'faulted',
      fault: { code: 'E_BROWSER_CRASHED', phase: 'run' },
      environment: { crossOriginIsolated: true },
      visits: [],
    });
  });
});

describe('the batch for throughput', () => {
  test.each([
    ['is what is asked for where that is quick', 100, 1, 0.5, 100],
    ['is halved until an inference is short enough', 100, 1, 5, 25],
    ['is not there where even two take too long', 100, 1, 150, undefined],
    ['is not there where the artifact is fixed at it', 100, 100, 1, undefined],
  ])('%s', (_, most, batchSize, inferenceMs, size) => {
    expect(affordableBatch(most, batchSize, inferenceMs, 200)).toBe(size);
  });
});

describe('visits made one', () => {
  const made = (turn: number, more: Partial<PerformanceObservation> = {}): PerformanceObservation => ({
    schema: 1,
    kind: 'performance',
    id: cell.id,
    platform,
    outcome: 'completed',
    modelBytes: 1,
    visits: [{ turn } as Visit],
    ...more,
  });

  test('hold all of them, in their order', () => {
    expect(mergeVisits([made(1), made(9)])).toMatchObject({ outcome: 'completed', visits: [{ turn: 1 }, { turn: 9 }] });
    expect(mergeVisits([])).toBeUndefined();
  });

  test('break off where one did, and keep what the others have', () => {
    const broken = made(9, { outcome: 'faulted', visits: [] });
    expect(mergeVisits([made(1), broken])).toMatchObject({ outcome: 'faulted', visits: [{ turn: 1 }] });
    expect(mergeVisits([broken, made(10)])).toMatchObject({ outcome: 'faulted', visits: [{ turn: 10 }] });
  });
});
