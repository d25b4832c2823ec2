/** From what a cell did to its record: judges, holds the verdict against what was declared, works a failure into a finding. */
import type { Dataset } from '../datasets/index.js';
import { judgeAccuracy, toRecord, type Verdict } from '../judge/index.js';
import { numbersOf } from '../judge/tensors.js';
import { outputFiles, type Observed } from '../observations/store.js';
import { tensorFromBytes } from '../observations/tensors.js';
import { outputsOf } from '../protocol/artifact.js';
import type { PlannedCell } from '../plan/plan.js';
import { toErrorRecord } from '../protocol/errors.js';
import type { Finding, ResultRecord } from '../protocol/record.js';
import type { CellAttachments } from '../report/attachments.js';
import { buildFinding, type Sample } from '../report/finding.js';
import type { Baselines, CellBaseline } from './baselines.js';
import { heldAgainstDeclared, type Held } from './expectations.js';

/** A cell with its verdict and everything that leaves with it. */
export interface JudgedCell {
  readonly record: ResultRecord;
  /** Whether the test passes: on a pass, on a declared non-pass, on an absent backend. */
  readonly ok: boolean;
  readonly attachments: CellAttachments;
}

/** Judges a cell. Never throws: a baseline that cannot be had is an error of the cell's. */
export async function judgeCell(cell: PlannedCell, observed: Observed, baselines: Baselines): Promise<JudgedCell> {
  const { observation, outputs } = observed;
  let baseline: CellBaseline | undefined;
  let verdict: Verdict;
  try {
    // A cell that did not come to an answer is told by its own fault, whatever the baseline is like.
    if (observation.outcome === 'completed') baseline = await baselines.forCell(cell);
    verdict = judgeAccuracy({
      observation,
      outputs,
      baseline: baseline?.reference ?? [],
      fp32: baseline?.fp32 ?? [],
      labels: baseline?.labels,
      outputSpecs: outputsOf(cell.model.card, cell.artifact),
      precision: cell.artifact.precision,
      target: cell.target,
      task: cell.model.card.task,
      quantization: cell.artifact.quantization,
      rounding: cell.model.card.rounding,
      covers: baseline?.covers,
      isBaseline: cell.key.browser === 'pc',
      wrongWeight: baseline?.wrongWeight,
    });
  } catch (error) {
    verdict = { status: 'error', reason: toErrorRecord(error, 'E_BASELINE', 'judge') };
  }
  const kind = cell.key.browser === 'pc' ? 'baseline' : 'accuracy';
  const held = heldAgainstDeclared(verdict, cell.id, observation.platform.gpu, kind);
  const { record, finding } = toReport(cell, observed, held, kind, baselines.dataset, baseline);
  return {
    record,
    ok: held.ok,
    attachments: { record, observation, outputs: outputFiles(observed), finding },
  };
}

function toReport(
  cell: PlannedCell,
  { observation, outputs }: Observed,
  { verdict, expectation }: Held<Verdict>,
  kind: ResultRecord['kind'],
  dataset: Dataset,
  baseline: CellBaseline | undefined,
): { record: ResultRecord; finding: Finding | undefined } {
  const bad = verdict.status === 'fail' || verdict.status === 'error';
  const record = toRecord(observation, verdict, cell.key, kind, {
    expectation,
    finding: bad ? `findings/${cell.id}` : undefined,
  });
  if (!bad) return { record, finding: undefined };
  const [got] = outputs;
  const want = baseline?.reference[0];
  const finding = buildFinding({
    record,
    observation,
    outputs: got === undefined || want === undefined ? undefined : { got, want },
    sample: (index) => readSample(dataset, index, baseline?.labels),
    labels: cell.model.card.labels,
  });
  return { record, finding };
}

function readSample(dataset: Dataset, index: number, labels: Uint8Array | undefined): Sample {
  const [field] = dataset.descriptor.fields;
  if (field === undefined) return { data: new Uint8Array(), shape: [0], label: labels?.[index] };
  const { name = 'input', dtype, shape } = field;
  const data = numbersOf(tensorFromBytes(name, dtype, shape, dataset.sample(index)));
  return { data, shape, label: labels?.[index] };
}
