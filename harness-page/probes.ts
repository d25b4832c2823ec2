/** Whether a backend is there in this browser, with words that say what was looked at. `unsupported` rests on these alone. */
import type { Backend, Target } from '../src/protocol/cell.js';
import type { Probe } from '../src/protocol/observation.js';
import { webglRenderer } from './environment.js';

const yes = (words: string): Probe => ({ available: true, words });
const no = (words: string): Probe => ({ available: false, words });

/** A module of one function, whose body is `i8x16.relaxed_swizzle` of two constants. */
const RELAXED_SIMD = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // type: () -> v128
  ...[0x03, 0x02, 0x01, 0x00], // function
  ...[0x0a, 0x0f, 0x01, 0x0d, 0x00, 0x41, 0x01, 0xfd, 0x0f, 0x41, 0x02, 0xfd, 0x0f, 0xfd, 0x80, 0x02, 0x0b], // code
]);

const probes: Readonly<Record<Backend, (target: Target) => Probe | Promise<Probe>>> = {
  cpu: () => yes('JavaScript alone'),
  native: () => no('native runtimes do not run in a page'),
  wasm: (target) => {
    if (typeof WebAssembly === 'undefined') return no('WebAssembly is undefined');
    const threads = target.threads ?? 1;
    if (threads === 1) return yes('WebAssembly is there');
    if (typeof SharedArrayBuffer === 'undefined') {
      return no(
        `${String(threads)} threads need SharedArrayBuffer, which is undefined (crossOriginIsolated: ${String(crossOriginIsolated)})`,
      );
    }
    if (target.runtime === 'litert' && !WebAssembly.validate(RELAXED_SIMD)) {
      return no('LiteRT.js has threads with relaxed SIMD alone, and WebAssembly.validate() refuses relaxed SIMD');
    }
    if (typeof Worker === 'undefined') return no(`${String(threads)} threads need Worker, which is undefined here`);
    return crossOriginIsolated
      ? yes('WebAssembly and SharedArrayBuffer are there, the page is cross-origin isolated')
      : no(`${String(threads)} threads need a cross-origin isolated page, and crossOriginIsolated is false`);
  },
  webgl: () => {
    if (typeof document === 'undefined' && typeof OffscreenCanvas === 'undefined')
      return no('WebGL in a worker needs OffscreenCanvas, which is undefined');
    const canvas = typeof document === 'undefined' ? 'OffscreenCanvas' : 'canvas';
    const renderer = webglRenderer();
    return renderer === undefined
      ? no(`${canvas}.getContext("webgl2") returned null`)
      : yes(`WebGL 2 renderer: ${renderer}`);
  },
  webgpu: probeWebgpu,
  'webgpu-jsep': probeWebgpu,
  webnn: async () => {
    const ml: unknown = Reflect.get(navigator, 'ml');
    if (ml === undefined) return no('navigator.ml is undefined');
    try {
      const create: unknown = Reflect.get(ml as object, 'createContext');
      if (typeof create !== 'function') return no('navigator.ml.createContext is not a function');
      await Reflect.apply(create, ml, [{ deviceType: 'cpu' }]);
      return yes('navigator.ml created a context');
    } catch (error) {
      return no(`navigator.ml.createContext rejected: ${String(error)}`);
    }
  },
};

async function probeWebgpu(): Promise<Probe> {
  const gpu = Reflect.get(navigator, 'gpu') as GPU | undefined;
  if (gpu === undefined) return no('navigator.gpu is undefined');
  try {
    const adapter = await gpu.requestAdapter();
    if (adapter === null) return no('navigator.gpu.requestAdapter() returned null');
    const { vendor, architecture, description } = adapter.info;
    return yes(
      `WebGPU adapter: ${[vendor, architecture, description].filter((word) => word !== '').join(' ') || 'unnamed'}`,
    );
  } catch (error) {
    return no(`navigator.gpu.requestAdapter() rejected: ${String(error)}`);
  }
}

/** Probes for the backend of `target`. */
export async function probe(target: Target): Promise<Probe> {
  return await probes[target.backend](target);
}
