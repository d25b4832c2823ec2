/** The page's side of the contract: what the runner (or a person, through ui.ts) may ask. It gathers and never judges. */
import type { Target } from '../src/protocol/cell.js';
import { targetSlug } from '../src/protocol/cell.js';
import { PlumblineError, messageOf, type ErrorCode, type Phase } from '../src/protocol/errors.js';
import type { LoadModelRequest, PageAnswer, PageApi, PageMethod } from '../src/protocol/messages.js';
import type { Memory, TensorData } from '../src/protocol/observation.js';
import { environment } from './environment.js';
import { nameFault } from './errors.js';
import { evidenceSince, markEvidence, wasmMemoryBytes, whenGpuLost } from './evidence.js';
import { fetchModelFile, nameOf } from './fetching.js';
import { probe } from './probes.js';
import { runDataset } from './run.js';
import type { LoadedModel, Runtime } from './runtimes/adapter.js';
import { runtimeModule } from './runtimes/registry.js';

/** The runtime that this page has started: one a page, for two could disturb each other's counts. */
let started: { slug: string; target: Target; runtime: Runtime } | undefined;
/** The cell that is under way. */
let current:
  { model: LoadedModel; request: LoadModelRequest; mark: ReturnType<typeof markEvidence>; kernels: number } | undefined;
let outputs: readonly TensorData[] = [];

/** Outputs of the last run, for a person to look at. */
export function lastOutputs(): readonly TensorData[] {
  return outputs;
}

export const api: PageApi = {
  environment: () => environment(),
  probe: (target) => probe(target),

  async loadRuntime(target) {
    const slug = targetSlug(target);
    if (started?.slug === slug) return { version: started.runtime.version, ms: 0, warm: true };
    if (started !== undefined)
      throw new PlumblineError('E_INTERNAL', `this page runs ${started.slug}; ${slug} needs a page of its own`);
    const from = performance.now();
    const module = await runtimeModule(target.runtime);
    const runtime = await module.start(target);
    started = { slug, target, runtime };
    return { version: runtime.version, ms: performance.now() - from, warm: false };
  },

  async loadModel(request) {
    if (started?.slug !== targetSlug(request.target))
      throw new PlumblineError('E_INTERNAL', 'loadModel before loadRuntime');
    const mark = markEvidence();
    const from = performance.now();
    const contents = await Promise.all(request.files.map(fetchModelFile));
    const fetched = performance.now();
    const byName = new Map(
      request.files.map((file, index) => [nameOf(file.url), contents[index] as Uint8Array<ArrayBuffer>]),
    );
    const [entry] = contents;
    if (entry === undefined) throw new PlumblineError('E_CARD', 'the artifact lists no file');
    const model = await started.runtime.loadModel({ entry, byName, inputs: request.inputs, outputs: request.outputs });
    current = { model, request, mark, kernels: model.kernels?.() ?? 0 };
    return { fetchMs: fetched - from, sessionMs: performance.now() - fetched, provider: model.provider };
  },

  async run(request) {
    const { model, request: loaded, mark, kernels } = theCurrent('run');
    const result = await runDataset(model, loaded.inputs, request);
    outputs = result.outputs;
    const total = model.kernels?.();
    return {
      ...result,
      outputs: outputs.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] })),
      evidence: {
        ...evidenceSince(mark),
        provider: model.provider,
        threads: loaded.target.threads ?? model.threads ?? 1,
        ...(total === undefined ? {} : { kernels: total - kernels }),
      },
      memory: memoryNow(model),
    };
  },

  async upload({ urls, token }) {
    const from = performance.now();
    let bytes = 0;
    for (const [index, url] of urls.entries()) {
      const output = outputs[index];
      if (output === undefined) throw new PlumblineError('E_UPLOAD', `there is no output ${String(index)} to upload`);
      bytes += output.data.byteLength;
      await post(url, output.data, token);
    }
    return { bytes, ms: performance.now() - from };
  },

  async dispose() {
    const from = performance.now();
    outputs = [];
    const leaks = (await current?.model.dispose()) ?? [];
    current = undefined;
    return { ms: performance.now() - from, leaks };
  },
};

async function post(url: string, data: TensorData['data'], token: string): Promise<void> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      body: data as unknown as BodyInit,
      headers: { 'x-plumbline-token': token },
    });
  } catch (error) {
    throw new PlumblineError('E_SERVER_GONE', `uploading to ${url} failed: ${messageOf(error)}`, { cause: error });
  }
  if (!response.ok)
    throw new PlumblineError(
      'E_UPLOAD_REJECTED',
      `the server answered ${String(response.status)}: ${await response.text()}`,
    );
}

function theCurrent(method: string): NonNullable<typeof current> {
  if (current === undefined) throw new PlumblineError('E_INTERNAL', `${method} before loadModel`);
  return current;
}

function memoryNow(model: LoadedModel): Memory {
  const heap = performance.memory?.usedJSHeapSize;
  return { ...(heap === undefined ? {} : { jsHeapBytes: heap }), wasmHeapBytes: wasmMemoryBytes(), ...model.memory() };
}

/** The code and phase of whatever fails in a method and has none of its own. */
const FAULTS: Readonly<Record<PageMethod, readonly [ErrorCode, Phase]>> = {
  environment: ['E_INTERNAL', 'page-ready'],
  probe: ['E_INTERNAL', 'probe'],
  loadRuntime: ['E_RUNTIME_LOAD', 'runtime-load'],
  loadModel: ['E_MODEL_LOAD', 'model-load'],
  run: ['E_RUN', 'run'],
  upload: ['E_UPLOAD', 'upload'],
  dispose: ['E_RUN', 'dispose'],
};

/** How long a runtime may take to speak for itself after a GPU device is lost. */
const LOSS_PATIENCE_MS = 2000;

/** Some runtimes wait for ever for the answer of a device that is gone. */
async function unlessGpuLost<T>(work: Promise<T>): Promise<T> {
  const lost = whenGpuLost().then(async (words): Promise<never> => {
    await new Promise((resolve) => setTimeout(resolve, LOSS_PATIENCE_MS));
    throw new PlumblineError('E_GPU_DEVICE_LOST', `${words}; the runtime has not answered since`);
  });
  return await Promise.race([work, lost]);
}

function isMethod(name: string): name is PageMethod {
  return Object.hasOwn(api, name);
}

/** Calls a method of the API; never rejects. */
export async function call(method: string, argument: unknown): Promise<PageAnswer> {
  if (!isMethod(method))
    return {
      ok: false,
      error: await nameFault(
        new PlumblineError('E_PROTOCOL', `the page has no method "${method}"`),
        'E_PROTOCOL',
        'page-ready',
      ),
    };
  try {
    // The runner and the page are built from one contract; what the runner sends is typed there.
    const run = api[method] as (argument: unknown) => Promise<unknown>;
    return { ok: true, value: await unlessGpuLost(run(argument)) };
  } catch (thrown) {
    const [code, phase] = FAULTS[method];
    return { ok: false, error: await nameFault(thrown, code, phase) };
  }
}
