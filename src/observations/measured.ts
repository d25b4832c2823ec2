/** What `npm run perf` and `npm run soak` left of a cell: one file each, beside the observation of its answers. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import {
  performanceObservationSchema,
  soakObservationSchema,
  type PerformanceObservation,
  type SoakObservation,
} from '../protocol/performance.js';

/** All visits of a cell; `undefined` where there is none or it is broken. */
export function loadPerformance(folder: string): Promise<PerformanceObservation | undefined> {
  return load(path.join(folder, 'performance.json'), performanceObservationSchema);
}

/** The soak of a cell; `undefined` where there is none or it is broken. */
export function loadSoak(folder: string): Promise<SoakObservation | undefined> {
  return load(path.join(folder, 'soak.json'), soakObservationSchema);
}

async function load<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}
