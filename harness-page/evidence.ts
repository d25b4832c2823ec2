/**
 * Counts what the page really does on GPU, WebGL, WebNN, wasm and workers, by wrapping the platform's own entry points.
 * Installed before any runtime is loaded: what a runtime says of itself is no evidence.
 */
import type { Evidence } from '../src/protocol/observation.js';
import { nameOf } from './fetching.js';

type Counts = Pick<Evidence, 'gpuDispatches' | 'webglDraws' | 'webnnDispatches'>;

const counts: { -readonly [K in keyof Counts]: number } = { gpuDispatches: 0, webglDraws: 0, webnnDispatches: 0 };
const wasmModules: { name: string; bytes: number }[] = [];
const memories = new Set<WebAssembly.Memory>();
const alive = new Set<Worker>();
/** WebGL contexts that a runtime made. They are kept: a page has few, and one that is lost must be found out. */
const contexts = new Set<WebGLRenderingContext>();
let devices = 0;
let deviceLost: string | undefined;
let tellOfLoss: (words: string) => void = () => undefined;
const loss = new Promise<string>((resolve) => (tellOfLoss = resolve));

function lose(words: string): void {
  deviceLost ??= words;
  tellOfLoss(words);
}

/** Replaces `owner[name]` by a function that calls `before` first. Does nothing where the platform lacks it. */
function wrap(owner: object | undefined, name: string, before: () => void): void {
  if (owner === undefined) return;
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function') return;
  Reflect.set(owner, name, function (this: unknown, ...rest: unknown[]): unknown {
    before();
    const result: unknown = Reflect.apply(original, this, rest);
    return result;
  });
}

/** The prototype of a global class, where this browser has it. */
function prototypeOf(className: string): object | undefined {
  const found: unknown = Reflect.get(globalThis, className);
  return typeof found === 'function' ? (found.prototype as object) : undefined;
}

export function installEvidence(): void {
  for (const name of ['dispatchWorkgroups', 'dispatchWorkgroupsIndirect']) {
    wrap(prototypeOf('GPUComputePassEncoder'), name, () => counts.gpuDispatches++);
  }
  for (const context of ['WebGLRenderingContext', 'WebGL2RenderingContext']) {
    for (const name of ['drawArrays', 'drawElements']) wrap(prototypeOf(context), name, () => counts.webglDraws++);
  }
  wrap(prototypeOf('MLContext'), 'dispatch', () => counts.webnnDispatches++);
  watchDevices();
  watchWebglContexts();
  watchWasm();
  watchWorkers();
}

function watchDevices(): void {
  const adapter = prototypeOf('GPUAdapter') as GPUAdapter | undefined;
  if (adapter === undefined) return;
  const original: GPUAdapter['requestDevice'] = Reflect.get(adapter, 'requestDevice');
  adapter.requestDevice = async function (this: GPUAdapter, descriptor) {
    const device = await original.call(this, descriptor);
    devices++;
    void device.lost.then((info) => {
      // A runtime may destroy its own device and ask for another; any other end is a loss.
      if (info.reason !== 'destroyed') lose(`WebGPU device lost (${info.reason}): ${info.message}`);
    });
    return device;
  };
}

/** Canvases of the page's own, which it throws away as it likes. */
const ownCanvases = new WeakSet<EventTarget>();

/** A canvas to look at WebGL with: losing its context is no evidence of anything. `undefined` in a worker that has none. */
export function unwatchedCanvas(): HTMLCanvasElement | OffscreenCanvas | undefined {
  const canvas = newCanvas();
  if (canvas === undefined) return undefined;
  ownCanvases.add(canvas);
  return canvas;
}

function newCanvas(): HTMLCanvasElement | OffscreenCanvas | undefined {
  if (typeof document !== 'undefined') return document.createElement('canvas');
  return typeof OffscreenCanvas === 'undefined' ? undefined : new OffscreenCanvas(1, 1);
}

function watchWebglContexts(): void {
  const watch = (canvas: EventTarget): void => {
    canvas.addEventListener('webglcontextlost', () => {
      lose('WebGL context lost');
    });
  };
  for (const className of ['HTMLCanvasElement', 'OffscreenCanvas']) {
    const prototype = prototypeOf(className);
    if (prototype === undefined) continue;
    const watched = new WeakSet();
    const original: unknown = Reflect.get(prototype, 'getContext');
    if (typeof original !== 'function') continue;
    Reflect.set(prototype, 'getContext', function (this: EventTarget, kind: string, ...rest: unknown[]): unknown {
      const context: unknown = Reflect.apply(original, this, [kind, ...rest]);
      if (kind.startsWith('webgl') && context !== null && !watched.has(this) && !ownCanvases.has(this)) {
        watched.add(this);
        watch(this);
        contexts.add(context as WebGLRenderingContext);
      }
      return context;
    });
  }
}

function watchWasm(): void {
  const keep = (name: string, bytes: number, instance: WebAssembly.Instance, imports?: WebAssembly.Imports): void => {
    wasmModules.push({ name, bytes });
    const values = [instance.exports, ...Object.values(imports ?? {})].flatMap((group) => Object.values(group));
    for (const value of values) if (value instanceof WebAssembly.Memory) memories.add(value);
  };
  const instantiate = WebAssembly.instantiate as (source: unknown, imports?: WebAssembly.Imports) => Promise<unknown>;
  Reflect.set(WebAssembly, 'instantiate', async (source: unknown, imports?: WebAssembly.Imports): Promise<unknown> => {
    const result = await instantiate.call(WebAssembly, source, imports);
    const instance =
      result instanceof WebAssembly.Instance ? result : (result as WebAssembly.WebAssemblyInstantiatedSource).instance;
    const size = source instanceof ArrayBuffer || ArrayBuffer.isView(source) ? source.byteLength : 0;
    // Bytes have no address; the last .wasm that was fetched is where they came from.
    keep(lastWasmFetched() ?? 'inline', size, instance, imports);
    return result;
  });
  const streaming = Reflect.get(WebAssembly, 'instantiateStreaming') as
    typeof WebAssembly.instantiateStreaming | undefined;
  if (streaming !== undefined) {
    Reflect.set(
      WebAssembly,
      'instantiateStreaming',
      async (source: Response | Promise<Response>, imports?: WebAssembly.Imports) => {
        const response = await source;
        const result = await streaming.call(WebAssembly, response, imports);
        keep(nameOf(response.url), Number(response.headers.get('content-length') ?? 0), result.instance, imports);
        return result;
      },
    );
  }
  function lastWasmFetched(): string | undefined {
    const entry = performance
      .getEntriesByType('resource')
      .findLast((resource) => new URL(resource.name).pathname.endsWith('.wasm'));
    return entry === undefined ? undefined : nameOf(entry.name);
  }
}

/** A worker counts once it has sent its first message: constructing one proves nothing. */
function watchWorkers(): void {
  const Original = globalThis.Worker as typeof Worker | undefined;
  // There are browsers whose workers cannot start others.
  if (Original === undefined) return;
  globalThis.Worker = class extends Original {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      this.addEventListener('message', () => alive.add(this), { once: true });
    }
    override terminate(): void {
      alive.delete(this);
      super.terminate();
    }
  };
}

/** Where the counts stand now; {@link evidenceSince} tells what came after. */
export function markEvidence(): Counts {
  return { ...counts };
}

/** Bytes of all wasm memories that the page has. */
export function wasmMemoryBytes(): number {
  let bytes = 0;
  for (const memory of memories) bytes += memory.buffer.byteLength;
  return bytes;
}

/** What was counted since `mark`. wasm modules, workers and a lost device are the page's, whenever they came. */
export function evidenceSince(mark: Counts): Omit<Evidence, 'provider' | 'threads' | 'kernels'> {
  const lost = knownLoss();
  return {
    gpuDispatches: counts.gpuDispatches - mark.gpuDispatches,
    webglDraws: counts.webglDraws - mark.webglDraws,
    webnnDispatches: counts.webnnDispatches - mark.webnnDispatches,
    wasmModules: wasmModules.map((module) => ({ ...module })),
    wasmMemoryBytes: wasmMemoryBytes(),
    workersAlive: alive.size,
    ...(lost === undefined ? {} : { gpuDeviceLost: lost }),
  };
}

/** A context knows before its event has come; and a runtime may go on with one that is lost, and give any numbers. */
function knownLoss(): string | undefined {
  return deviceLost ?? ([...contexts].some((context) => context.isContextLost()) ? 'WebGL context lost' : undefined);
}

/** How long after a failure the word of the loss that caused it may take. */
const LOSS_NEWS_MS = 200;

/** Resolves with words about it once this page has lost a GPU device. */
export function whenGpuLost(): Promise<string> {
  return loss;
}

/**
 * After a failure: words about a GPU device that this page has lost, `undefined` when it has lost none. A runtime may
 * stumble over the loss before the event that tells of it has come.
 */
export async function gpuDeviceLost(): Promise<string | undefined> {
  const known = knownLoss();
  if (known !== undefined || (devices === 0 && contexts.size === 0)) return known;
  const silence = new Promise<undefined>((resolve) => setTimeout(resolve, LOSS_NEWS_MS, undefined));
  return await Promise.race([loss, silence]);
}
