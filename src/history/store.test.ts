import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ResultRecord } from '../protocol/record.js';
import { differences, fingerprintOf } from './fingerprint.js';
import { madeUpTimes } from './made-up.js';
import { readHistory, runFromRecords, saveRun, type SavedRun } from './store.js';

const ID = 'lenet5/onnx-fp32/ort-wasm-t1@firefox';
let folder = '';
const file = (name: string): string => path.join(folder, name);
const runOf = (name: string, at = '2026-11-24T12:00:00Z', records = [madeUpTimes(ID)]): SavedRun =>
  runFromRecords(records, name, new Date(at));

beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(os.tmpdir(), 'history-')), 'made', 'on', 'demand');
});

afterEach(() => {
  rmSync(path.resolve(folder, '../../..'), { recursive: true, force: true });
});

test('what is saved is read again, the newest first; no other file is left behind', async () => {
  expect(await readHistory(folder)).toEqual({ runs: [], bad: [] });
  const [one, two] = [runOf('b'), runOf('a', '2026-11-25T12:00:00Z')];
  await saveRun(one, folder);
  await saveRun(two, folder);
  expect(await readHistory(folder)).toEqual({ runs: [two, one], bad: [] });
  expect(readdirSync(folder).sort()).toEqual(['a.json', 'b.json']);
});

test('the pooled timings come apart into their visits', () => {
  const record = madeUpTimes(ID, { visits: 3 });
  const { visits } = runOf('a', undefined, [record]).cells[0] ?? { visits: [] };
  expect(visits.map(({ samplesMs }) => samplesMs.length)).toEqual([30, 30, 30]);
  expect(visits.flatMap(({ samplesMs }) => samplesMs)).toEqual(record.performance?.latency?.samplesMs);
});

test('only measured cells that passed are kept, and a run without any is refused', () => {
  const failed: ResultRecord = { ...madeUpTimes(ID), status: 'error' };
  const accuracy: ResultRecord = { ...madeUpTimes(ID), kind: 'accuracy' };
  const kept = madeUpTimes('lenet1/onnx-fp32/ort-wasm-t1@firefox');
  expect(runOf('a', undefined, [failed, accuracy, kept]).cells.map(({ id }) => id)).toEqual([kept.id]);
  expect(() => runOf('a', undefined, [failed, accuracy])).toThrow(/^E_USAGE: the results hold no cell/);
});

test('a name is taken once, and must be one of a file', async () => {
  await saveRun(runOf('a'), folder);
  const before = readFileSync(file('a.json'), 'utf8');
  await expect(saveRun(runOf('a', '2026-11-25T12:00:00Z'), folder)).rejects.toThrow(
    /^E_USAGE: there is a baseline "a"/,
  );
  expect(readFileSync(file('a.json'), 'utf8')).toBe(before);
  for (const name of ['', '../a', 'a/b', '.a'])
    expect(() => runOf(name)).toThrow(/^E_USAGE: .* can't be saved: name: /);
});

test('a folder that can’t be written to is told', async () => {
  const taken = path.join(os.tmpdir(), `history-file-${String(process.pid)}`);
  writeFileSync(taken, '');
  await expect(saveRun(runOf('a'), path.join(taken, 'below'))).rejects.toThrow(/^E_REPORT_WRITE: /);
  await expect(readHistory(taken)).rejects.toThrow(/^E_HISTORY: /);
  rmSync(taken);
});

test.each<[string, (text: string) => string, RegExp]>([
  ['cut off', (text) => text.slice(0, 100), /^E_HISTORY: .*b\.json: /],
  ['empty', () => '', /^E_HISTORY: .*b\.json: /],
  ['no object', () => 'null', /^E_HISTORY: .*b\.json: the file: /],
  ['of a later version', (text) => text.replace('"schema":1', '"schema":2'), /^E_HISTORY: .* is of schema 2/],
  [
    'with a time that is none',
    (text) => text.replace(/"samplesMs":\[[^,]+/, '"samplesMs":[-1'),
    /cells\.0\.visits\.0\.samplesMs\.0/,
  ],
  ['with a field too many', (text) => text.replace('{', '{"more":1,'), /^E_HISTORY: .*more/],
  ['under another name', (text) => text.replace('"name":"b"', '"name":"c"'), /^E_HISTORY: .* holds the baseline "c"/],
])('a file that is %s is told, and the others are read', async (_, spoil, message) => {
  for (const name of ['a', 'b', 'c']) await saveRun(runOf(name), folder);
  writeFileSync(file('b.json'), spoil(readFileSync(file('b.json'), 'utf8')));
  const { runs, bad } = await readHistory(folder);
  expect(runs.map(({ name }) => name).sort()).toEqual(['a', 'c']);
  expect(bad.map(({ file: name }) => name)).toEqual([file('b.json')]);
  expect(bad[0]?.error.message).toMatch(message);
});

test('a fingerprint tells machine and versions; a part of a run is like the whole', () => {
  const records = ['@firefox', '@chromium'].map((browser) => madeUpTimes(`lenet5/onnx-fp32/ort-wasm-t1${browser}`));
  const [firefox, chromium] = records as [ResultRecord, ResultRecord];
  const whole = fingerprintOf(records);
  expect(whole).toEqual({
    cpu: firefox.cell.cpu,
    os: firefox.cell.os,
    browsers: { chromium: chromium.cell.browserVersion, firefox: firefox.cell.browserVersion },
    runtimes: { ort: firefox.cell.runtimeVersion },
  });
  expect(differences(whole, fingerprintOf([firefox]))).toEqual([]);
  const changed = (cell: Partial<ResultRecord['cell']>): string[] =>
    differences(whole, fingerprintOf([{ cell: { ...firefox.cell, ...cell } }]));
  expect(changed({ cpu: 'another' })).toEqual([`CPU: ${firefox.cell.cpu} → another`]);
  expect(changed({ os: 'another' })).toHaveLength(1);
  expect(changed({ browserVersion: '999' })).toEqual([`firefox: ${firefox.cell.browserVersion} → 999`]);
  expect(changed({ runtimeVersion: '9.9' })).toEqual([`ort: ${firefox.cell.runtimeVersion} → 9.9`]);
  // The runtime of the PC has versions of its own.
  expect(changed({ browser: 'pc', browserVersion: 'Node 20', runtimeVersion: '9.9' })).toEqual([]);
});
