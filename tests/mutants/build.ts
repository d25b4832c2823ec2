/**
 * Builds a harness page with a mutant in it, for whoever wants to see what the suite makes of it:
 *
 *     npx tsx tests/mutants/build.ts /tmp/slow-page --mutant slow --target ort-wasm-t1 --percent 10
 *     PLUMBLINE_PAGE=/tmp/slow-page npm run perf
 */
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { buildPage } from '../../src/build/page.js';
import { MUTANTS, type MutantName } from './page/mutants.js';
import { mutants } from './plugin.js';

interface Options {
  readonly mutant: MutantName;
  readonly target: readonly string[];
  readonly percent: number;
  readonly leak: number;
}

function positive(text: string): number {
  if (!(Number(text) > 0)) throw new InvalidArgumentError('not a positive number');
  return Number(text);
}

await new Command('build')
  .argument('<folder>', 'where the page goes')
  .addOption(new Option('--mutant <name>', 'what is wrong').choices(Object.keys(MUTANTS)).makeOptionMandatory())
  .requiredOption('--target <slugs...>', 'on which runtime-backends, such as ort-wasm-t1')
  .option('--percent <number>', 'by how much `slow` is slower', positive, 10)
  .option('--leak <bytes>', 'what `leaky` keeps of each inference', positive, 256 << 10)
  .action(async (folder: string, { mutant, target, percent, leak }: Options) => {
    const byTarget = Object.fromEntries(target.map((slug) => [slug, mutant]));
    const plugin = mutants(byTarget, { slowPercent: percent, leakBytes: leak });
    const { outDir } = await buildPage({ outDir: path.resolve(folder), plugins: [plugin] });
    console.log(outDir);
  })
  .parseAsync();
