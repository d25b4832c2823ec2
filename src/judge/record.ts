/** From observation and verdict to the line of `reports/results.jsonl`. */
import { cellId, parseCellId, type CellKey } from '../protocol/cell.js';
import type { Evidence, Observation, PlatformInfo } from '../protocol/observation.js';
import type { PerformanceObservation, SoakObservation } from '../protocol/performance.js';
import type { ResultRecord } from '../protocol/record.js';
import { mustBeMet, type Expectation } from './expectations.js';
import type { Verdict } from './judge.js';
import type { PerformanceVerdict } from './performance.js';
import type { SoakVerdict } from './soak.js';

export interface RecordExtras {
  /** What was declared of the cell, and whether it happened. */
  readonly expectation?: { readonly declared: Expectation; readonly met: boolean } | undefined;
  /** Folder of the finding, below reports/. */
  readonly finding?: string | undefined;
}

/**
 * The record of a cell.
 * @param verdict after {@link applyExpectation}
 */
export function toRecord(
  observation: Observation,
  verdict: Verdict,
  key: CellKey,
  kind: ResultRecord['kind'],
  extras: RecordExtras = {},
): ResultRecord {
  const { platform, dataset, timing, memory, evidence, probe } = observation;
  const { status, reason, accuracy, agreement, numeric, quantization, teeth } = verdict;
  const { expectation, finding } = extras;
  return {
    schema: 1,
    kind,
    id: cellId(key),
    cell: cellOf(key, platform, evidence),
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(expectation === undefined ? {} : { expectation: declaredOf(expectation.declared, expectation.met) }),
    dataset,
    ...(accuracy === undefined ? {} : { accuracy }),
    ...(agreement === undefined ? {} : { agreement }),
    ...(numeric === undefined ? {} : { numeric }),
    ...(quantization === undefined ? {} : { quantization }),
    ...(teeth === undefined ? {} : { teeth }),
    timing,
    memory,
    ...(evidence === undefined ? {} : { evidence }),
    ...(probe === undefined ? {} : { probe }),
    ...(finding === undefined ? {} : { finding }),
  };
}

/**
 * The record of a cell whose time and memory were measured.
 * @param verdict after {@link applyExpectation}
 */
export function performanceRecord(
  observation: PerformanceObservation,
  verdict: PerformanceVerdict,
  extras: RecordExtras = {},
): ResultRecord {
  const { performance } = verdict;
  return {
    ...commonOf(observation, verdict, 'performance', extras),
    ...(observation.evidence === undefined ? {} : { evidence: observation.evidence }),
    ...(performance === undefined ? {} : { performance }),
  };
}

/**
 * The record of a cell that inferred the same again and again.
 * @param verdict after {@link applyExpectation}
 */
export function soakRecord(
  observation: SoakObservation,
  verdict: SoakVerdict,
  extras: RecordExtras = {},
): ResultRecord {
  const { soak } = verdict;
  return { ...commonOf(observation, verdict, 'soak', extras), ...(soak === undefined ? {} : { soak }) };
}

/** What records of time and of memory have in common. */
function commonOf(
  observation: PerformanceObservation | SoakObservation,
  { status, reason }: PerformanceVerdict | SoakVerdict,
  kind: ResultRecord['kind'],
  { expectation, finding }: RecordExtras,
): ResultRecord {
  const { id, platform, probe } = observation;
  const evidence = observation.kind === 'performance' ? observation.evidence : undefined;
  const counts = expectation !== undefined && (expectation.met || mustBeMet(expectation.declared, kind));
  return {
    schema: 1,
    kind,
    id,
    cell: cellOf(parseCellId(id), platform, evidence),
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(counts ? { expectation: declaredOf(expectation.declared, expectation.met) } : {}),
    ...(probe === undefined ? {} : { probe }),
    ...(finding === undefined ? {} : { finding }),
  };
}

function cellOf(key: CellKey, platform: PlatformInfo, evidence: Evidence | undefined): ResultRecord['cell'] {
  const { model, format, precision, variant, runtime, backend, threads, worker, browser } = key;
  return {
    model,
    format,
    precision,
    ...(variant === undefined ? {} : { variant }),
    runtime,
    runtimeVersion: platform.runtimeVersion,
    backend,
    // A backend without a thread setting still tells how many it used.
    threads: threads ?? evidence?.threads ?? 1,
    ...(worker === true ? { worker } : {}),
    browser,
    browserVersion: platform.browserVersion,
    driver: platform.driver,
    driverVersion: platform.driverVersion,
    os: platform.os,
    cpu: platform.cpu,
    gpu: platform.gpu,
  };
}

function declaredOf({ status, code, reason, link }: Expectation, met: boolean): ResultRecord['expectation'] {
  return { status, code, reason, link, met };
}
