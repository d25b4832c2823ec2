/** `plumbline build`: the harness page, where its sources have changed. */
import path from 'node:path';
import { buildPage } from '../../build/page.js';

export async function build(): Promise<void> {
  const { outDir, built } = await buildPage();
  console.log(`${path.relative(process.cwd(), outDir)} ${built ? 'built' : 'is up to date'}`);
}
