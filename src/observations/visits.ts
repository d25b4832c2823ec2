/**
 * The visits of a run on disk, one file each, as each ends: a worker that dies takes nothing with it that was gathered, and
 * the one after it finds what the others did.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseCellId, type Platform } from '../protocol/cell.js';
import {
  performanceObservationSchema,
  type Calibration,
  type PerformanceObservation,
} from '../protocol/performance.js';
import { workName } from '../paths.js';

export class VisitStore {
  readonly #visits = new Map<string, PerformanceObservation[]>();

  /** @param folder of this run alone; what it holds already was gathered earlier in the run */
  constructor(private readonly folder: string) {
    if (!existsSync(folder)) return;
    for (const name of readdirSync(folder).sort()) {
      const found = name.endsWith('.json') ? read(path.join(folder, name)) : undefined;
      if (found !== undefined) this.#add(found);
    }
  }

  /** What the visits of a cell so far did, in the order in which they were made. */
  of(id: string): readonly PerformanceObservation[] {
    return this.#visits.get(id) ?? [];
  }

  async add(observation: PerformanceObservation): Promise<void> {
    this.#add(observation);
    const number = String(this.of(observation.id).length).padStart(3, '0');
    const file = path.join(this.folder, `${encodeURIComponent(observation.id)}.${number}.json`);
    await mkdir(this.folder, { recursive: true });
    // Whole or not at all, should the process be killed here.
    const work = workName(file);
    await writeFile(work, JSON.stringify(observation));
    await rename(work, file);
  }

  /** All calibrations so far on one platform. */
  calibrations(platform: Platform): Calibration[] {
    return calibrationsOn(platform, [...this.#visits.values()].flat());
  }

  #add(observation: PerformanceObservation): void {
    this.#visits.set(observation.id, [...this.of(observation.id), observation]);
  }
}

/** All calibrations on one platform: other engines run the same work at other speeds. */
export function calibrationsOn(platform: Platform, observations: readonly PerformanceObservation[]): Calibration[] {
  return observations
    .filter(({ id }) => parseCellId(id).browser === platform)
    .flatMap(({ visits }) => visits.flatMap(({ calibration: { before, after } }) => [before, after]));
}

/** A file that is not what it should be is as good as none: the visit is made again. */
function read(file: string): PerformanceObservation | undefined {
  try {
    return performanceObservationSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
