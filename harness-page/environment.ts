/** What the browser is and has. */
import type { Environment } from '../src/protocol/observation.js';
import { unwatchedCanvas } from './evidence.js';
import { clockStep } from './measure/clock.js';

let known: Promise<Environment> | undefined;

/** The environment; measured once a page. */
export function environment(): Promise<Environment> {
  known ??= measure();
  return known;
}

async function measure(): Promise<Environment> {
  const renderer = webglRenderer();
  const adapter = await webgpuAdapter();
  return {
    userAgent: navigator.userAgent,
    crossOriginIsolated,
    hardwareConcurrency: navigator.hardwareConcurrency,
    sharedArrayBuffer: typeof SharedArrayBuffer !== 'undefined',
    clockResolutionMs: clockStep(),
    ...(renderer === undefined ? {} : { webglRenderer: renderer }),
    ...(adapter === undefined ? {} : { webgpuAdapter: adapter }),
  };
}

export function webglRenderer(): string | undefined {
  const gl = unwatchedCanvas()?.getContext('webgl2');
  if (gl === null || gl === undefined) return undefined;
  const debug = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer: unknown = gl.getParameter(debug?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER);
  // Browsers allow few contexts a page: this one is given back.
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return String(renderer);
}

export async function webgpuAdapter(): Promise<string | undefined> {
  const gpu = Reflect.get(navigator, 'gpu') as GPU | undefined;
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (adapter === undefined || adapter === null) return undefined;
  const { vendor, architecture, device, description } = adapter.info;
  const words = [vendor, architecture, device, description].filter((word) => word !== '');
  return words.length === 0 ? 'an adapter that does not name itself' : words.join(' ');
}
