/** Before a run: the harness page is up to date, and there is a display for the browsers that need one. */
import { ensureDisplay } from '../browsers/display.js';
import { findEngines } from '../browsers/find.js';
import { buildPage } from '../build/page.js';

export default async function globalSetup(): Promise<() => Promise<void>> {
  await buildPage();
  const engines = await findEngines();
  if (!engines.some((status) => status.found && status.engine.needsDisplay)) return () => Promise.resolve();
  const display = await ensureDisplay();
  // Workers inherit the environment of the runner.
  process.env.DISPLAY = display.display;
  return () => display.close();
}
