/** The datasets there are, by name. */
import { PlumblineError } from '../protocol/errors.js';
import type { Dataset } from './dataset.js';
import { loadMnist } from './mnist.js';

export { Dataset } from './dataset.js';
export { datasetsCache } from './store.js';

const loaders: Readonly<Record<string, () => Promise<Dataset>>> = { mnist: loadMnist };

const loaded = new Map<string, Promise<Dataset>>();

/**
 * Loads a dataset by its name; once a process.
 * @throws PlumblineError `E_DATASET_MISSING` for a name or a file that is not there, `E_CHECKSUM`, `E_DATASET_FORMAT`
 */
export function loadDataset(name: string): Promise<Dataset> {
  const loader = loaders[name];
  if (loader === undefined) {
    const known = Object.keys(loaders).join(', ');
    return Promise.reject(
      new PlumblineError('E_DATASET_MISSING', `there is no dataset "${name}"`, {
        hint: `Use one of: ${known}; or add a loader in src/datasets/.`,
      }),
    );
  }
  let pending = loaded.get(name);
  if (pending === undefined) {
    pending = loader();
    loaded.set(name, pending);
  }
  return pending;
}
