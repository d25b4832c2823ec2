/**
 * What can be wrong with a runtime, or with the adapter to it: each mutant wraps the real adapter and spoils one thing.
 * It runs in the page, in a test build alone; the production page has no place for it.
 */
import { clockStep } from '../../../harness-page/measure/clock.js';
import type { LoadedModel, Prepared, Runtime, StartRuntime } from '../../../harness-page/runtimes/adapter.js';
import type { TensorData } from '../../../src/protocol/observation.js';

type Mutant = (start: StartRuntime) => StartRuntime;

/** The one sample and the one of its logits that a mutant spoils. */
export const SPOILED = { sample: 3, logit: 7 } as const;

/** What the mutants that throw say: a verdict must hold these words. */
export const SAID = 'the runtime has had enough';

const changeRuntime =
  (change: (runtime: Runtime) => Partial<Runtime>): Mutant =>
  (start) =>
  async (target) => {
    const runtime = await start(target);
    return { ...runtime, ...change(runtime) };
  };

export const changeModel = (change: (model: LoadedModel) => Partial<LoadedModel>): Mutant =>
  changeRuntime((runtime) => ({
    async loadModel(files) {
      const model = await runtime.loadModel(files);
      return { ...model, ...change(model) };
    },
  }));

/** Changes the logits of the first batch, or of every batch. `columns` is the number of logits a sample. */
const changeLogits = (change: (logits: Float32Array, columns: number) => void, everyBatch = false): Mutant =>
  changeModel((model) => {
    let batches = 0;
    return {
      async run(inputs) {
        const outputs = await model.run(inputs);
        if (batches++ > 0 && !everyBatch) return outputs;
        return outputs.map((output) => {
          const data = Float32Array.from(output.data as Float32Array);
          change(data, data.length / (output.shape[0] ?? 1));
          return { ...output, data };
        });
      },
    };
  });

const spoilOne = (spoil: (logit: number) => number): Mutant =>
  changeLogits((logits, columns) => {
    const index = SPOILED.sample * columns + SPOILED.logit;
    logits[index] = spoil(logits[index] ?? 0);
  });

/** Cuts the shape of every output; the data is cut to fit. */
const cutOutputs = (cut: (shape: readonly number[]) => number[]): Mutant =>
  changeModel((model) => ({
    async run(inputs) {
      const outputs = await model.run(inputs);
      return outputs.map((output): TensorData => {
        const shape = cut(output.shape);
        return {
          ...output,
          shape,
          data: output.data.slice(
            0,
            shape.reduce((product, size) => product * size, 1),
          ),
        };
      });
    },
  }));

/** Changes each inference of inputs that are held ready: what measurements call. */
const changeInference = (change: (run: Prepared['run']) => Prepared['run']): Mutant =>
  changeModel((model) => ({
    prepare(inputs) {
      const prepared = model.prepare(inputs);
      return { ...prepared, run: change(prepared.run) };
    },
  }));

/** Put in by the build (plugin.ts). */
declare const MUTANT_SETTINGS: MutantSettings;

export interface MutantSettings {
  /** By how many percent `slow` lets an inference take longer. */
  readonly slowPercent: number;
  /** What `leaky` keeps of each inference. */
  readonly leakBytes: number;
}

const kept: Uint8Array[] = [];

/** As little as float32 can differ by. */
function nudge({ data, ...output }: TensorData): TensorData {
  const bytes = new Uint8Array(data.slice().buffer);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return { ...output, data: new Float32Array(bytes.buffer) };
}

/** Long enough for a main thread to be seen standing still. */
const BLOCK_MS = 800;

const never = <T>(): Promise<T> => new Promise(() => undefined);
const refuse = <T>(): Promise<T> => Promise.reject(new Error(SAID));

/** More than the steps of any engine's clock in a page that is isolated. */
const MOST_OVERDUE_MS = 0.05;

/**
 * Each inference takes so many percent longer: what the clock's steps make the waiting too long or too short by is made up
 * for later. A wait ends as the clock steps and began half a step, in the mean, after the reading that says so.
 */
const slowDown: Mutant = changeModel((model) => {
  const share = MUTANT_SETTINGS.slowPercent / 100;
  const halfStepMs = clockStep() / 2;
  let owedMs = 0;
  const slow =
    <T>(infer: () => Promise<T>) =>
    async (): Promise<T> => {
      const from = performance.now();
      const result = await infer();
      const done = performance.now();
      owedMs += share * (done - from);
      let now = done;
      while (now - done < owedMs) now = performance.now();
      // Of a wait that the system made far too long, for it had others to serve, no more is made up for than the clock's.
      if (now > done) owedMs = Math.max(owedMs - (now - done - halfStepMs), -MOST_OVERDUE_MS);
      return result;
    };
  return {
    run: (inputs) => slow(() => model.run(inputs))(),
    prepare(inputs) {
      const prepared = model.prepare(inputs);
      const { run, infer, runOnly } = prepared;
      return {
        ...prepared,
        run: slow(run),
        ...(infer === undefined ? {} : { infer: slow(infer) }),
        ...(runOnly === undefined ? {} : { runOnly: slow(runOnly) }),
      };
    },
  };
});

const leaveItself: Mutant = (start) => start;

export const MUTANTS = {
  none: leaveItself,

  // Wrong numbers.
  negateLogit: spoilOne((logit) => -logit),
  scaleLogits: changeLogits((logits) => {
    logits.forEach((logit, index) => (logits[index] = logit * 1.001));
  }, true),
  oneNaN: spoilOne(() => NaN),
  oneInfinity: spoilOne(() => Infinity),
  swapSamples: changeLogits((logits, columns) => {
    const first = logits.slice(0, columns);
    logits.copyWithin(0, columns, 2 * columns);
    logits.set(first, columns);
  }),

  // Wrong shapes.
  lackLogit: cutOutputs(([rows = 0, columns = 0]) => [rows, columns - 1]),
  lackSample: cutOutputs(([rows = 0, columns = 0]) => [rows - 1, columns]),

  // Another backend than the one that was asked for.
  fallBackToWasm: (start) => (target) => start({ runtime: target.runtime, backend: 'wasm' }),
  fallBackToOneThread: (start) => (target) => start({ ...target, threads: 1 }),

  // Faults.
  throwInStart: () => refuse,
  throwInLoad: changeRuntime(() => ({ loadModel: refuse })),
  /** And is broken from then on. */
  breakInLoad: changeRuntime(() => ({ loadModel: refuse, check: refuse })),
  throwInRun: changeModel(() => ({ run: refuse })),
  neverLoad: changeRuntime(() => ({ loadModel: never })),
  neverRun: changeModel(() => ({ run: never })),
  busyRun: changeModel(() => ({
    run() {
      for (;;);
    },
  })),
  // What measurements must see.
  slow: slowDown,
  leaky: changeInference((run) => () => {
    // Written to, so that the system really gives the memory.
    kept.push(new Uint8Array(MUTANT_SETTINGS.leakBytes).fill(1));
    return run();
  }),
  keepSessions: changeModel(() => ({ dispose: () => Promise.resolve([]) })),
  block: changeInference((run) => () => {
    const from = performance.now();
    while (performance.now() - from < BLOCK_MS);
    return run();
  }),
  /** The first inference alone is right. */
  differ: changeInference((run) => {
    let inferences = 0;
    return async () => {
      const outputs = await run();
      return inferences++ === 0 ? outputs : outputs.map(nudge);
    };
  }),
  stopClock: (start) => async (target) => {
    const runtime = await start(target);
    const now = performance.now();
    performance.now = () => now;
    return runtime;
  },
  say: changeInference((run) => () => {
    console.warn(SAID);
    return run();
  }),

  /** The adapter of tfjs makes it true: see tfjs.ts. */
  leakTensors: leaveItself,
} as const satisfies Record<string, Mutant>;

export type MutantName = keyof typeof MUTANTS;
