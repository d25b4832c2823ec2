/** Every benchmark, in the order in which they run: the matrix, by far the longest, comes last. */
import type { Benchmark } from './benchmark.js';
import { cellVsHandwritten } from './cell-vs-handwritten.js';
import { jsonEvaluateVsCell } from './json-evaluate-vs-cell.js';
import { clockTruths } from './clock-truth.js';
import { harnessShare, matrixMinutes } from './matrix.js';
import { matrixPageBenchmarks } from './matrix-page.js';
import { overheads } from './overhead.js';
import { runnerRss } from './runner-rss.js';
import { warmVsFreshPage } from './warm-vs-fresh-page.js';

export const BENCHMARKS: readonly Benchmark[] = [
  cellVsHandwritten,
  jsonEvaluateVsCell,
  ...clockTruths,
  ...overheads,
  warmVsFreshPage,
  runnerRss,
  ...matrixPageBenchmarks,
  matrixMinutes,
  harnessShare,
];
