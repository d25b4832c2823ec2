/**
 * Before a run: the harness page is up to date, every model file and dataset is there, and there is a display for the
 * browsers that need one.
 */
import { deriveFiles } from '../artifacts/derive.js';
import { ensureDisplay } from '../browsers/display.js';
import { findEngines } from '../browsers/find.js';
import { buildPage } from '../build/page.js';
import { loadDataset } from '../datasets/index.js';
import { loadModels, type Model } from '../plan/cards.js';

export default async function globalSetup(): Promise<() => Promise<void>> {
  await buildPage();
  const { models } = loadModels();
  const { failed } = await deriveFiles(models);
  // Told here, for the cells that need such a file can only say that it is not there.
  for (const { message, hint } of failed) console.error(`${message}\n${hint}`);
  await fetchDatasets(models);
  const engines = await findEngines();
  if (!engines.some((status) => status.found && status.engine.needsDisplay)) return () => Promise.resolve();
  const display = await ensureDisplay();
  // Workers inherit the environment of the runner.
  process.env.DISPLAY = display.display;
  return () => display.close();
}

/**
 * Here and not in a worker: a download would count against a test's time, and all workers must agree on whether a dataset
 * is the real one. What is wrong with one is told by its cells.
 */
async function fetchDatasets(models: readonly Model[]): Promise<void> {
  const names = models.filter(({ card }) => card.samples === undefined).map(({ card }) => card.dataset);
  for (const name of new Set(names)) await loadDataset(name).catch(() => undefined);
}
