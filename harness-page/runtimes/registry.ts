/** The runtimes there are. Each is a chunk of its own, fetched when it is asked for. */
import type { RuntimeName } from '../../src/protocol/cell.js';
import { PlumblineError } from '../../src/protocol/errors.js';
import type { StartRuntime } from './adapter.js';

const runtimes: Readonly<Partial<Record<RuntimeName, () => Promise<{ start: StartRuntime }>>>> = {
  ort: () => import('./ort.js'),
  tfjs: () => import('./tfjs.js'),
  litert: () => import('./litert.js'),
};

/** @throws PlumblineError `E_RUNTIME_LOAD` for a runtime that this page has no adapter for. */
export async function runtimeModule(name: RuntimeName): Promise<{ start: StartRuntime }> {
  const load = runtimes[name];
  if (load === undefined) throw new PlumblineError('E_RUNTIME_LOAD', `the page has no adapter for runtime "${name}"`);
  return await load();
}
