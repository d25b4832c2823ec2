/** Whether an observation shows that the backend which was asked for is the one that ran. */
import { targetSlug, type Target } from '../protocol/cell.js';
import type { ErrorRecord } from '../protocol/errors.js';
import type { Evidence } from '../protocol/observation.js';
import { because } from './reason.js';

/**
 * @param evidence what was counted over load and run of this cell alone
 * @returns why the backend is not shown to have run (`E_BACKEND_NOT_USED`), or that the GPU was lost in between
 *   (`E_GPU_DEVICE_LOST`); `undefined` when all is well
 */
export function evidenceFlaw(evidence: Evidence | undefined, target: Target): ErrorRecord | undefined {
  const asked = targetSlug(target);
  if (evidence === undefined) {
    return because('E_BACKEND_NOT_USED', `${asked} was asked for, and nothing was recorded that shows that it ran.`);
  }
  if (evidence.gpuDeviceLost !== undefined) {
    return because('E_GPU_DEVICE_LOST', `The GPU device was lost while ${asked} ran: ${evidence.gpuDeviceLost}`);
  }
  const why = whyNotUsed(evidence, target);
  if (why === undefined) return undefined;
  return because(
    'E_BACKEND_NOT_USED',
    `${asked} was asked for, but ${why}; the runtime calls what it used "${evidence.provider}".`,
  );
}

function whyNotUsed(evidence: Evidence, target: Target): string | undefined {
  // A runtime that counts its own kernels and counted none ran nothing, on whatever backend.
  if (evidence.kernels === 0) return 'the runtime ran no kernel on it';
  switch (target.backend) {
    case 'webgpu':
    case 'webgpu-jsep':
      return evidence.gpuDispatches > 0 ? undefined : 'no WebGPU compute pass was dispatched';
    case 'webgl':
      return evidence.webglDraws > 0 ? undefined : 'nothing was drawn with WebGL';
    case 'webnn':
      return evidence.webnnDispatches > 0 ? undefined : 'no WebNN graph was dispatched';
    case 'wasm':
      return whyNotWasm(evidence, target) ?? gpuWork(evidence);
    case 'cpu':
      return whyNotCpu(evidence) ?? gpuWork(evidence);
    case 'native':
      // The PC: there is no other backend to fall back to.
      return undefined;
  }
}

function whyNotWasm(evidence: Evidence, { runtime, threads }: Target): string | undefined {
  if (evidence.wasmModules.length === 0) return 'no wasm binary was instantiated';
  if (evidence.wasmMemoryBytes === 0) return 'its wasm memory is empty';
  if (threads === undefined) return undefined;
  const { workersAlive } = evidence;
  // The thread that calls is one of them.
  if (workersAlive < threads - 1) {
    return `only ${String(workersAlive)} of the ${String(threads - 1)} worker threads that it needs came to life`;
  }
  // onnxruntime-web starts its pool at once, so a worker there means that the thread setting was not obeyed.
  if (threads === 1 && runtime === 'ort' && workersAlive > 0) {
    return `${String(workersAlive)} worker threads came to life where one thread was asked for`;
  }
  return undefined;
}

function whyNotCpu({ kernels, wasmModules }: Evidence): string | undefined {
  if (kernels === undefined) return 'the runtime does not tell that it ran any kernel';
  const [wasm] = wasmModules;
  return wasm === undefined
    ? undefined
    : `a wasm binary was instantiated (${wasm.name}), where JavaScript is to compute`;
}

/** A CPU backend leaves the GPU alone: work there means that something else computed the answer, or part of it. */
function gpuWork({ gpuDispatches, webglDraws }: Evidence): string | undefined {
  if (gpuDispatches === 0 && webglDraws === 0) return undefined;
  return `the GPU worked for it (${String(gpuDispatches)} compute dispatches, ${String(webglDraws)} WebGL draws)`;
}
