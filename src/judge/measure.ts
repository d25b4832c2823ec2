/** What the tensors of an accuracy cell tell: the numbers of its record, what keeps them from being judged, what fails. */
import type { ModelCard, OutputSpec, Quantization, Rounding } from '../protocol/card.js';
import type { Precision, Target } from '../protocol/cell.js';
import { toErrorRecord, type ErrorRecord } from '../protocol/errors.js';
import type { Observation, TensorData } from '../protocol/observation.js';
import type { Accuracy, Agreement, Numeric, QuantizationResult, Teeth } from '../protocol/record.js';
import { accuracyOf, top1 } from './accuracy.js';
import { agreementFailure, agreementOf } from './agreement.js';
import { closenessOf, type Pair } from './closeness.js';
import { ACCURACY_ALPHA } from './mcnemar.js';
import type { Side } from './parity.js';
import { quantizationOf } from './quantization.js';
import { because, percent, show } from './reason.js';
import { teethOf, type WrongWeight } from './teeth.js';
import { describeTensor, flawOf, prefixOf, rowLength, sampleCount } from './tensors.js';
import { arithmeticOf, toleranceFor, withRounding, type ToleranceRow } from './tolerances.js';

export interface AccuracyCase {
  readonly observation: Observation;
  /** What the cell computed, over the `observation.n` samples that it ran; in any order, told apart by name. */
  readonly outputs: readonly TensorData[];
  /** The same artifact on the PC, in the order of `outputSpecs`, over at least as many samples (but see `covers`). */
  readonly baseline: readonly TensorData[];
  /** The fp32 original on the PC, likewise. */
  readonly fp32: readonly TensorData[];
  /** The true classes, over at least as many samples; `undefined` where there are none: accuracy is not judged then. */
  readonly labels: Uint8Array | undefined;
  /** What the card promises; the first one holds the logits. The first axis counts samples, whatever batch it says. */
  readonly outputSpecs: readonly OutputSpec[];
  readonly precision: Precision;
  readonly target: Target;
  /** Absent: `classification`. */
  readonly task?: ModelCard['task'] | undefined;
  readonly quantization?: Quantization | undefined;
  /** What the card says of its model's rounding. */
  readonly rounding?: Rounding | undefined;
  /** Samples that the baseline covers by design, where it was recorded over fewer than a cell may run: no more are judged. */
  readonly covers?: number | undefined;
  /** Whether what is judged is the PC's own cell: it alone fails by what quantization loses. */
  readonly isBaseline?: boolean | undefined;
  /** What the fp32 original gives with one weight changed, for the teeth. */
  readonly wrongWeight?: WrongWeight | undefined;
}

/** All that can be told from the tensors: the numbers, what keeps them from being judged, and what fails by them. */
export interface Measured {
  readonly problem?: ErrorRecord;
  readonly failure?: ErrorRecord;
  readonly numeric?: Numeric;
  readonly accuracy?: Accuracy;
  readonly agreement?: Agreement;
  readonly quantization?: QuantizationResult;
  /** Of a case without problem or failure, of what has float outputs. */
  readonly teeth?: Teeth;
}

/** A tensor that can be used, or words that say why not. */
type Usable = TensorData | string;

/** Measures an accuracy case. What can be computed is, whatever else is wrong; never throws on tensors of any kind. */
export function measure(input: AccuracyCase): Measured {
  try {
    return measureTensors(input);
  } catch (thrown) {
    return { problem: toErrorRecord(thrown, 'E_INTERNAL', 'judge') };
  }
}

function measureTensors(input: AccuracyCase): Measured {
  const { outputSpecs, precision, target, quantization, covers = Infinity } = input;
  const ran = input.observation.n;
  const n = Math.min(ran, covers);
  if (n === 0) return {};
  const isClassifier = input.task !== 'none';

  const whole = outputSpecs.map((spec) => usableOutput(input.outputs, spec, ran));
  const outputs = whole.map((tensor) => (typeof tensor === 'string' || n === ran ? tensor : prefixOf(tensor, n)));
  const baseline = outputSpecs.map((spec, i) => usableBaseline(input.baseline[i], spec, n));
  // The fp32 original may have another dtype than the artifact: only its values are asked for.
  const fp32 = outputSpecs.slice(0, 1).map((spec) => usableBaseline(input.fp32[0], { ...spec, dtype: undefined }, n));
  const labels = input.labels !== undefined && input.labels.length >= n ? input.labels.subarray(0, n) : undefined;
  // A model that came as it is may have no original: then nothing is said of what quantization lost.
  const needsOriginal = input.labels !== undefined || (precision !== 'fp32' && input.fp32.length > 0);

  const problem =
    outputProblem(outputs, input) ??
    baselineProblem('The PC’s outputs do not serve', baseline) ??
    (needsOriginal ? baselineProblem('The PC’s outputs of the fp32 original do not serve', fp32) : undefined) ??
    labelProblem(input.labels, n);

  const tolerance = withRounding(toleranceFor(arithmeticOf(precision, quantization), target), input.rounding);
  const pairs = pairsOf(outputs, baseline, isClassifier);
  const close = closenessOf(pairs, tolerance);
  const sides = sidesOf(outputs[0], baseline[0], fp32[0], isClassifier);
  const agreed = sides === undefined ? undefined : agree(sides, tolerance);
  const accuracy = sides === undefined || labels === undefined ? undefined : countAccuracy(sides, labels);
  const drift = close?.failure ?? (accuracy === undefined ? undefined : accuracyFailure(accuracy)) ?? agreed?.failure;
  const quantized =
    precision === 'fp32' || sides?.original === undefined
      ? undefined
      : quantizationOf({
          cell: sides.cell,
          pc: sides.pc,
          original: sides.original,
          labels,
          precision,
          quantization,
          drifted: drift !== undefined,
        });
  const failure = drift ?? (input.isBaseline === true ? quantized?.failure : undefined);
  const teeth =
    problem === undefined && failure === undefined && close !== undefined
      ? teethOf({
          id: input.observation.id,
          pairs,
          tolerance,
          classes: sides?.pc.classes,
          labels,
          wrongWeight: input.wrongWeight,
        })
      : undefined;
  return {
    ...(problem === undefined ? {} : { problem }),
    ...(failure === undefined ? {} : { failure }),
    ...(close === undefined ? {} : { numeric: close.numeric }),
    ...(accuracy === undefined ? {} : { accuracy }),
    ...(agreed === undefined ? {} : { agreement: agreed.agreement }),
    ...(quantized === undefined ? {} : { quantization: quantized.result }),
    ...(teeth === undefined ? {} : { teeth }),
  };
}

/** The outputs that can be compared. */
function pairsOf(outputs: readonly Usable[], baseline: readonly Usable[], isClassifier: boolean): Pair[] {
  return outputs.flatMap((got, i) => {
    const want = baseline[i];
    if (typeof got !== 'object' || typeof want !== 'object') return [];
    // For people: an element of the first output of a classifier is a logit.
    return [{ got, want, element: i === 0 && isClassifier ? 'logit #' : `element # of "${got.name}"` }];
  });
}

/** The first output on all sides, with its classes where it is a classifier's. */
interface Sides {
  readonly cell: Side;
  readonly pc: Side;
  readonly original: Side | undefined;
}

function sidesOf(
  cell: Usable | undefined,
  pc: Usable | undefined,
  original: Usable | undefined,
  isClassifier: boolean,
): Sides | undefined {
  if (typeof cell !== 'object' || typeof pc !== 'object') return undefined;
  // A score alone has no rival: every sample would be of class 0.
  const hasClasses = isClassifier && rowLength(pc) > 1;
  const side = (tensor: TensorData): Side => ({
    tensor,
    classes: hasClasses ? top1(tensor, sampleCount(tensor)) : undefined,
  });
  return { cell: side(cell), pc: side(pc), original: typeof original === 'object' ? side(original) : undefined };
}

function agree(
  { cell, pc }: Sides,
  tolerance: ToleranceRow,
): { agreement: Agreement; failure: ErrorRecord | undefined } | undefined {
  if (cell.classes === undefined || pc.classes === undefined) return undefined;
  const { agreement, first } = agreementOf(cell.classes, pc.classes, pc.tensor, tolerance);
  return { agreement, failure: agreementFailure(agreement, first, tolerance) };
}

function countAccuracy({ cell, pc, original }: Sides, labels: Uint8Array): Accuracy | undefined {
  if (cell.classes === undefined || pc.classes === undefined || original?.classes === undefined) return undefined;
  return accuracyOf(cell.classes, pc.classes, original.classes, labels);
}

function usableOutput(outputs: readonly TensorData[], spec: OutputSpec, n: number): Usable {
  const tensor = outputs.find((output) => output.name === spec.name);
  if (tensor === undefined) return `there is no output "${spec.name}"`;
  const promised = { dtype: spec.dtype, shape: [n, ...restOf(spec, n)] };
  if (describeTensor(tensor) !== describeTensor(promised)) {
    return `output "${spec.name}" is ${describeTensor(tensor)}, not ${describeTensor(promised)}`;
  }
  const flaw = flawOf(tensor);
  return flaw === undefined ? tensor : `output "${spec.name}" is broken: ${flaw}`;
}

function usableBaseline(
  tensor: TensorData | undefined,
  spec: Omit<OutputSpec, 'dtype'> & { readonly dtype: OutputSpec['dtype'] | undefined },
  n: number,
): Usable {
  if (tensor === undefined) return `"${spec.name}" is missing`;
  const flaw = flawOf(tensor);
  if (flaw !== undefined) return `"${spec.name}" is broken: ${flaw}`;
  if (sampleCount(tensor) < n) return `"${spec.name}" has ${String(sampleCount(tensor))} samples of ${String(n)}`;
  const prefix = prefixOf(tensor, n);
  const promised = { dtype: spec.dtype ?? tensor.dtype, shape: [n, ...restOf(spec, n)] };
  if (describeTensor(prefix) === describeTensor(promised)) return prefix;
  return `"${spec.name}" is ${describeTensor(prefix)}, not ${describeTensor(promised)}`;
}

/** The axes of one sample: those after "N"; all of them where the output has none, for samples are stacked then. */
const restOf = ({ shape }: Pick<OutputSpec, 'shape'>, n: number): number[] =>
  (shape[0] === 'N' ? shape.slice(1) : shape).map((size) => (size === 'N' ? n : size));

const flawsOf = (tensors: readonly Usable[]): string[] => tensors.filter((tensor) => typeof tensor === 'string');

function outputProblem(outputs: readonly Usable[], input: AccuracyCase): ErrorRecord | undefined {
  const promised = input.outputSpecs.map(({ name }) => name);
  if (promised.length === 0) return because('E_OUTPUT_SHAPE', 'The card promises no output: nothing can be judged.');
  const flaws = flawsOf(outputs);
  if (input.outputs.length !== promised.length) {
    const names = input.outputs.map(({ name }) => name);
    flaws.unshift(
      `there are ${String(names.length)} outputs (${names.join(', ')}), not ${String(promised.length)} (${promised.join(', ')})`,
    );
  }
  return flaws.length === 0
    ? undefined
    : because('E_OUTPUT_SHAPE', `The outputs are not as promised: ${flaws.join('; ')}.`);
}

function baselineProblem(what: string, tensors: readonly Usable[]): ErrorRecord | undefined {
  const flaws = flawsOf(tensors);
  return flaws.length === 0 ? undefined : because('E_BASELINE', `${what}: ${flaws.join('; ')}.`);
}

function labelProblem(labels: Uint8Array | undefined, n: number): ErrorRecord | undefined {
  if (labels === undefined || labels.length >= n) return undefined;
  return because('E_DATASET_FORMAT', `There are ${String(labels.length)} labels for ${String(n)} samples.`);
}

function accuracyFailure({ n, top1, baselineTop1, pValue }: Accuracy): ErrorRecord | undefined {
  if (pValue >= ACCURACY_ALPHA) return undefined;
  return because(
    'E_ACCURACY',
    `${percent(top1)} of ${String(n)} samples are right, on the PC ${percent(baselineTop1)}: more than chance ` +
      `(McNemar’s exact p is ${show(pValue)}, the limit ${String(ACCURACY_ALPHA)}).`,
  );
}
