/**
 * The judge of accuracy cells: from what a cell did and what the PC did to a verdict. Pure, so that a verdict can be
 * worked out anew from saved observations.
 */
import { toErrorRecord, type ErrorRecord } from '../protocol/errors.js';
import type { Observation } from '../protocol/observation.js';
import type { Accuracy, Agreement, Numeric, QuantizationResult, Status, Teeth } from '../protocol/record.js';
import { evidenceFlaw } from './evidence.js';
import { measure, type AccuracyCase } from './measure.js';
import { because } from './reason.js';

export interface Verdict {
  readonly status: Status;
  /** Absent on a pass. */
  readonly reason?: ErrorRecord;
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
  const error = faultOf(observation) ?? evidenceFlaw(observation.evidence, target) ?? problem;
  if (error !== undefined) return { status: 'error', reason: error, ...numbers };
  if (failure !== undefined) return { status: 'fail', reason: failure, ...numbers };
  return { status: 'pass', ...numbers, ...(teeth === undefined ? {} : { teeth }) };
}

function judgeUnsupported({ probe }: Observation): Verdict {
  if (probe?.available === false) {
    return {
      status: 'unsupported',
      reason: because('E_BACKEND_UNAVAILABLE', probe.words, {
        hint: 'The browser does not offer this backend here; the words are its own.',
        phase: 'probe',
      }),
    };
  }
  const words = probe === undefined ? 'there is no probe that says so' : `its probe found the backend: ${probe.words}`;
  return { status: 'error', reason: because('E_INTERNAL', `The cell is called unsupported, but ${words}.`) };
}

function faultOf({ outcome, fault, n }: Observation): ErrorRecord | undefined {
  if (outcome === 'faulted') return fault ?? because('E_INTERNAL', 'The cell faulted, but nothing says of what.');
  if (n === 0) return because('E_RUN', 'The run ended without an answer to a single sample.');
  return undefined;
}
