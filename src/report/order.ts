/** The order of cells in every report: that of the words in the protocol, whatever ran first and in which shard. */
import { BACKENDS, FORMATS, PLATFORMS, PRECISIONS, RUNTIMES, type CellKey } from '../protocol/cell.js';
import { RECORD_KINDS } from '../protocol/kinds.js';
import type { ResultRecord } from '../protocol/record.js';

type Order<T> = (a: T, b: T) => number;

const by =
  <T>(...orders: Order<T>[]): Order<T> =>
  (a, b) => {
    for (const order of orders) {
      const sign = order(a, b);
      if (sign !== 0) return sign;
    }
    return 0;
  };

const rank =
  <T, W>(words: readonly W[], word: (key: T) => W): Order<T> =>
  (a, b) =>
    words.indexOf(word(a)) - words.indexOf(word(b));

/** By code unit, not by locale: the same on every machine. */
const text =
  <T>(word: (key: T) => string): Order<T> =>
  (a, b) => {
    const [left, right] = [word(a), word(b)];
    if (left === right) return 0;
    return left < right ? -1 : 1;
  };

export const compareArtifacts: Order<Pick<CellKey, 'model' | 'format' | 'precision' | 'variant'>> = by(
  text((key) => key.model),
  rank(FORMATS, (key) => key.format),
  rank(PRECISIONS, (key) => key.precision),
  text((key) => key.variant ?? ''),
);

export const compareTargets: Order<Pick<CellKey, 'runtime' | 'backend' | 'threads' | 'worker'>> = by(
  rank(RUNTIMES, (key) => key.runtime),
  rank(BACKENDS, (key) => key.backend),
  (a, b) => (a.threads ?? 0) - (b.threads ?? 0),
  (a, b) => Number(a.worker ?? false) - Number(b.worker ?? false),
);

/** By kind, baselines first, then model, artifact, runtime-backend, browser. A total order over records of different ids or kinds. */
export const compareRecords: Order<ResultRecord> = by(
  rank<ResultRecord, ResultRecord['kind']>(RECORD_KINDS, (record) => record.kind),
  (a, b) => compareArtifacts(a.cell, b.cell),
  (a, b) => compareTargets(a.cell, b.cell),
  rank<ResultRecord, ResultRecord['cell']['browser']>(PLATFORMS, (record) => record.cell.browser),
  text((record) => record.id),
);
