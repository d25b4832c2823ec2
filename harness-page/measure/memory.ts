/** What a page, or its worker, knows of its memory. */
import type { PageMemory } from '../../src/protocol/performance.js';
import { wasmMemoryBytes } from '../evidence.js';
import type { LoadedModel } from '../runtimes/adapter.js';
import { nextTurn } from './clock.js';

/** Of this thread alone. @param model the one that is loaded, which knows its tensors */
export function threadMemory(model?: LoadedModel): PageMemory {
  const heap = performance.memory?.usedJSHeapSize;
  return { ...(heap === undefined ? {} : { jsHeapBytes: heap }), wasmHeapBytes: wasmMemoryBytes(), ...model?.memory() };
}

/**
 * `performance.measureUserAgentSpecificMemory()`: the page and its workers. A browser answers when it next collects
 * garbage, which may be long.
 * @param patienceMs 0: do not ask
 */
export async function userAgentMemory(patienceMs: number): Promise<Pick<PageMemory, 'userAgentBytes'>> {
  const measure = performance.measureUserAgentSpecificMemory?.bind(performance);
  if (measure === undefined || patienceMs === 0 || !crossOriginIsolated) return {};
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs, undefined));
  // Some browsers have the function and refuse: then it does not tell.
  const found = await Promise.race([measure().catch(() => undefined), late]);
  return found === undefined ? {} : { userAgentBytes: found.bytes };
}

/** Memory outside of the heap, by whose growth engines see that it is time to collect: so much a piece, so many pieces. */
const PRESSURE_BYTES = 8 << 20;
const PRESSURE_PIECES = 24;
const COLLECTION_PATIENCE_MS = 300;

/**
 * Provokes a collection of garbage, as far as a page can: what no collector came to yet would look like a leak. Resolves
 * once an object that nobody holds is gone, or a fraction of a second is over.
 */
export async function collectGarbage(): Promise<void> {
  const nobodys = new WeakRef({});
  const from = performance.now();
  const pressure: ArrayBuffer[] = [];
  do {
    const piece = new ArrayBuffer(PRESSURE_BYTES);
    new Uint8Array(piece).fill(1);
    pressure.push(piece);
    // A weak reference holds until the turn is over.
    await nextTurn();
  } while (
    nobodys.deref() !== undefined &&
    pressure.length < PRESSURE_PIECES &&
    performance.now() - from < COLLECTION_PATIENCE_MS
  );
  // Given back at once, where a page can: what waited for the next collection would be counted.
  for (const piece of pressure) piece.transfer?.(0);
  await nextTurn();
}

/** The memory of a page whose runtime is in a worker: what is used in either. */
export function together(page: PageMemory, worker: PageMemory): PageMemory {
  const sum: { -readonly [K in keyof PageMemory]: PageMemory[K] } = { ...page };
  for (const key of Object.keys(worker) as (keyof PageMemory)[]) sum[key] = (sum[key] ?? 0) + (worker[key] ?? 0);
  return sum;
}
