/** `plumbline zoo`: makes the files of models that are too large to be committed, from those that are. */
import { deriveMissing } from '../../artifacts/derive.js';
import { loadModels } from '../../plan/cards.js';

/**
 * Says what it made, if anything.
 * @throws PlumblineError as {@link deriveMissing}
 */
export async function zoo({ quiet }: { readonly quiet: boolean }): Promise<void> {
  const started = performance.now();
  const made = await deriveMissing(loadModels().models);
  if (made.length > 0) {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`Made ${String(made.length)} model files from committed ones, in ${seconds} s.`);
  } else if (!quiet) {
    console.log('All model files are there.');
  }
}
