import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appendToLedger, isDone, judgeProof, planProof, readLedger, type Entry, type Kind } from './proof.js';

const CELL = 'lenet5/onnx-fp32/ort-wasm-t1@chromium';
const run = (ms: number): Entry['older'] =>
  [0.99, 1, 1.01, 1, 1.005].map((factor) => ({ samplesMs: [ms * factor], calibrationMs: 1 }));
const entry = (kind: Kind, number: number, ratio: number): Entry => ({
  schema: 1,
  cell: CELL,
  kind,
  number,
  at: '2026-11-24T12:00:00.000Z',
  setting: 'here',
  older: run(1),
  newer: run(ratio),
});
const many = (kind: Kind, count: number, ratio: number, wrong: number, wrongRatio: number): Entry[] =>
  Array.from({ length: count }, (_, number) => entry(kind, number, number < wrong ? wrongRatio : ratio));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'proof-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('twenty comparisons of the same code and ten of the mutant, taking turns, none twice', () => {
  const plan = planProof([CELL, 'other']);
  const own = plan.filter(({ cell }) => cell === CELL);
  expect(own.map(({ kind }) => kind).join(' ')).toBe(Array<string>(10).fill('same same slow').join(' '));
  expect(new Set(plan.map((planned) => JSON.stringify(planned))).size).toBe(60);
  expect(own.filter(({ kind }) => kind === 'slow').map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test.each<[Kind, number, number, number, number, boolean]>([
  ['same', 20, 1, 1, 1.2, true],
  ['same', 20, 1, 2, 1.2, false],
  // To call the same code faster is no less of a false alarm.
  ['same', 20, 1, 2, 0.8, false],
  ['same', 19, 1, 0, 1, false],
  ['slow', 10, 1.1, 1, 1, true],
  ['slow', 10, 1.1, 2, 1, false],
  ['slow', 10, 1.1, 2, 0.9, false],
  ['slow', 9, 1.1, 0, 1, false],
])('%s: of %i at ×%d, %i at ×%d: held %s', (kind, count, ratio, wrong, wrongRatio, held) => {
  const proven = judgeProof(many(kind, count, ratio, wrong, wrongRatio)).find((one) => one.kind === kind);
  expect(proven).toMatchObject({ cell: CELL, comparisons: count, wrong, held });
  expect(proven?.ends).toHaveLength(count);
});

test('what was measured is read again; a line that was cut off is made again', async () => {
  const file = path.join(folder, 'made', 'ledger.jsonl');
  expect(await readLedger(file)).toEqual([]);
  const [one, two] = [entry('same', 0, 1), entry('slow', 0, 1.1)];
  await appendToLedger(file, one);
  await appendToLedger(file, two);
  const entries = await readLedger(file);
  expect(entries).toEqual([one, two]);
  expect(isDone(entries, { cell: CELL, kind: 'slow', number: 0 })).toBe(true);
  expect(isDone(entries, { cell: CELL, kind: 'slow', number: 1 })).toBe(false);
  appendFileSync(file, `\n${JSON.stringify(one).slice(0, 50)}`);
  expect(await readLedger(file)).toEqual([one, two]);
  const three = entry('slow', 1, 1.1);
  await appendToLedger(file, three);
  expect(await readLedger(file)).toEqual([one, two, three]);
});

test('a line that is no comparison is told', async () => {
  const file = path.join(folder, 'ledger.jsonl');
  writeFileSync(file, `{"schema":2}\n${JSON.stringify(entry('same', 0, 1))}\n`);
  await expect(readLedger(file)).rejects.toThrow(/^E_USAGE: .*ledger\.jsonl, line 1/);
});
