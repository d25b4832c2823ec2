/** What every runtime looks like to the page: one file a runtime in this folder implements it. */
import type { InputSpec, OutputSpec } from '../../src/protocol/card.js';
import type { Target } from '../../src/protocol/cell.js';
import type { Memory, TensorData } from '../../src/protocol/observation.js';

/** An artifact as it was fetched and checked: entry file first. */
export interface ModelFiles {
  readonly entry: Uint8Array<ArrayBuffer>;
  /** All files by their name (the last part of their address). */
  readonly byName: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly OutputSpec[];
}

/** Inputs in the runtime's own form, held ready to be inferred again and again: what is timed is the inference alone. */
export interface Prepared {
  /**
   * One inference, just as a user of the runtime writes it: nothing of ours is worth telling beside it.
   * @returns one tensor an output of the card, in its order, read back into memory of the page's own
   */
  readonly run: () => Promise<TensorData[]>;
  /**
   * The same call of the runtime and nothing after it, where the outputs that it gives are in memory of the page already.
   * This is what is timed, if it is there: bringing outputs into the form of `run` is some microseconds of our own.
   */
  readonly infer?: () => Promise<unknown>;
  /** The same with the outputs left where they were computed; resolves when they are. Only where the runtime offers it. */
  readonly runOnly?: () => Promise<void>;
  /** Frees the inputs. */
  release(): void;
}

/** A model that is ready to run. */
export interface LoadedModel {
  /** What the runtime calls the backend that it uses. */
  readonly provider: string;
  /**
   * One inference.
   * @param inputs one tensor an input of the card, in its order; batch first
   * @returns one tensor an output of the card, in its order, read back into memory of the page's own
   */
  run(inputs: readonly TensorData[]): Promise<TensorData[]>;
  /** @param inputs as for `run` */
  prepare(inputs: readonly TensorData[]): Prepared;
  /** Whether what `prepare` gives has `runOnly`. */
  readonly withoutReadBack?: boolean;
  /** Threads that the backend computes with, where it sets their number by itself. */
  readonly threads?: number;
  /** Kernels run on the backend so far, where the runtime tells. */
  kernels?(): number;
  /** What the runtime says of its memory now. */
  memory(): Partial<Memory>;
  /** Frees the model. @returns what was left behind, in words */
  dispose(): Promise<string[]>;
}

/** A runtime on one backend, loaded and started. */
export interface Runtime {
  readonly version: string;
  loadModel(files: ModelFiles): Promise<LoadedModel>;
  /**
   * Runs the tiny model that `start` ran, and fails where that no longer works: a model that was refused may have left the
   * runtime broken. Absent where this would not tell.
   */
  check?(): Promise<void>;
}

/** `run` by way of `prepare`. */
export async function runOnce(prepare: LoadedModel['prepare'], inputs: readonly TensorData[]): Promise<TensorData[]> {
  const prepared = prepare(inputs);
  try {
    return await prepared.run();
  } finally {
    prepared.release();
  }
}

/** Loads the runtime's script and binaries and starts the backend. */
export type StartRuntime = (target: Target) => Promise<Runtime>;
