/** What a page, or its worker, knows of its memory. */
import type { PageMemory } from '../../src/protocol/performance.js';
import { wasmMemoryBytes } from '../evidence.js';
import type { LoadedModel } from '../runtimes/adapter.js';

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

/** The memory of a page whose runtime is in a worker: what is used in either. */
export function together(page: PageMemory, worker: PageMemory): PageMemory {
  const sum: { -readonly [K in keyof PageMemory]: PageMemory[K] } = { ...page };
  for (const key of Object.keys(worker) as (keyof PageMemory)[]) sum[key] = (sum[key] ?? 0) + (worker[key] ?? 0);
  return sum;
}
