/**
 * The judge of accuracy cells: from what a cell did and what the PC did to a verdict. Pure, so that a verdict can be
 * worked out anew from saved observations.
 */
import { toErrorRecord, type ErrorRecord } from '../protocol/errors.js';
import type { Observation } from '../protocol/observation.js';
import type { Accuracy, Agreement, Numeric, QuantizationResult, Teeth } from '../protocol/record.js';
import { evidenceFlaw } from './evidence.js';
import { measure, type AccuracyCase } from './measure.js';
import { faultOf, judgeUnsupported, type BareVerdict } from './outcome.js';
import { because } from './reason.js';

export interface Verdict extends BareVerdict {
  /** Filled in as far as it can be computed, whatever the status. */
  readonly accuracy?: Accuracy;
  readonly numeric?: Numeric;
  readonly agreement?: Agreement;
  readonly quantization?: QuantizationResult;
  /** Of a pass alone. */
  readonly teeth?: Teeth;
}

/**
 * Judges a cell on the prefix of the dataset that it ran. Says the first of these that holds:
 *
 * 1. `error` with its own code: the cell faulted;
 * 2. `unsupported`: the probe showed that the browser does not have the backend;
 * 3. `error`: no sample was run, the backend is not shown to have run, the outputs are not what the card says, or the
 *    baseline does not serve;
 * 4. `fail`: `E_OUTPUT_NONFINITE`, `E_NUMERIC`, `E_ACCURACY`, `E_AGREEMENT`, and for the PC's own cell `E_QUANTIZATION`, in
 *    this order;
 * 5. `pass`.
 *
 * Never throws: a defect of the judge is a verdict, too (`E_INTERNAL`).
 */
export function judgeAccuracy(input: AccuracyCase): Verdict {
  try {
    return judge(input);
  } catch (thrown) {
    return { status: 'error', reason: toErrorRecord(thrown, 'E_INTERNAL', 'judge') };
  }
}

function judge(input: AccuracyCase): Verdict {
  const { observation, target } = input;
  if (observation.outcome === 'unsupported') return judgeUnsupported(observation);
  const { problem, failure, teeth, ...numbers } = measure(input);
  const error = problemOf(observation) ?? evidenceFlaw(observation.evidence, target) ?? problem;
  if (error !== undefined) return { status: 'error', reason: error, ...numbers };
  if (failure !== undefined) return { status: 'fail', reason: failure, ...numbers };
  return { status: 'pass', ...numbers, ...(teeth === undefined ? {} : { teeth }) };
}

/** A fault, or a run that ended without an answer. */
function problemOf(observation: Observation): ErrorRecord | undefined {
  const fault = faultOf(observation);
  if (fault !== undefined || observation.n > 0) return fault;
  return because('E_RUN', 'The run ended without an answer to a single sample.');
}
