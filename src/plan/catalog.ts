/** The catalog for a person at the harness page, from the models and the datasets that can be had. */
import { loadDatasetOf } from '../datasets/index.js';
import type { Catalog } from '../protocol/catalog.js';
import type { Model } from './cards.js';
import { TARGETS } from './targets.js';

/** Models whose dataset is missing are left out: there is nothing to run them on. */
export async function buildCatalog(models: readonly Model[]): Promise<Catalog> {
  const datasets: Record<string, Catalog['datasets'][string]> = {};
  for (const model of models) {
    const name = model.card.dataset;
    if (name in datasets) continue;
    const dataset = await loadDatasetOf(model).catch(() => undefined);
    if (dataset !== undefined) datasets[name] = { ...dataset.descriptor, url: `/datasets/${dataset.slug}/` };
  }
  return {
    models: models.map((model) => model.card).filter((card) => card.dataset in datasets),
    targets: TARGETS,
    datasets,
  };
}
