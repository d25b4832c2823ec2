/** Errors of the page, with the code that fits what really happened. */
import {
  PlumblineError,
  messageOf,
  toErrorRecord,
  type ErrorCode,
  type ErrorRecord,
  type Phase,
} from '../src/protocol/errors.js';
import { gpuDeviceLost } from './evidence.js';

/** What engines and runtimes say when memory could not be had. */
const OUT_OF_MEMORY =
  /out of memory|bad_alloc|allocation failed|could not allocate|failed to allocate|Array buffer allocation|cannot enlarge memory|exceeds the supported maximum of \d+ bytes|Aborted\(OOM\)|memory access out of bounds.*grow/i;

/**
 * Names what was thrown: a lost GPU device and exhausted memory have codes of their own, whatever phase they strike in;
 * anything else gets the code of its phase.
 */
export async function nameFault(thrown: unknown, code: ErrorCode, phase: Phase): Promise<ErrorRecord> {
  // An adapter's own finding stands as it is, but for the one that only passes on what the runtime said.
  if (thrown instanceof PlumblineError && thrown.code !== 'E_BACKEND_UNAVAILABLE')
    return toErrorRecord(thrown, code, phase);
  const message = messageOf(thrown);
  const lost = await gpuDeviceLost();
  if (lost !== undefined)
    return {
      ...toErrorRecord(new PlumblineError('E_GPU_DEVICE_LOST', `${lost}; ${message}`, { phase }), code),
      ...stackOf(thrown),
    };
  if (OUT_OF_MEMORY.test(message)) {
    return { ...toErrorRecord(new PlumblineError('E_OUT_OF_MEMORY', message, { phase }), code), ...stackOf(thrown) };
  }
  return toErrorRecord(thrown, code, phase);
}

function stackOf(thrown: unknown): { stack?: string } {
  return thrown instanceof Error && thrown.stack !== undefined ? { stack: thrown.stack } : {};
}
