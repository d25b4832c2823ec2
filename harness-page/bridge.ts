/**
 * What the page offers a driver and a person: the API in the page itself or, for a `-worker` target, that in a worker of
 * the page's.
 */
import type { PageAnswer, PageApi, PageMethod } from '../src/protocol/messages.js';
import { PlumblineError, messageOf } from '../src/protocol/errors.js';
import { answer, api } from './api.js';
import { together } from './measure/memory.js';
import { watchMainThread } from './measure/responsiveness.js';
import { RuntimeWorker } from './worker-host.js';

/** Where the runtime of this page is, once one was loaded into a worker. */
let worker: RuntimeWorker | undefined;

/** To the worker where there is one. */
const toRuntime = <M extends PageMethod>(method: M): PageApi[M] => {
  const route = async (argument: Parameters<PageApi[M]>[0]): Promise<unknown> => {
    if (worker !== undefined) return await worker.call(method, argument);
    const here = api[method] as (argument: unknown) => Promise<unknown>;
    return await here(argument);
  };
  return route as PageApi[M];
};

export const pageApi: PageApi = {
  environment: api.environment,
  calibrate: api.calibrate,

  async probe(target) {
    if (target.worker !== true) return await api.probe(target);
    // One of its own: the worker that runs the cell is started, and timed, with the runtime.
    const asked = await startedWorker();
    if (!(asked instanceof RuntimeWorker)) return { available: false, words: asked.words };
    try {
      return await asked.call('probe', target);
    } finally {
      asked.terminate();
    }
  },

  async loadRuntime(target) {
    if (target.worker !== true) {
      if (worker !== undefined) throw new PlumblineError('E_INTERNAL', 'the runtime of this page is in a worker');
      return await api.loadRuntime(target);
    }
    const from = performance.now();
    worker ??= await RuntimeWorker.start();
    const report = await worker.call('loadRuntime', target);
    return report.warm ? report : { ...report, ms: performance.now() - from };
  },

  loadModel: toRuntime('loadModel'),
  run: toRuntime('run'),
  upload: toRuntime('upload'),
  dispose: toRuntime('dispose'),
  feed: toRuntime('feed'),
  measure: toRuntime('measure'),
  soak: toRuntime('soak'),

  async memory(request) {
    const page = await api.memory(request);
    if (worker === undefined) return page;
    // The browser's own measure tells of the page with its workers.
    return together(page, await worker.call('memory', { ...request, userAgentMs: 0 }));
  },

  async responsiveness(request) {
    const there = worker;
    if (there === undefined) return await api.responsiveness(request);
    return await watchMainThread(() => there.call('inferFor', request));
  },
};

async function startedWorker(): Promise<RuntimeWorker | { readonly words: string }> {
  try {
    return await RuntimeWorker.start();
  } catch (error) {
    return { words: messageOf(error) };
  }
}

/** Calls a method of the API; never rejects. */
export function call(method: string, argument: unknown): Promise<PageAnswer> {
  return answer(pageApi, method, argument);
}
