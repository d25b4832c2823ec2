/** What a person at the harness page can choose from: `/catalog.json` on the server. */
import type { ModelCard } from './card.js';
import type { Format, Target } from './cell.js';
import type { DatasetDescriptor } from './dataset.js';

export interface Catalog {
  readonly models: readonly ModelCard[];
  readonly targets: Readonly<Record<Format, readonly Target[]>>;
  /** By name; `url` is the folder of its files. */
  readonly datasets: Readonly<Record<string, DatasetDescriptor & { readonly url: string }>>;
}
