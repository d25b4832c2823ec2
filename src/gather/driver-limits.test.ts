import { describe, expect, it } from 'vitest';
import type { Target } from '../protocol/cell.js';
import { driverLimit } from './driver-limits.js';

const bidi = { nestedWorkers: false };

describe('driverLimit', () => {
  it.each<Target>([
    { runtime: 'ort', backend: 'wasm', threads: 2, worker: true },
    { runtime: 'litert', backend: 'wasm', threads: 2, worker: true },
    { runtime: 'tfjs', backend: 'wasm', worker: true },
  ])('a runtime that starts workers from a worker: $runtime', (target) => {
    expect(driverLimit(target, bidi)).toMatchObject({ available: false });
    expect(driverLimit(target, { nestedWorkers: true })).toBeUndefined();
    expect(driverLimit({ ...target, worker: undefined }, bidi)).toBeUndefined();
  });

  it.each<Target>([
    { runtime: 'ort', backend: 'wasm', threads: 1, worker: true },
    { runtime: 'tfjs', backend: 'webgl', worker: true },
    { runtime: 'tfjs', backend: 'cpu', worker: true },
  ])('a runtime that starts none is asked of the page: $runtime on $backend', (target) => {
    expect(driverLimit(target, bidi)).toBeUndefined();
  });
});
