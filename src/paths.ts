/** Folders of the project and of the cache, in one place. */
import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT_ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Where model cards lie. `PLUMBLINE_MODELS` names another folder. */
export function modelsDir(): string {
  return process.env.PLUMBLINE_MODELS ?? path.join(PROJECT_ROOT, 'fixtures', 'models');
}

/** Where datasets and baselines are kept between runs: `PLUMBLINE_CACHE`, else the user's cache folder. */
export function cacheDir(): string {
  const base = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  return process.env.PLUMBLINE_CACHE ?? path.join(base, 'plumbline');
}

/** A name beside `target` that nobody else uses: to write there in peace and then move into place. */
export function workName(target: string): string {
  return `${target}.${randomUUID().slice(0, 8)}.tmp`;
}
