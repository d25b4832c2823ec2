/** The same input again and again: whether the outputs stay the same, and the memory. */
import type { TensorData } from '../../src/protocol/observation.js';
import type { MemoryCurve, PageMemory, SoakReport, SoakRequest } from '../../src/protocol/performance.js';
import { sha256Of } from '../fetching.js';
import { nextTurn } from './clock.js';
import { collectGarbage } from './memory.js';

/**
 * @param infer one inference, outputs read back
 * @param memory what it is now
 */
export async function soak(
  infer: () => Promise<TensorData[]>,
  memory: () => PageMemory,
  { inferences, readEvery, compareAt, startAt = 0 }: SoakRequest,
): Promise<SoakReport> {
  const compared = new Set(compareAt);
  const digests = new Map<number, string>();
  const curve: MemoryCurve = [];
  for (let at = startAt + 1; at <= startAt + inferences; at++) {
    const outputs = await infer();
    if (compared.has(at)) digests.set(at, await digest(outputs));
    // What waits for the event loop, such as the clearing up after objects that were collected, has its turn.
    await nextTurn();
    if (at % readEvery !== 0) continue;
    await collectGarbage();
    curve.push({ at, page: memory() });
  }
  return {
    inferences,
    digests: compareAt.flatMap((at) => {
      const sha256 = digests.get(at);
      return sha256 === undefined ? [] : [{ at, sha256 }];
    }),
    curve,
  };
}

/** SHA-256 over the bytes of all outputs, in their order. */
async function digest(outputs: readonly TensorData[]): Promise<string> {
  const bytes = new Uint8Array(outputs.reduce((sum, { data }) => sum + data.byteLength, 0));
  let at = 0;
  for (const { data } of outputs) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return await sha256Of(bytes);
}
