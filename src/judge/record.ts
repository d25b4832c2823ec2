/** From observation and verdict to the line of `reports/results.jsonl`. */
import { cellId, type CellKey } from '../protocol/cell.js';
import type { Observation } from '../protocol/observation.js';
import type { ResultRecord } from '../protocol/record.js';
import type { Expectation } from './expectations.js';
import type { Verdict } from './judge.js';

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
  const { model, format, precision, variant, runtime, backend, browser } = key;
  return {
    schema: 1,
    kind,
    id: cellId(key),
    cell: {
      model,
      format,
      precision,
      ...(variant === undefined ? {} : { variant }),
      runtime,
      runtimeVersion: platform.runtimeVersion,
      backend,
      // A backend without a thread setting still tells how many it used.
      threads: key.threads ?? evidence?.threads ?? 1,
      browser,
      browserVersion: platform.browserVersion,
      driver: platform.driver,
      driverVersion: platform.driverVersion,
      os: platform.os,
      cpu: platform.cpu,
      gpu: platform.gpu,
    },
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

function declaredOf({ status, code, reason, link }: Expectation, met: boolean): ResultRecord['expectation'] {
  return { status, code, reason, link, met };
}
