/** `plumbline zoo`: makes the files of models that are too large to be committed, from those that are. */
import { deriveFiles } from '../../artifacts/derive.js';
import { loadModels } from '../../plan/cards.js';

/** Says what it made, if anything, and what it could not. @returns whether all files are there */
export async function zoo({ quiet }: { readonly quiet: boolean }): Promise<boolean> {
  const started = performance.now();
  const { made, failed } = await deriveFiles(loadModels().models);
  if (made.length > 0) {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`Made ${String(made.length)} model files from committed ones, in ${seconds} s.`);
  } else if (!quiet && failed.length === 0) {
    console.log('All model files are there.');
  }
  for (const { message, hint } of failed) console.error(`${message}\n${hint}`);
  return failed.length === 0;
}
