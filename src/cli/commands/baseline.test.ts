import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { madeUpTimes } from '../../history/made-up.js';
import type { ResultRecord } from '../../protocol/record.js';
import { compareBaseline, listBaselines, saveBaseline, type CompareCommand } from './baseline.js';

const [ONE, TWO] = ['lenet5/onnx-fp32/ort-wasm-t1@firefox', 'lenet5/tfjs-fp32/tfjs-wasm@firefox'];
let root = '';
let said: string[] = [];
const file = (name: string): string => path.join(root, name);
const results = (...records: readonly ResultRecord[]): void => {
  writeFileSync(file('results.jsonl'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
};
const save = (name?: string, at = '2026-11-24T12:00:00Z'): Promise<number> => saveBaseline({ name, now: new Date(at) });
const compare = (command: CompareCommand = {}): Promise<number> => compareBaseline(command);
const report = (): string => readFileSync(file('regressions.md'), 'utf8');

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'baseline-'));
  vi.stubEnv('PLUMBLINE_REPORTS', root);
  vi.stubEnv('PLUMBLINE_HISTORY', file('history'));
  said = [];
  const hear = (text: string): void => void said.push(stripVTControlCharacters(text));
  vi.spyOn(console, 'log').mockImplementation(hear);
  vi.spyOn(console, 'error').mockImplementation(hear);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

test('the same code again is no regression; ten percent slower is one, and both samples are shown', async () => {
  results(madeUpTimes(ONE), madeUpTimes(TWO, { seed: 2 }));
  expect(await save('before')).toBe(0);
  expect(said.at(-1)).toBe(`2 cells saved as "before": ${file('history/before.json')}`);

  results(madeUpTimes(ONE, { seed: 3 }), madeUpTimes(TWO, { seed: 4 }));
  expect(await compare()).toBe(0);
  expect(said.at(-2)).toBe('0 slower, 0 faster, 2 the same, 0 unclear (threshold 3 %)');

  const slower = madeUpTimes(TWO, { seed: 5, ms: 0.22 });
  results(madeUpTimes(ONE, { seed: 6 }), slower);
  expect(await compare()).toBe(1);
  expect(said.at(-2)).toBe('1 slower, 0 faster, 1 the same, 0 unclear (threshold 3 %)');
  expect(said.join('\n')).toMatch(/▲ slower *│ lenet5\/tfjs-fp32\/tfjs-wasm@firefox/);
  expect(report()).toMatch(/^ {2}old .*150 timings\n.* 5 visits, 0\..* ms\n {2}new .*150 timings/m);
  const data = JSON.parse(readFileSync(file('regressions.json'), 'utf8')) as {
    cells: { id: string; change: string; newer: { samplesMs: number[] }[] }[];
  };
  expect(data.cells.map(({ id, change }) => [id, change])).toEqual([
    [TWO, 'slower'],
    [ONE, 'same'],
  ]);
  expect(data.cells[0]?.newer.flatMap(({ samplesMs }) => samplesMs)).toEqual(slower.performance?.latency?.samplesMs);
});

test('the threshold is the user’s', async () => {
  results(madeUpTimes(ONE));
  await save();
  results(madeUpTimes(ONE, { seed: 2, ms: 0.22 }));
  expect(await compare({ threshold: 0.03 })).toBe(1);
  expect(await compare({ threshold: 0.25 })).toBe(0);
  for (const threshold of [NaN, -0.1, 30])
    await expect(compare({ threshold })).rejects.toThrow(/^E_USAGE: --threshold/);
});

test('the newest save of the same machine and versions is taken, or the one that is named', async () => {
  results(madeUpTimes(ONE));
  await save('old', '2026-11-20T12:00:00Z');
  results(madeUpTimes(ONE, { ms: 0.3 }));
  await save('newer', '2026-11-21T12:00:00Z');
  const other = madeUpTimes(ONE, { ms: 0.4 });
  results({ ...other, cell: { ...other.cell, browserVersion: '999.0' } });
  await save('another-browser', '2026-11-22T12:00:00Z');

  results(madeUpTimes(ONE, { ms: 0.3, seed: 2 }));
  expect(await compare()).toBe(0);
  expect(said).toContain('Against "newer" of 2026-11-21T12:00:00.000Z');
  expect(await compare({ against: 'old' })).toBe(1);
  expect(await compare({ against: 'another-browser' })).toBe(0);
  expect(said.find((line) => line.startsWith('Not alike'))).toMatch(/firefox: 999\.0 → /);
  expect(report()).toContain('**Not alike**: firefox: 999.0');
  await expect(compare({ against: 'none' })).rejects.toThrow(/^E_USAGE: there is no baseline "none"/);
});

test('where there is nothing to compare with, that is said, and is a failure only if wanted', async () => {
  results(madeUpTimes(ONE));
  expect(await compare()).toBe(0);
  expect(said.join('\n')).toContain('Nothing was compared');
  expect(await compare({ strict: true })).toBe(1);
  results(madeUpTimes(TWO));
  await save('b');
  results(madeUpTimes(ONE));
  expect(await compare()).toBe(0);
  expect(said).toContain('  b: other cells');
  await expect(compare({ against: 'b' })).rejects.toThrow(/^E_USAGE: "b" has no cell in common/);
});

test('cells that only one of the runs has are told, not judged', async () => {
  results(madeUpTimes(ONE), madeUpTimes(TWO));
  await save();
  const three = 'lenet1/onnx-fp32/ort-wasm-t1@firefox';
  results(madeUpTimes(ONE, { seed: 2 }), madeUpTimes(three));
  expect(await compare()).toBe(0);
  expect(said).toContain('1 cells only in the baseline, 1 only in this run: not compared');
  expect(report()).toMatch(new RegExp(`only the baseline has\n\n- ${TWO}\n\n.*only this run has\n\n- ${three}`));
});

test('where visits are too few to tell, that is said, and how to have more', async () => {
  results(madeUpTimes(ONE, { visits: 2 }), madeUpTimes(TWO, { visits: 1 }));
  await save();
  results(madeUpTimes(ONE, { visits: 2, seed: 2, ms: 0.21 }), madeUpTimes(TWO, { visits: 1, ms: 0.4 }));
  expect(await compare()).toBe(0);
  expect(said).toContain(
    '2 cells are unclear for want of visits: `PLUMBLINE_VISITS=10 npm run perf` makes more, for both runs.',
  );
  expect(said.join('\n')).toContain('too few visits');
});

test('a damaged save is told and passed over, unless it is the one that is named', async () => {
  results(madeUpTimes(ONE));
  await save('good', '2026-11-20T12:00:00Z');
  await save('bad', '2026-11-21T12:00:00Z');
  writeFileSync(file('history/bad.json'), '{"schema":1');
  expect(await compare()).toBe(0);
  expect(said[2]).toMatch(/^E_HISTORY: .*bad\.json/);
  expect(said).toContain('Against "good" of 2026-11-20T12:00:00.000Z');
  await expect(compare({ against: 'bad' })).rejects.toThrow(/^E_HISTORY: .*bad\.json/);
});

test('lists what there is', async () => {
  expect(await listBaselines()).toBe(0);
  expect(said.at(-1)).toContain('There is no baseline in');
  results(madeUpTimes(ONE));
  await save();
  expect(await listBaselines()).toBe(0);
  expect(said.at(-1)).toMatch(/^2026-11-24T12-00-00Z {2}2026-11-24T12:00:00.000Z {2}1 cells {2}.* firefox .* ort /);
});

test.each<[string, string | undefined, RegExp]>([
  ['no results', undefined, /^E_USAGE: there are no results in /],
  ['a line cut off', '{"schema":1,"kin', /^E_USAGE: .*results\.jsonl, line 1 is no record/],
  ['no performance', '', /^E_USAGE: the results hold no cell/],
])('%s', async (_, text, message) => {
  if (text !== undefined) writeFileSync(file('results.jsonl'), text);
  await expect(save()).rejects.toThrow(message);
  await expect(compare()).rejects.toThrow(message);
});
