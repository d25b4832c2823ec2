/** Runs a cell for a person and shows what it did, through the same API that a driver calls. */
import { batchSizeOf, inputsOf, outputsOf } from '../src/protocol/artifact.js';
import type { Artifact, ModelCard } from '../src/protocol/card.js';
import { artifactSlug, targetSlug, type Target } from '../src/protocol/cell.js';
import type { Catalog } from '../src/protocol/catalog.js';
import { toErrorRecord } from '../src/protocol/errors.js';
import type { PageResult } from '../src/protocol/messages.js';
import { lastOutputs } from './api.js';
import { pageApi as api } from './bridge.js';
import { nameFault } from './errors.js';
import { fetchBytes } from './fetching.js';
import { el, facts } from './ui-dom.js';

export interface Choice {
  readonly card: ModelCard;
  readonly artifact: Artifact;
  readonly target: Target;
  readonly dataset: Catalog['datasets'][string];
  readonly limit: number;
}

const BUDGET_MS = 30_000;
const SHOWN_SAMPLES = 24;

export async function runChosen(choice: Choice, into: Element): Promise<void> {
  const { card, artifact, target } = choice;
  const title = `${card.name}/${artifactSlug(artifact)}/${targetSlug(target)}`;
  const step = el('p', { class: 'step' });
  into.replaceChildren(el('h2', {}, title), step);
  const say = async (text: string): Promise<void> => {
    step.textContent = text;
    // Lets the browser paint before the main thread is taken.
    await new Promise((resolve) => setTimeout(resolve, 30));
  };
  try {
    await say('Loading the runtime…');
    const runtime = await api.loadRuntime(target);
    await say('Loading the model…');
    const loaded = await api.loadModel({
      target,
      format: artifact.format,
      files: artifact.files.map((file) => ({
        ...file,
        url: new URL(`/models/${card.name}/${file.path}`, location.href).href,
      })),
      inputs: inputsOf(card, artifact),
      outputs: outputsOf(card, artifact),
    });
    await say('Running…');
    const { url, ...dataset } = choice.dataset;
    const run = await api.run({
      dataset,
      datasetUrl: url,
      batchSize: batchSizeOf(card, artifact),
      limit: choice.limit,
      budgetMs: BUDGET_MS,
      padLastBatch: artifact.fixedBatch !== undefined,
    });
    step.remove();
    into.append(...(await describeRun(choice, runtime, loaded, run)));
  } catch (thrown) {
    const { code, message, hint, stack } = await nameFault(thrown, 'E_RUN', 'run');
    step.remove();
    into.append(
      el(
        'div',
        { class: 'fault' },
        el('strong', {}, code),
        el('p', {}, message),
        el('p', {}, hint),
        el('pre', {}, stack ?? ''),
      ),
    );
  } finally {
    await api.dispose(null).catch((thrown: unknown) => {
      console.error(toErrorRecord(thrown, 'E_RUN', 'dispose').message);
    });
  }
}

const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
const mib = (value: number | undefined): string =>
  value === undefined ? 'not told' : `${(value / 2 ** 20).toFixed(1)} MiB`;

async function describeRun(
  choice: Choice,
  runtime: PageResult<'loadRuntime'>,
  loaded: PageResult<'loadModel'>,
  run: PageResult<'run'>,
): Promise<Node[]> {
  const { card, dataset } = choice;
  const labels = dataset.labels === undefined ? undefined : await fetchBytes(dataset.url + dataset.labels.file);
  const classes = topClasses();
  const right = labels === undefined ? undefined : classes.filter((winner, sample) => winner === labels[sample]).length;
  const sorted = [...run.inferenceMs].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  return [
    el(
      'p',
      { class: 'headline' },
      right === undefined ? `${String(run.n)} samples` : `${((right / run.n) * 100).toFixed(2)} %`,
      el(
        'small',
        {},
        right === undefined ? '' : `${String(right)} of ${String(run.n)} right; the card says ${cardAccuracy(card)}`,
      ),
    ),
    el(
      'div',
      { class: 'tables' },
      facts('Time', [
        ['runtime load', ms(runtime.ms)],
        ['model fetch', ms(loaded.fetchMs)],
        ['session', ms(loaded.sessionMs)],
        ['first inference', ms(run.firstInferenceMs)],
        ['median of the others', median === undefined ? 'none' : ms(median)],
        ['inferences', String(run.inferenceMs.length + 1)],
      ]),
      facts('Evidence', [
        ['runtime', runtime.version],
        ['provider', run.evidence.provider],
        ['WebGPU dispatches', String(run.evidence.gpuDispatches)],
        ['WebGL draws', String(run.evidence.webglDraws)],
        ['wasm', run.evidence.wasmModules.map((module) => module.name).join(', ') || 'none'],
        ['worker threads', String(run.evidence.workersAlive)],
      ]),
      facts('Memory', [
        ['wasm heap', mib(run.memory.wasmHeapBytes)],
        ['JS heap', mib(run.memory.jsHeapBytes)],
        ['tensors', run.memory.tensors === undefined ? 'not told' : String(run.memory.tensors)],
      ]),
    ),
    ...(await gallery(choice, classes, labels)),
  ];
}

function cardAccuracy({ accuracy }: ModelCard): string {
  return accuracy === undefined ? 'nothing' : `${(accuracy.top1 * 100).toFixed(2)} %`;
}

/** The highest logit of each sample. */
function topClasses(): number[] {
  const [logits] = lastOutputs();
  if (logits === undefined) return [];
  const [n = 0, ...rest] = logits.shape;
  const width = rest.reduce((product, dimension) => product * dimension, 1);
  const values = Array.from(logits.data, Number);
  return Array.from({ length: n }, (_, sample) => {
    const row = values.slice(sample * width, (sample + 1) * width);
    return row.indexOf(Math.max(...row));
  });
}

/** The first samples as pictures: what was predicted, and in red what was wrong. */
async function gallery(
  { dataset, card }: Choice,
  classes: readonly number[],
  labels: Uint8Array | undefined,
): Promise<Node[]> {
  const [field] = dataset.fields;
  const [height, width, channels] = field?.shape ?? [];
  if (field?.dtype !== 'uint8' || height === undefined || width === undefined || channels === undefined) return [];
  const size = height * width * channels;
  const count = Math.min(SHOWN_SAMPLES, classes.length);
  const raw = await fetchBytes(dataset.url + field.file, {
    headers: { range: `bytes=0-${String(count * size - 1)}` },
  });
  const figures = Array.from({ length: count }, (_, index) => {
    const winner = classes[index] ?? -1;
    const label = labels?.[index];
    const wrong = label !== undefined && label !== winner;
    const name = (index: number): string => card.labels[index] ?? String(index);
    const caption = wrong ? `${name(winner)}, not ${name(label)}` : name(winner);
    return el(
      'figure',
      wrong ? { class: 'wrong' } : {},
      picture(raw.subarray(index * size, (index + 1) * size), width, height, channels),
      el('figcaption', {}, caption),
    );
  });
  return [el('h3', {}, 'First samples and what was predicted'), el('div', { class: 'gallery' }, ...figures)];
}

function picture(pixels: Uint8Array, width: number, height: number, channels: number): HTMLCanvasElement {
  const canvas = el('canvas', { width: String(width), height: String(height) });
  const context = canvas.getContext('2d');
  const image = context?.createImageData(width, height);
  if (context === null || image === undefined) return canvas;
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let color = 0; color < 3; color++)
      image.data[pixel * 4 + color] = pixels[pixel * channels + Math.min(color, channels - 1)] ?? 0;
    image.data[pixel * 4 + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
