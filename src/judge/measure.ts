/** What the tensors of an accuracy cell tell: the numbers of its record, what keeps them from being judged, what fails. */
import type { OutputSpec } from '../protocol/card.js';
import type { Precision, Target } from '../protocol/cell.js';
import { toErrorRecord, type ErrorRecord } from '../protocol/errors.js';
import type { Observation, TensorData } from '../protocol/observation.js';
import type { Accuracy, JsonFloat, Numeric } from '../protocol/record.js';
import { accuracyOf, top1 } from './accuracy.js';
import { compareTensors, type Comparison, type Tolerance } from './compare.js';
import { because, percent, show } from './reason.js';
import { describeTensor, flawOf, prefixOf, sampleCount } from './tensors.js';
import { toleranceFor } from './tolerances.js';

/**
 * A difference in accuracy with a McNemar p below this is taken for real. At 0.01, one in a hundred cells of equal
 * accuracy would go red by chance if samples flipped like coins; but a cell comes to this test only when its logits are
 * within tolerance, where hardly a sample flips, so that false alarms are far rarer.
 */
export const ACCURACY_ALPHA = 0.01;

export interface AccuracyCase {
  readonly observation: Observation;
  /** What the cell computed, over the `observation.n` samples that it ran; in any order, told apart by name. */
  readonly outputs: readonly TensorData[];
  /** The same artifact on the PC, in the order of `outputSpecs`, over at least as many samples. */
  readonly baseline: readonly TensorData[];
  /** The fp32 original on the PC, likewise. */
  readonly fp32: readonly TensorData[];
  /** The true classes, over at least as many samples; `undefined` where there are none: accuracy is not judged then. */
  readonly labels: Uint8Array | undefined;
  /** What the card promises; the first one holds the logits. The first axis counts samples, whatever batch it says. */
  readonly outputSpecs: readonly OutputSpec[];
  readonly precision: Precision;
  readonly target: Target;
}

/** All that can be told from the tensors: the numbers, what keeps them from being judged, and what fails by them. */
export interface Measured {
  readonly problem?: ErrorRecord;
  readonly failure?: ErrorRecord;
  readonly numeric?: Numeric;
  readonly accuracy?: Accuracy;
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
  const { outputSpecs, labels } = input;
  const { n } = input.observation;
  if (n === 0) return {};

  const outputs = outputSpecs.map((spec) => usableOutput(input.outputs, spec, n));
  const baseline = outputSpecs.map((spec, i) => usableBaseline(input.baseline[i], spec, n));
  const compared = compareAll(outputs, baseline, input);
  // The fp32 original may have another dtype than the artifact: only its classes are asked for.
  const fp32 = outputSpecs.slice(0, 1).map((spec) => usableBaseline(input.fp32[0], { ...spec, dtype: undefined }, n));
  const accuracy = labels === undefined ? undefined : countAccuracy(outputs[0], baseline[0], fp32[0], labels, n);

  const problem =
    outputProblem(outputs, input) ??
    baselineProblem('The PC’s outputs do not serve', baseline) ??
    (labels === undefined ? undefined : baselineProblem('The PC’s outputs of the fp32 original do not serve', fp32)) ??
    labelProblem(labels, n);
  const failure = compared?.failure ?? (accuracy === undefined ? undefined : accuracyFailure(accuracy));
  return {
    ...(problem === undefined ? {} : { problem }),
    ...(failure === undefined ? {} : { failure }),
    ...(compared === undefined ? {} : { numeric: compared.numeric }),
    ...(accuracy === undefined ? {} : { accuracy }),
  };
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

/** The axes after the first. */
const restOf = (spec: Pick<OutputSpec, 'shape'>, n: number): number[] =>
  spec.shape.slice(1).map((size) => (size === 'N' ? n : size));

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

function countAccuracy(
  output: Usable | undefined,
  baseline: Usable | undefined,
  fp32: Usable | undefined,
  labels: Uint8Array,
  n: number,
): Accuracy | undefined {
  if (typeof output !== 'object' || typeof baseline !== 'object' || typeof fp32 !== 'object') return undefined;
  if (labels.length < n) return undefined;
  return accuracyOf(top1(output, n), top1(baseline, n), top1(fp32, n), labels.subarray(0, n));
}

function accuracyFailure({ n, top1, baselineTop1, pValue }: Accuracy): ErrorRecord | undefined {
  if (pValue >= ACCURACY_ALPHA) return undefined;
  return because(
    'E_ACCURACY',
    `${percent(top1)} of ${String(n)} samples are right, on the PC ${percent(baselineTop1)}: more than chance ` +
      `(McNemar’s exact p is ${show(pValue)}, the limit ${String(ACCURACY_ALPHA)}).`,
  );
}

/** Compares every pair that can be compared and joins the numbers: those of the whole cell, the place of the worst. */
function compareAll(
  outputs: readonly Usable[],
  baseline: readonly Usable[],
  { precision, target, labels }: AccuracyCase,
): { numeric: Numeric; failure: ErrorRecord | undefined } | undefined {
  const tolerance = toleranceFor(precision, target);
  const compared: Compared[] = [];
  for (const [i, got] of outputs.entries()) {
    const want = baseline[i];
    if (typeof got !== 'object' || typeof want !== 'object') continue;
    // For people: an element of the first output of a classifier is a logit.
    const element = i === 0 && labels !== undefined ? 'logit #' : `element # of "${got.name}"`;
    compared.push({ element, elements: got.data.length, ...compareTensors(got, want, tolerance) });
  }
  const [first, ...others] = compared;
  if (first === undefined) return undefined;
  const worst = others.reduce((worst, next) => (isWorse(next, worst) ? next : worst), first);
  const sum = (count: (one: Compared) => number): number => compared.reduce((total, one) => total + count(one), 0);
  const max = (distance: (one: Compared) => number): number => Math.max(...compared.map(distance));
  const numeric: Numeric = {
    maxAbs: jsonFloat(max((one) => one.maxAbs)),
    maxRel: jsonFloat(max((one) => one.maxRel)),
    ...(worst.worst === undefined
      ? {}
      : { worst: { ...worst.worst, got: jsonFloat(worst.worst.got), want: jsonFloat(worst.worst.want) } }),
    nonFinite: sum((one) => one.nonFinite),
    tolerance: { relative: tolerance.relative, absolute: tolerance.absolute, name: tolerance.name },
    toleranceUsed: jsonFloat(max((one) => one.toleranceUsed)),
  };
  const elements = sum((one) => one.elements);
  return {
    numeric,
    failure: numericFailure(
      worst,
      numeric.nonFinite,
      sum((one) => one.beyond),
      elements,
      tolerance,
    ),
  };
}

interface Compared extends Comparison {
  /** What an element is called; `#` stands for its index. */
  readonly element: string;
  readonly elements: number;
}

const isWorse = (one: Comparison, other: Comparison): boolean =>
  one.nonFinite > 0 === other.nonFinite > 0 ? one.toleranceUsed > other.toleranceUsed : one.nonFinite > 0;

function numericFailure(
  { worst, element, toleranceUsed, incomparable }: Compared,
  nonFinite: number,
  beyond: number,
  elements: number,
  tolerance: Tolerance,
): ErrorRecord | undefined {
  if (incomparable !== undefined) return because('E_OUTPUT_SHAPE', `The outputs can’t be compared: ${incomparable}.`);
  if (worst === undefined || beyond === 0) return undefined;
  const { sample, index, got, want } = worst;
  const place = `${element.replace('#', String(index))} of sample ${String(sample)}`;
  const where = `${place} is ${show(got)}, the PC has ${show(want)}`;
  if (nonFinite > 0) {
    const share = `${String(nonFinite)} of ${String(elements)} elements are NaN or infinite where the PC’s are not`;
    return because('E_OUTPUT_NONFINITE', `${where}; ${share}.`);
  }
  const distance = Math.abs(got - want);
  // Derived, because an integer and a tensor of zeros must be matched exactly, whatever the table says.
  const off = `off by ${show(distance)}, tolerance ${show(distance / toleranceUsed)}: ${tolerance.name}`;
  const by = Number.isFinite(distance) ? ` (${off})` : '';
  return because('E_NUMERIC', `${where}${by}; ${String(beyond)} of ${String(elements)} elements are beyond tolerance.`);
}

const jsonFloat = (value: number): JsonFloat =>
  Number.isFinite(value) ? value : (String(value) as 'NaN' | 'Infinity' | '-Infinity');
