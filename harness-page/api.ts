/** The page's side of the contract: what the runner (or a person, through ui.ts) may ask. It gathers and never judges. */
import type { Target } from '../src/protocol/cell.js';
import { targetSlug } from '../src/protocol/cell.js';
import { PlumblineError, messageOf, type ErrorCode, type Phase } from '../src/protocol/errors.js';
import type {
  LoadModelRequest,
  PageAnswer,
  PageApi,
  PageMethod,
  ResponsivenessRequest,
} from '../src/protocol/messages.js';
import type { Evidence, TensorData } from '../src/protocol/observation.js';
import { environment } from './environment.js';
import { nameFault } from './errors.js';
import { evidenceSince, markEvidence, whenGpuLost } from './evidence.js';
import { checkModelFile, fetchModelFile, nameOf } from './fetching.js';
import { calibrate } from './measure/calibrate.js';
import { nextTurn } from './measure/clock.js';
import { fetchFeed, type Feed } from './measure/feed.js';
import { collectGarbage, threadMemory, userAgentMemory } from './measure/memory.js';
import { watchMainThread } from './measure/responsiveness.js';
import { takeSeries } from './measure/series.js';
import { soak } from './measure/soak.js';
import { probe } from './probes.js';
import { runDataset } from './run.js';
import type { LoadedModel, Prepared, Runtime } from './runtimes/adapter.js';
import { runtimeModule } from './runtimes/registry.js';

/** The runtime that this page has started: one a page, for two could disturb each other's counts. */
let started: { slug: string; target: Target; runtime: Runtime } | undefined;
/** The cell that is under way. */
let current:
  | {
      model: LoadedModel;
      request: LoadModelRequest;
      mark: ReturnType<typeof markEvidence>;
      kernels: number;
      feed?: Feed;
    }
  | undefined;
let outputs: readonly TensorData[] = [];
/** Whether a model was asked for and refused since the last one that was loaded. */
let refused = false;

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
    const fetchMs = performance.now() - from;
    // Not what anybody waits for but us.
    for (const [index, file] of request.files.entries())
      await checkModelFile(file, contents[index] as Uint8Array<ArrayBuffer>);
    const byName = new Map(
      request.files.map((file, index) => [nameOf(file.url), contents[index] as Uint8Array<ArrayBuffer>]),
    );
    const [entry] = contents;
    if (entry === undefined) throw new PlumblineError('E_CARD', 'the artifact lists no file');
    refused = true;
    const checked = performance.now();
    const model = await started.runtime.loadModel({ entry, byName, inputs: request.inputs, outputs: request.outputs });
    const sessionMs = performance.now() - checked;
    refused = false;
    current = { model, request, mark, kernels: model.kernels?.() ?? 0 };
    return { fetchMs, sessionMs, provider: model.provider, withoutReadBack: model.withoutReadBack === true };
  },

  async run(request) {
    const cell = theCurrent('run');
    const result = await runDataset(cell.model, cell.request.inputs, request);
    outputs = result.outputs;
    return {
      ...result,
      outputs: outputs.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] })),
      evidence: evidenceOf(cell),
      memory: threadMemory(cell.model),
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
    const cell = current;
    const evidence = cell === undefined ? {} : { evidence: evidenceOf(cell) };
    const from = performance.now();
    outputs = [];
    current = undefined;
    const leaks = (await cell?.model.dispose()) ?? [];
    if (refused) leaks.push(...(await leftByRefusal()));
    return { ms: performance.now() - from, leaks, ...evidence };
  },

  async feed(request) {
    const cell = theCurrent('feed');
    const from = performance.now();
    cell.feed = await fetchFeed(cell.request.inputs, request);
    return { samples: cell.feed.samples, inputMs: performance.now() - from };
  },

  async measure(request) {
    return await withBatch(request.batchSize, async (prepared) => {
      if (request.readBack) return await takeSeries(prepared.infer ?? prepared.run, request);
      if (prepared.runOnly === undefined)
        throw new PlumblineError('E_INTERNAL', `${theCurrent('measure').model.provider} always reads its outputs back`);
      return await takeSeries(prepared.runOnly, request);
    });
  },

  calibrate: ({ timings }) => calibrate(timings),

  async memory({ userAgentMs, collect = false }) {
    if (collect) await collectGarbage();
    return { ...threadMemory(current?.model), ...(await userAgentMemory(userAgentMs)) };
  },

  responsiveness: (request) => watchMainThread(() => inferFor(request)),

  soak: (request) =>
    withBatch(request.batchSize, (prepared) => soak(prepared.run, () => threadMemory(current?.model), request)),
};

/** Infers the first samples again and again, and gives the event loop its turn in between, as a page that cares does. */
export function inferFor({ batchSize, durationMs }: ResponsivenessRequest): Promise<number> {
  return withBatch(batchSize, async (prepared) => {
    const from = performance.now();
    let inferences = 0;
    while (inferences === 0 || performance.now() - from < durationMs) {
      await prepared.run();
      inferences++;
      await nextTurn();
    }
    return inferences;
  });
}

async function withBatch<T>(size: number, work: (prepared: Prepared) => Promise<T>): Promise<T> {
  const { model, feed } = theCurrent('feed');
  if (feed === undefined) throw new PlumblineError('E_INTERNAL', 'nothing was fed');
  const prepared = model.prepare(feed.batch(size));
  try {
    return await work(prepared);
  } finally {
    prepared.release();
  }
}

function evidenceOf({ model, request, mark, kernels }: NonNullable<typeof current>): Evidence {
  const total = model.kernels?.();
  return {
    ...evidenceSince(mark),
    provider: model.provider,
    threads: request.target.threads ?? model.threads ?? 1,
    ...(total === undefined ? {} : { kernels: total - kernels }),
  };
}

/** What a model that was refused left behind, in words. */
async function leftByRefusal(): Promise<string[]> {
  refused = false;
  const runtime = started?.runtime;
  if (runtime?.check === undefined) return ['a model was refused, and nothing shows that the runtime is as it was'];
  try {
    await runtime.check();
    return [];
  } catch (error) {
    return [`since a model was refused, the runtime no longer runs a tiny one: ${messageOf(error)}`];
  }
}

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

/** The code and phase of whatever fails in a method and has none of its own. */
const FAULTS: Readonly<Record<keyof WorkerApi, readonly [ErrorCode, Phase]>> = {
  environment: ['E_INTERNAL', 'page-ready'],
  probe: ['E_INTERNAL', 'probe'],
  loadRuntime: ['E_RUNTIME_LOAD', 'runtime-load'],
  loadModel: ['E_MODEL_LOAD', 'model-load'],
  run: ['E_RUN', 'run'],
  upload: ['E_UPLOAD', 'upload'],
  dispose: ['E_RUN', 'dispose'],
  feed: ['E_RUN', 'run'],
  measure: ['E_RUN', 'run'],
  calibrate: ['E_INTERNAL', 'run'],
  memory: ['E_INTERNAL', 'run'],
  responsiveness: ['E_RUN', 'run'],
  soak: ['E_RUN', 'run'],
  inferFor: ['E_RUN', 'run'],
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

/** What the worker answers beside the page's methods. */
export interface WorkerApi extends PageApi {
  readonly inferFor: typeof inferFor;
}

export const workerApi: WorkerApi = { ...api, inferFor };

/** Calls a method of `methods`; never rejects. */
export async function answer(methods: PageApi, method: string, argument: unknown): Promise<PageAnswer> {
  const found = Object.hasOwn(methods, method) ? methods[method as PageMethod] : undefined;
  if (found === undefined) {
    const unknown = new PlumblineError('E_PROTOCOL', `the page has no method "${method}"`);
    return { ok: false, error: await nameFault(unknown, 'E_PROTOCOL', 'page-ready') };
  }
  try {
    // The runner and the page are built from one contract; what the runner sends is typed there.
    const run = found as (argument: unknown) => Promise<unknown>;
    return { ok: true, value: await unlessGpuLost(run(argument)) };
  } catch (thrown) {
    const [code, phase] = FAULTS[method as keyof WorkerApi];
    return { ok: false, error: await nameFault(thrown, code, phase) };
  }
}
