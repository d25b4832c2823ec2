/** The harness server: the page, the models and the datasets under the names that the page knows. */
import { mkdir } from 'node:fs/promises';
import { buildPage } from '../build/page.js';
import { datasetsCache } from '../datasets/index.js';
import { modelsDir } from '../paths.js';
import { startServer, type HarnessServer, type ServerOptions } from './server.js';

export interface HarnessOptions extends Omit<ServerOptions, 'mounts'> {
  /** Folder of the built page; default: the page of the sources, built where they have changed. */
  readonly page?: string | undefined;
  /** Folder of the models; default: the project's, or what `PLUMBLINE_MODELS` names. */
  readonly models?: string | undefined;
  /** Further folders, by the name under which they are served. */
  readonly mounts?: ServerOptions['mounts'];
}

export async function startHarness(options: HarnessOptions = {}): Promise<HarnessServer> {
  const { page = (await buildPage()).outDir, models = modelsDir(), mounts, ...others } = options;
  // Where no dataset has been loaded yet there is no folder of datasets to serve.
  await mkdir(datasetsCache(), { recursive: true });
  return await startServer({ mounts: { page, models, datasets: datasetsCache(), ...mounts }, ...others });
}

/** Address of the harness page on a server; `driven` keeps the controls for people away. */
export function harnessUrl(server: HarnessServer): string {
  return `${server.origin}/page/?driven`;
}
