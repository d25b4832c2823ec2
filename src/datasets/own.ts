/** The samples that a model brings along, listed in its card, as a dataset like any other. */
import { readChecked } from '../artifacts/files.js';
import type { CardSamples, ModelCard } from '../protocol/card.js';
import type { Dataset } from './dataset.js';
import { storeDataset, type RawField } from './store.js';

/** The split of a model's own samples: where they come from. */
export function ownSplit(samples: Pick<CardSamples, 'generated'>): string {
  return samples.generated ? 'generated' : 'supplied';
}

/**
 * @param folder where the card lies
 * @throws PlumblineError `E_CHECKSUM` when a file is missing or not the one that the card describes
 */
export async function loadOwnSamples(card: ModelCard, samples: CardSamples, folder: string): Promise<Dataset> {
  const fields = await Promise.all(
    samples.fields.map(async ({ name, dtype, shape, file }): Promise<RawField> => {
      return { name, dtype, shape, samples: await readChecked({ card, folder }, file) };
    }),
  );
  return await storeDataset({
    name: card.name,
    split: ownSplit(samples),
    n: samples.n,
    ...(samples.generated ? { generated: true } : {}),
    fields,
  });
}
