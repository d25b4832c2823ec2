/** `plumbline serve`: the harness page for a person, in any browser. */
import { mkdir } from 'node:fs/promises';
import pc from 'picocolors';
import { buildPage } from '../../build/page.js';
import { datasetsCache } from '../../datasets/index.js';
import { modelsDir } from '../../paths.js';
import { buildCatalog } from '../../plan/catalog.js';
import { loadModels } from '../../plan/cards.js';
import { startServer } from '../../server/server.js';

/** Serves until Ctrl-C. */
export async function serve(port: number): Promise<void> {
  const { outDir } = await buildPage();
  const { models, bad } = loadModels();
  for (const { error } of bad) console.error(pc.yellow(error.message));
  await mkdir(datasetsCache(), { recursive: true });
  const server = await startServer({
    mounts: { page: outDir, models: modelsDir(), datasets: datasetsCache() },
    catalog: await buildCatalog(models),
    port,
  });
  console.log(`Harness page: ${pc.cyan(`${server.origin}/page/`)}   (Ctrl-C ends it)`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await server.close();
}
