/**
 * Expectations: declared, known non-passes of cells, as data in `specs/expectations.json`. This is the source of its
 * published JSON Schema, `specs/expectations.schema.json`.
 *
 * The file is a list; the first entry that matches a cell is the one that counts, so a particular entry stands before a
 * general one. `cells` is a cell id in which `*` stands for any run of characters and `?` for one character, neither of
 * them for `/` or `@`: each part of the id is matched by itself, and `lenet?/onnx-fp32/ort-webgl@*` does not reach
 * `lenet5/onnx-fp32-b100/ort-webgl@firefox`.
 */
import { z } from 'zod';
import { ERRORS, PlumblineError, messageOf, type ErrorCode, type ErrorRecord } from '../protocol/errors.js';
import type { ResultRecord } from '../protocol/record.js';
import type { Verdict } from './judge.js';
import type { BareVerdict } from './outcome.js';
import { because } from './reason.js';

/** The codes with which a cell fails; with all others it is an error. */
const FAIL_CODES: readonly ErrorCode[] = [
  'E_OUTPUT_NONFINITE',
  'E_NUMERIC',
  'E_ACCURACY',
  'E_AGREEMENT',
  'E_QUANTIZATION',
  'E_REPEAT',
];

/** Codes of a failure or of an error, as it may be: a soak fails by a leak, and what is left after dispose is an error. */
const BOTH_CODES: readonly ErrorCode[] = ['E_LEAK'];

export const expectationSchema = z
  .strictObject({
    cells: z
      .string()
      .regex(
        /^[a-z0-9._*?-]+\/[a-z0-9._*?-]+\/[a-z0-9._*?-]+@[a-z0-9*?-]+$/,
        'a cell id, model/format-precision/runtime-backend@browser, in which * and ? stand for parts of words',
      )
      .describe('The cells that are meant; the first entry that matches a cell counts'),
    gpu: z
      .string()
      .min(1)
      .optional()
      .describe('Words of the GPU’s name: the entry counts on such a GPU alone; absent: on any'),
    status: z.enum(['fail', 'error']).describe('`fail`: another answer than the PC’s. `error`: no answer to judge'),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]).describe('The error code of the verdict'),
    messageIncludes: z.string().min(1).optional().describe('Words that the message of the verdict holds'),
    reason: z.string().min(1).describe('Why the cell does not pass, for people'),
    link: z.url({ protocol: /^https$/, error: 'an https address' }).describe('Where the defect is reported'),
  })
  .refine(({ status, code }) => BOTH_CODES.includes(code) || (status === 'fail') === FAIL_CODES.includes(code), {
    path: ['code'],
    error: ({ input }) => {
      const { status } = input as { status: string };
      return `a cell with status "${status}" never has this code, so the entry could never be met`;
    },
  });
export type Expectation = z.infer<typeof expectationSchema>;

export const expectationsSchema = z.array(expectationSchema);

/**
 * Reads the text of an expectations file.
 * @param file its name, for the message
 * @throws PlumblineError `E_EXPECTATION`, which names every entry and field that is wrong.
 */
export function parseExpectations(text: string, file = 'specs/expectations.json'): Expectation[] {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (thrown) {
    throw new PlumblineError('E_EXPECTATION', `${file} is not JSON: ${messageOf(thrown)}`, { cause: thrown });
  }
  const parsed = expectationsSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const flaws = parsed.error.issues.map(({ path, message }) => `${placeOf(path, data)}: ${message}`);
  throw new PlumblineError('E_EXPECTATION', `${file}: ${flaws.join('; ')}`);
}

/** `entry 2 (lenet5/…), field "code"`; entries are counted from 1. */
function placeOf([index, ...field]: readonly PropertyKey[], data: unknown): string {
  if (typeof index !== 'number') return 'the file as a whole';
  const cells = (data as readonly { cells?: unknown }[])[index]?.cells;
  const entry = `entry ${String(index + 1)}${typeof cells === 'string' ? ` (${cells})` : ''}`;
  return field.length === 0 ? entry : `${entry}, field "${field.map(String).join('.')}"`;
}

/** @returns whether the `cells` of an expectation name the cell; see the top of this file. */
export function matchesCell(cells: string, id: string): boolean {
  const pattern = cells
    .replace(/[.\\+^$()[\]{}|]/g, '\\$&')
    .replaceAll('*', '[^/@]*')
    .replaceAll('?', '[^/@]');
  return new RegExp(`^${pattern}$`).test(id);
}

/** Failures that only a soak can have: what declares them says nothing of other kinds. */
const isOfSoak = ({ status, code }: Expectation): boolean =>
  code === 'E_REPEAT' || (code === 'E_LEAK' && status === 'fail');

/**
 * Whether a declaration must come true in this kind. What is declared of a cell's answers, or of a run over a whole
 * dataset, need not show where its time or memory is measured: there it excuses what is declared, and demands nothing.
 */
export const mustBeMet = (expectation: Expectation, kind: ResultRecord['kind']): boolean =>
  kind === 'accuracy' || kind === 'baseline' || (kind === 'soak' && isOfSoak(expectation));

/**
 * The expectation that counts for a cell: the first that matches its id, and the GPU that it ran on.
 * @param gpu as its observation names it, in any case of letters; `undefined`: any would do
 * @param kind of the cell's record
 */
export function expectationFor(
  expectations: readonly Expectation[],
  id: string,
  gpu: string | undefined,
  kind: ResultRecord['kind'] = 'accuracy',
): Expectation | undefined {
  const isOn = (words = ''): boolean => gpu === undefined || gpu.toLowerCase().includes(words.toLowerCase());
  const matching = expectations.filter((entry) => matchesCell(entry.cells, id) && isOn(entry.gpu));
  if (kind === 'soak') return matching.find(isOfSoak) ?? matching[0];
  return matching.find((entry) => !isOfSoak(entry));
}

/**
 * The expectations that count for none of the cells: a misspelt pattern, a cell that is gone, or an entry that others
 * above it leave nothing to.
 * @param ids the whole plan, not what `-g` or `--shard` left of it
 */
export function unmatchedExpectations(expectations: readonly Expectation[], ids: readonly string[]): Expectation[] {
  const used = new Set(ids.flatMap((id) => whatCanCount(expectations, id)));
  return expectations.filter((expectation) => !used.has(expectation));
}

/** All entries that match a cell, down to the first that counts on any GPU: it leaves nothing to those below it. */
function whatCanCount(expectations: readonly Expectation[], id: string): Expectation[] {
  const matching = expectations.filter(({ cells }) => matchesCell(cells, id));
  const last = matching.findIndex(({ gpu }) => gpu === undefined);
  return last === -1 ? matching : matching.slice(0, last + 1);
}

export interface ExpectationOutcome<V extends BareVerdict = Verdict> {
  /** Whether the cell's test passes. */
  readonly ok: boolean;
  /** What the record says: an unexpected pass is a `fail`; any other verdict is kept. */
  readonly verdict: V;
  /** Whether what was declared is what happened; false where nothing was declared. */
  readonly met: boolean;
}

/**
 * Holds a verdict against what was declared of the cell.
 *
 * A cell that did not come to run (`unsupported`, `skipped`) neither meets nor breaks an expectation: the backend isn't
 * there to show the defect. A non-pass of another kind than the declared one stays what it is.
 *
 * @param kind of the cell's record, see {@link mustBeMet}
 */
export function applyExpectation<V extends BareVerdict>(
  verdict: V,
  expectation: Expectation | undefined,
  kind: ResultRecord['kind'] = 'accuracy',
): ExpectationOutcome<V> {
  const { status, reason } = verdict;
  if (status === 'unsupported' || status === 'skipped') return { ok: true, verdict, met: false };
  if (expectation === undefined) return { ok: status === 'pass', verdict, met: false };
  const demands = mustBeMet(expectation, kind);
  if (status === 'pass') {
    if (!demands) return { ok: true, verdict, met: false };
    return { ok: false, verdict: { ...verdict, status: 'fail', reason: unexpectedPass(expectation) }, met: false };
  }
  const { code, messageIncludes = '' } = expectation;
  const met = status === expectation.status && reason?.code === code && reason.message.includes(messageIncludes);
  if (met || reason === undefined || !demands) return { ok: met, verdict, met };
  const words = messageIncludes === '' ? '' : ` with "${messageIncludes}"`;
  const hint = `${reason.hint} The known failure declared for this cell is another: ${code}${words}.`;
  return { ok: false, verdict: { ...verdict, reason: { ...reason, hint } }, met };
}

function unexpectedPass({ cells, code, reason, link }: Expectation): ErrorRecord {
  const message = `The cell passes, but "${cells}" is declared to end in ${code} (${reason}; ${link}).`;
  return because('E_UNEXPECTED_PASS', message);
}
