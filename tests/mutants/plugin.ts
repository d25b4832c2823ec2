/** Builds the harness page with mutants in the place of its adapters. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import type { MutantName, MutantSettings } from './page/mutants.js';

const PAGE = path.join(path.dirname(fileURLToPath(import.meta.url)), 'page');

const SETTINGS: MutantSettings = { slowPercent: 10, leakBytes: 256 << 10 };

/**
 * For `buildPage`: whoever asks the registry for an adapter gets the mutant of it.
 * @param byTarget what to spoil where the page's address names no mutant, by target: `{ 'ort-wasm-t1': 'oneNaN' }`
 * @param settings of the mutants that come in degrees; default: 10 percent, 256 KiB
 */
export function mutants(
  byTarget: Readonly<Record<string, MutantName>> = {},
  settings: Partial<MutantSettings> = {},
): Plugin {
  return {
    name: 'mutants',
    setup(build) {
      build.initialOptions.define = {
        ...build.initialOptions.define,
        MUTANT_BY_TARGET: JSON.stringify(byTarget),
        MUTANT_SETTINGS: JSON.stringify({ ...SETTINGS, ...settings }),
      };
      build.onResolve({ filter: /^\.\/(ort|tfjs|litert)\.js$/ }, ({ path: asked, importer }) =>
        path.basename(importer) === 'registry.ts' ? { path: path.join(PAGE, asked.replace(/js$/, 'ts')) } : undefined,
      );
    },
  };
}
