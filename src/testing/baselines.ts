/** The baselines that a cell is judged against, loaded once a worker. */
import {
  baselineThreads,
  faultedBaseline,
  isRecorded,
  loadBaseline,
  loadReference,
  originalArtifact,
} from '../baseline/baseline.js';
import { loadRecorded } from '../baseline/recorded.js';
import { assertSound } from '../baseline/sound.js';
import { datasetFor } from '../baseline/samples.js';
import type { Dataset } from '../datasets/index.js';
import { top1, type WrongWeight } from '../judge/index.js';
import type { Observed } from '../observations/store.js';
import type { Model } from '../plan/cards.js';
import type { PlannedCell } from '../plan/plan.js';
import { artifactSlug } from '../protocol/cell.js';
import type { Artifact } from '../protocol/card.js';
import type { TensorData } from '../protocol/observation.js';

/** What a cell's outputs are held against. */
export interface CellBaseline {
  /** The same artifact on the PC, or the ONNX form of its weights. */
  readonly reference: readonly TensorData[];
  /** The fp32 original on the PC; empty where the model has none. */
  readonly fp32: readonly TensorData[];
  readonly labels: Uint8Array | undefined;
  /** Samples that the reference was recorded over; `undefined` where it was computed here, over all that a cell may run. */
  readonly covers: number | undefined;
  /** What the fp32 original gives with one weight changed, where that was recorded for this dataset. */
  readonly wrongWeight: WrongWeight | undefined;
}

export class Baselines {
  readonly #loaded = new Map<string, Promise<Observed>>();
  readonly #wrong = new Map<string, Promise<TensorData | undefined>>();

  constructor(readonly dataset: Dataset) {}

  /** @throws PlumblineError `E_BASELINE`, `E_CHECKSUM`: the cell cannot be judged then. */
  async forCell({
    model,
    artifact,
    target,
  }: Pick<PlannedCell, 'model' | 'artifact' | 'target'>): Promise<CellBaseline> {
    const fp32 = originalArtifact(model);
    const [reference, original, labels, wrong] = await Promise.all([
      this.#once('reference', model, artifact, loadReference, baselineThreads(artifact, target)),
      fp32 === undefined ? undefined : this.#once('reference', model, fp32, loadReference),
      this.dataset.labels(),
      fp32 === undefined ? undefined : this.#wrongWeight(model, fp32),
    ]);
    // What is fp32 has the original's own weights, so it reaches the original's accuracy; fewer bits may cost some.
    const exact = artifact.precision === 'fp32' ? [original, reference] : [original];
    if (labels !== undefined)
      for (const observed of new Set(exact)) if (observed !== undefined) assertAccurate(model, observed, labels);
    const right = original?.outputs[0];
    return {
      reference: reference.outputs,
      fp32: original?.outputs ?? [],
      labels,
      covers: isRecorded(artifact) ? Math.min(reference.observation.n, original?.observation.n ?? Infinity) : undefined,
      wrongWeight:
        wrong === undefined || right === undefined
          ? undefined
          : { what: model.card.wrongWeight?.what ?? '', wrong, right },
    };
  }

  /** What the PC computes for an artifact itself; a fault is an observation, too. */
  async observe(model: Model, artifact: Artifact): Promise<Observed> {
    try {
      return await this.#once('own', model, artifact, loadBaseline);
    } catch (error) {
      return faultedBaseline(model, artifact, this.dataset, error);
    }
  }

  #wrongWeight(model: Model, original: Artifact): Promise<TensorData | undefined> {
    const { name, wrongWeight } = model.card;
    const { descriptor } = this.dataset;
    const recorded = wrongWeight?.recorded;
    if (recorded?.dataset !== descriptor.name || recorded.split !== descriptor.split) return Promise.resolve(undefined);
    const pending =
      this.#wrong.get(name) ??
      loadRecorded(model, { ...original, recorded: [recorded] }, this.dataset).then(({ outputs }) => outputs[0]);
    this.#wrong.set(name, pending);
    return pending;
  }

  #once(
    what: 'own' | 'reference',
    model: Model,
    artifact: Artifact,
    load: typeof loadReference,
    threads = 1,
  ): Promise<Observed> {
    const key = `${what} ${model.card.name}/${artifactSlug(artifact)} ${String(threads)}`;
    let pending = this.#loaded.get(key);
    if (pending === undefined) {
      pending = load(model, artifact, this.dataset, threads);
      this.#loaded.set(key, pending);
    }
    return pending;
  }
}

/** @throws PlumblineError `E_BASELINE` when the PC does not reach the accuracy of the card. */
function assertAccurate({ card }: Model, { observation: { n }, outputs }: Observed, labels: Uint8Array): void {
  const [logits] = outputs;
  if (logits === undefined) return;
  const right = top1(logits, n).reduce((count, winner, sample) => count + (winner === labels[sample] ? 1 : 0), 0);
  assertSound(card, right / n, n);
}

/** Gives the baselines of the dataset that an artifact is run on: one set a dataset. */
export function baselinesByDataset(): (cell: Pick<PlannedCell, 'model' | 'artifact'>) => Promise<Baselines> {
  const known = new Map<string, Baselines>();
  const datasets = new Map<string, Promise<Dataset>>();
  return async ({ model, artifact }) => {
    const key = `${model.card.name}/${artifactSlug(artifact)}`;
    const pending = datasets.get(key) ?? datasetFor(model, artifact);
    datasets.set(key, pending);
    const dataset = await pending;
    const baselines = known.get(dataset.slug) ?? new Baselines(dataset);
    known.set(dataset.slug, baselines);
    return baselines;
  };
}
