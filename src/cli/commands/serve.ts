/** `plumbline serve`: the harness page for a person, in any browser. */
import pc from 'picocolors';
import { buildCatalog } from '../../plan/catalog.js';
import { loadModels } from '../../plan/cards.js';
import { startHarness } from '../../server/harness.js';

/** Serves until Ctrl-C. */
export async function serve(port: number): Promise<void> {
  const { models, bad } = loadModels();
  for (const { error } of bad) console.error(pc.yellow(error.message));
  const server = await startHarness({ catalog: await buildCatalog(models), port });
  console.log(`Harness page: ${pc.cyan(`${server.origin}/page/`)}   (Ctrl-C ends it)`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await server.close();
}
