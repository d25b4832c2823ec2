/** Which mutant a page is: the one that its address names (`?mutant=oneNaN`), else the one that the build has for the target. */
import type { StartRuntime } from '../../../harness-page/runtimes/adapter.js';
import { targetSlug, type Target } from '../../../src/protocol/cell.js';
import { MUTANTS, type MutantName } from './mutants.js';

/** Put in by the build (plugin.ts). */
declare const MUTANT_BY_TARGET: Partial<Record<string, MutantName>>;

export function mutantFor(target: Target): MutantName {
  const named = new URLSearchParams(location.search).get('mutant');
  if (named === null) return MUTANT_BY_TARGET[targetSlug(target)] ?? 'none';
  if (Object.hasOwn(MUTANTS, named)) return named as MutantName;
  throw new Error(`there is no mutant "${named}"`);
}

export const mutated =
  (start: StartRuntime): StartRuntime =>
  (target) =>
    MUTANTS[mutantFor(target)](start)(target);
