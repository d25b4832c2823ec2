/** What every report reads off measurements of time, so that none of them says it otherwise. Pure; used by the page of the matrix. */
import type { PerformanceBlock, Phases } from '../protocol/performance.js';
import type { ResultRecord } from '../protocol/record.js';

/** The phases of a start, in the order in which they happen. */
export const START_PHASES = ['runtimeLoadMs', 'modelFetchMs', 'sessionMs', 'firstInferenceMs'] as const;
export type StartPhase = (typeof START_PHASES)[number];

export const PHASE_TITLES: Readonly<Record<StartPhase, string>> = {
  runtimeLoadMs: 'runtime load',
  modelFetchMs: 'model fetch',
  sessionMs: 'session',
  firstInferenceMs: 'first inference',
};

/** Milliseconds from nothing to the first outputs. */
export const startOf = (phases: Phases): number => START_PHASES.reduce((sum, phase) => sum + phases[phase], 0);

export type NativeTime = NonNullable<PerformanceBlock['native']>[number];

/** The PC's own time that a cell is held against: with as many threads, where that was measured. */
export function nativeOf(record: ResultRecord): NativeTime | undefined {
  const { native = [] } = record.performance ?? {};
  return native.find(({ threads }) => threads === record.cell.threads) ?? native[0];
}
