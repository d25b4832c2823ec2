/** The declared, known non-passes. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseExpectations, unmatchedExpectations, type Expectation } from '../judge/index.js';
import { PROJECT_ROOT } from '../paths.js';

let known: Expectation[] | undefined;

/** @throws PlumblineError `E_EXPECTATION` that names the entry and the field that is wrong */
export function expectations(): Expectation[] {
  const file = process.env.PLUMBLINE_EXPECTATIONS ?? path.join(PROJECT_ROOT, 'specs', 'expectations.json');
  known ??= parseExpectations(readFileSync(file, 'utf8'), path.relative(PROJECT_ROOT, file));
  return known;
}

/** Patterns of expectations that name no cell of the whole plan. */
export function unmatched(ids: readonly string[]): string[] {
  return unmatchedExpectations(expectations(), ids).map(({ cells }) => cells);
}
