import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PerformanceObservation } from '../protocol/performance.js';
import { VisitStore } from './visits.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const FIREFOX = 'lenet5/onnx-fp32/ort-wasm-t1@firefox';
const WEBKIT = 'lenet5/onnx-fp32/ort-wasm-t1@webkit';

const visited = (id: string, turn: number): PerformanceObservation => ({
  schema: 1,
  kind: 'performance',
  id,
  platform: { runtimeVersion: '1', browserVersion: '1', driver: 'd', driverVersion: '1', os: 'o', cpu: 'c', gpu: 'g' },
  outcome: 'completed',
  modelBytes: 1,
  visits: [
    {
      turn,
      at: '2026-01-01T00:00:00.000Z',
      httpCache: 'empty',
      warmRuntime: false,
      phases: { runtimeLoadMs: 1, modelFetchMs: 1, sessionMs: 1, firstInferenceMs: 1 },
      calibration: { before: { samplesMs: [turn] }, after: { samplesMs: [turn + 0.5] } },
    },
  ],
});

test('what one worker gathered the next one finds, in its order', async () => {
  const store = new VisitStore(path.join(folder, 'visits'));
  const all = Array.from({ length: 12 }, (_, turn) => visited(FIREFOX, turn + 1));
  for (const visit of all) await store.add(visit);
  await store.add(visited(WEBKIT, 20));
  for (const known of [store, new VisitStore(path.join(folder, 'visits'))]) {
    expect(known.of(FIREFOX)).toEqual(all);
    expect(known.calibrations('webkit')).toEqual([{ samplesMs: [20] }, { samplesMs: [20.5] }]);
    expect(known.of('lenet5/onnx-fp32/ort-wasm-t1@chromium')).toEqual([]);
  }
});

test('a file that is not what it should be is as good as none', async () => {
  const store = new VisitStore(folder);
  await store.add(visited(FIREFOX, 1));
  await store.add(visited(FIREFOX, 2));
  const [first = ''] = (await readdir(folder)).sort();
  await writeFile(path.join(folder, first), '{');
  expect(new VisitStore(folder).of(FIREFOX)).toEqual([visited(FIREFOX, 2)]);
});
