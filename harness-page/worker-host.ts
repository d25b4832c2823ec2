/** The page's end of the worker. */
import { PlumblineError, fromErrorRecord } from '../src/protocol/errors.js';
import type { PageAnswer } from '../src/protocol/messages.js';
import type { WorkerApi } from './api.js';
import type { ConsoleEntry } from '../src/protocol/observation.js';
import { pageUrl } from './address.js';
import type { FromWorker, ToWorker } from './worker-messages.js';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: PlumblineError) => void;
}

/** A worker that has come to life, with the page's API in it. */
export class RuntimeWorker {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  /** @throws PlumblineError `E_RUNTIME_LOAD` when the worker does not come to life */
  static start(): Promise<RuntimeWorker> {
    const script = document.querySelector<HTMLElement>('script[data-worker]')?.dataset.worker;
    if (script === undefined) throw new PlumblineError('E_INTERNAL', 'the page does not name the script of its worker');
    return new Promise((resolve, reject) => {
      // What the page was asked for by its address, the worker is, too.
      const worker = new Worker(pageUrl(script) + location.search);
      // An error later on is no end of it: whoever was called tells, and its console line is there.
      worker.addEventListener('error', (event) => {
        const why = event.message || 'its script could not be loaded';
        reject(new PlumblineError('E_RUNTIME_LOAD', `the worker did not come to life: ${why}`));
      });
      const host = new RuntimeWorker(worker, () => {
        resolve(host);
      });
    });
  }

  private constructor(worker: Worker, ready: () => void) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      switch (data.kind) {
        case 'ready':
          ready();
          break;
        case 'answer':
          this.#settle(data.id, data.answer);
          break;
        case 'console':
          data.entries.forEach(print);
          break;
      }
    });
  }

  #settle(id: number, answer: PageAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(fromErrorRecord(answer.error));
  }

  /** Calls a method of the worker's API. @throws PlumblineError what the method failed by */
  call<M extends keyof WorkerApi>(
    method: M,
    argument: Parameters<WorkerApi[M]>[0],
  ): Promise<Awaited<ReturnType<WorkerApi[M]>>> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      // Page and worker are of one build.
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      this.#worker.postMessage({ id, method, argument } satisfies ToWorker);
    });
  }

  terminate(): void {
    this.#worker.terminate();
  }
}

const PRINT = { debug: 'debug', log: 'log', info: 'info', warning: 'warn', error: 'error' } as const;

function print({ level, text }: ConsoleEntry): void {
  console[PRINT[level]](text);
}
