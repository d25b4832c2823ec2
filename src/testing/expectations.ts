/** The declared, known non-passes: those of the suite, and those that lie beside the card of a model that was brought along. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  applyExpectation,
  expectationFor,
  parseExpectations,
  unmatchedExpectations,
  type BareVerdict,
  type Expectation,
  type ExpectationOutcome,
  type RecordExtras,
} from '../judge/index.js';
import { PROJECT_ROOT } from '../paths.js';
import { loadModels, type Model } from '../plan/cards.js';
import { PlumblineError } from '../protocol/errors.js';
import type { ResultRecord } from '../protocol/record.js';

let known: Expectation[] | undefined;

/** @throws PlumblineError `E_EXPECTATION` that names the entry and the field that is wrong */
export function expectations(): Expectation[] {
  const file = process.env.PLUMBLINE_EXPECTATIONS ?? path.join(PROJECT_ROOT, 'specs', 'expectations.json');
  // What is said of one model is more particular than what is said of all, so it comes first.
  known ??= [
    ...loadModels().models.flatMap(ownExpectations),
    ...parseExpectations(readFileSync(file, 'utf8'), path.relative(PROJECT_ROOT, file)),
  ];
  return known;
}

/** A verdict, held against what was declared of its cell: see {@link applyExpectation}. */
export interface Held<V extends BareVerdict> extends Pick<ExpectationOutcome<V>, 'verdict' | 'ok'> {
  /** For the record; absent where nothing was declared. */
  readonly expectation: RecordExtras['expectation'];
}

/** @param gpu as the observation names it */
export function heldAgainstDeclared<V extends BareVerdict>(
  verdict: V,
  id: string,
  gpu: string,
  kind: ResultRecord['kind'],
): Held<V> {
  const declared = expectationFor(expectations(), id, gpu, kind);
  const { met, ...held } = applyExpectation(verdict, declared, kind);
  return { ...held, expectation: declared === undefined ? undefined : { declared, met } };
}

/**
 * What `expectations.json` beside the card declares.
 * @throws PlumblineError `E_EXPECTATION` as for those of the suite, and where an entry is of other models
 */
export function ownExpectations({ card: { name }, folder }: Pick<Model, 'card' | 'folder'>): Expectation[] {
  const file = path.join(folder, 'expectations.json');
  if (!existsSync(file)) return [];
  const shown = path.relative(PROJECT_ROOT, file);
  const own = parseExpectations(readFileSync(file, 'utf8'), shown);
  const foreign = own.find(({ cells }) => !cells.startsWith(`${name}/`));
  if (foreign !== undefined)
    throw new PlumblineError('E_EXPECTATION', `${shown}: "${foreign.cells}" does not begin with "${name}/"`);
  return own;
}

/** Patterns of expectations that name no cell of the whole plan. */
export function unmatched(ids: readonly string[]): string[] {
  return unmatchedExpectations(expectations(), ids).map(({ cells }) => cells);
}
