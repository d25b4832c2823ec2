/** A made-up run of any size, for the tests and the benchmark of the page: accuracy of all cells, measurements of many. */
import { cellId, parseCellId } from '../../protocol/cell.js';
import { seeded, seedOf } from '../../protocol/random.js';
import type { ResultRecord } from '../../protocol/record.js';
import { madeUpPerformance, madeUpSoak } from '../made-up-performance.js';
import { madeUpZoo } from '../made-up.js';

/** Timings of one series of a real run, about. */
const TIMINGS = 200;

const MEASURED = new Set(['wasm', 'cpu']);

/** The record as another cell's: what has no fixed digits has others, so that nothing is smaller than it would be. */
function as(record: ResultRecord, id: string): ResultRecord {
  const random = seeded(seedOf(`${record.kind} ${id}`));
  const jitter = (value: number): number => value * (0.9 + 0.2 * random());
  const { timing, performance } = record;
  const latency = performance?.latency;
  return {
    ...record,
    id,
    cell: { ...record.cell, model: parseCellId(id).model },
    ...(timing?.inferenceMs === undefined
      ? {}
      : {
          timing: { ...timing, inferenceMs: Array.from({ length: 100 }, () => jitter(timing.inferenceMs?.[0] ?? 1)) },
        }),
    ...(performance === undefined || latency === undefined
      ? {}
      : {
          performance: {
            ...performance,
            latency: { ...latency, samplesMs: Array.from({ length: TIMINGS }, () => jitter(latency.median.value)) },
          },
        }),
    ...(record.finding === undefined ? {} : { finding: `findings/${id}` }),
  };
}

/** Records of exactly `cells` cells: models of the made-up zoo, and the same under other names, until there are enough. */
export function madeUpRun(cells: number): ResultRecord[] {
  const zoo = madeUpZoo();
  const measured = new Map<string, ResultRecord>();
  const measurement = (id: string): ResultRecord => {
    const key = parseCellId(id);
    const like = cellId({ ...key, model: key.precision === 'int8' ? 'lenet5' : 'resnet20' });
    const known = measured.get(like) ?? madeUpPerformance(like);
    measured.set(like, known);
    return known;
  };
  const records: ResultRecord[] = [];
  for (let at = 0; at < cells; at++) {
    const record = zoo[at % zoo.length];
    if (record === undefined) break;
    const round = Math.floor(at / zoo.length);
    const key = parseCellId(record.id);
    const id = cellId({ ...key, model: round === 0 ? key.model : `${key.model}-${String(round + 1)}` });
    records.push(as(record, id));
    const isMeasured = MEASURED.has(key.backend) && key.browser !== 'pc' && key.precision !== 'fp16';
    if (isMeasured && record.status === 'pass') records.push(as(measurement(record.id), id));
  }
  const [first] = records.filter(({ kind }) => kind === 'performance');
  if (first !== undefined) records.push({ ...madeUpSoak('lenet5/onnx-fp32/ort-wasm-t1@chromium'), id: first.id });
  return records;
}
