/** The datasets there are, by name. */
import { PlumblineError } from '../protocol/errors.js';
import type { Dataset } from './dataset.js';
import { loadCifar10 } from './cifar10.js';
import { generateDataset } from './generated.js';
import { loadImdb } from './imdb.js';
import type { Model } from '../plan/cards.js';
import { loadMnist } from './mnist.js';
import { loadOwnSamples } from './own.js';
import { SPLITS, type Loaded, type Split } from './parsed.js';

export { Dataset } from './dataset.js';
export { datasetsCache } from './store.js';

/** How a dataset is loaded by the name of a split. */
const loaders: Readonly<Record<string, (split: Split) => Promise<Loaded>>> = {
  mnist: async (split) => ({ dataset: await loadMnist(split), texts: {} }),
  cifar10: loadCifar10,
  imdb: loadImdb,
};

/** What makes the suite refuse a generated dataset. */
const REQUIRED = 'PLUMBLINE_REQUIRE_DATASETS';
/**
 * Names, separated by commas, of the datasets whose generated form is used without a look for the real one. A process
 * that finds a dataset missing adds it, and those that it starts inherit that: a run is of one mind, and tells it once.
 */
const GENERATED = 'PLUMBLINE_GENERATED';

const loaded = new Map<string, Promise<Dataset>>();

/**
 * Loads a dataset's test split by its name, or its generated form where it cannot be had; once a process.
 * @throws PlumblineError `E_DATASET_MISSING` for a name that there is none of, or where PLUMBLINE_REQUIRE_DATASETS is
 *   set; `E_CHECKSUM`, `E_DATASET_FORMAT` for one that is there and wrong
 */
export function loadDataset(name: string): Promise<Dataset> {
  let pending = loaded.get(name);
  if (pending === undefined) {
    pending = loadOrGenerate(name);
    loaded.set(name, pending);
  }
  return pending;
}

/**
 * What a model is run on: the samples that it brings along, else the dataset that its card names.
 * @throws PlumblineError as {@link loadDataset}
 */
export async function loadDatasetOf({ card, folder }: Model): Promise<Dataset> {
  return card.samples === undefined
    ? await loadDataset(card.dataset)
    : await loadOwnSamples(card, card.samples, folder);
}

/**
 * One split of a real dataset, `train` or `test`, and the texts that belong to it.
 * @throws PlumblineError `E_USAGE` for a split that there is none of; else as {@link loadDataset}
 */
export async function loadSplit(name: string, split: string): Promise<Loaded> {
  const loader = loaders[name];
  if (loader === undefined) throw unknown(name);
  const known = SPLITS.find((one) => one === split);
  if (known === undefined) {
    throw new PlumblineError('E_USAGE', `${name} has no split "${split}"`, { hint: `Use ${SPLITS.join(' or ')}.` });
  }
  return await loader(known);
}

/** @throws PlumblineError `E_DATASET_MISSING` for a name that there is none of */
export async function loadGenerated(name: string): Promise<Dataset> {
  const dataset = await generateDataset(name);
  if (dataset === undefined) throw unknown(name);
  return dataset;
}

/** As {@link loadDataset}, without its memory. */
export async function loadOrGenerate(name: string): Promise<Dataset> {
  if (!(name in loaders)) throw unknown(name);
  const required = !['', '0', undefined].includes(process.env[REQUIRED]);
  const settled = (process.env[GENERATED] ?? '').split(',').filter((entry) => entry !== '');
  if (settled.includes(name) && !required) return await loadGenerated(name);
  try {
    return (await loadSplit(name, 'test')).dataset;
  } catch (error) {
    if (required || !(error instanceof PlumblineError) || error.code !== 'E_DATASET_MISSING') throw error;
    process.env[GENERATED] = [...settled, name].join(',');
    console.warn(
      `${name} can't be had (${error.detail}); its cells run on generated samples, so there is no accuracy. ${error.hint}`,
    );
    return await loadGenerated(name);
  }
}

const unknown = (name: string): PlumblineError =>
  new PlumblineError('E_DATASET_MISSING', `there is no dataset "${name}"`, {
    hint: `Use one of: ${Object.keys(loaders).join(', ')}; or add a loader in src/datasets/.`,
  });
