/** One process at a time: what takes long is done once, and the others wait for it. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { lock } from 'proper-lockfile';

/** A lock that its owner has not touched for so long, in ms, is that of a dead process. */
const STALE_MS = 30_000;
const POLL_MS = 200;
const WAIT_MS = 30 * 60_000;

/**
 * Runs `work` while no other process holds the lock of that name.
 *
 * The lock saves work and is not what keeps data whole: everything in the cache is written beside and moved into place.
 */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  await mkdir(path.dirname(name), { recursive: true });
  const release = await lock(name, {
    realpath: false,
    stale: STALE_MS,
    retries: { retries: WAIT_MS / POLL_MS, factor: 1, minTimeout: POLL_MS, maxTimeout: POLL_MS },
    // Somebody took the lock for stale, as after a suspended laptop: see above.
    onCompromised: () => undefined,
  });
  try {
    return await work();
  } finally {
    await release().catch(() => undefined);
  }
}
