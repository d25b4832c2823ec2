import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { planProof, type Entry } from '../../../bench/gate/proof.js';
import { proveGate } from './prove-gate.js';

const CELL = 'lenet5/onnx-fp32/ort-wasm-t1@chromium';
let root = '';
let said: string[] = [];

const run = (ms: number): Entry['older'] =>
  [0.99, 1, 1.01, 1, 1.005].map((factor) => ({ samplesMs: [ms * factor], calibrationMs: 1 }));
/** A whole proof in which so many slowdowns are not to be seen. */
const ledger = (missed: number): void => {
  const entries = planProof([CELL]).map(({ cell, kind, number }): Entry => {
    const ratio = kind === 'same' || number < missed ? 1 : 1.1;
    const at = '2026-11-24T12:00:00.000Z';
    return { schema: 1, cell, kind, number, at, setting: 'here', older: run(1), newer: run(ratio) };
  });
  mkdirSync(path.join(root, 'gate'), { recursive: true });
  writeFileSync(path.join(root, 'gate', 'proof.jsonl'), entries.map((entry) => `\n${JSON.stringify(entry)}`).join(''));
};
const judge = (): Promise<number> => proveGate({ cells: CELL, fresh: false, judgeOnly: true });

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'prove-gate-'));
  vi.stubEnv('PLUMBLINE_REPORTS', root);
  said = [];
  vi.spyOn(console, 'log').mockImplementation((text: string) => void said.push(stripVTControlCharacters(text)));
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

test('a proof that holds ends with 0, and one that does not with 1; both are told and written', async () => {
  ledger(1);
  expect(await judge()).toBe(0);
  expect(said.join('\n')).toMatch(/10 % slower *│ *10 │ *9 │ ≥ 9 of 10 │ yes/);
  ledger(2);
  expect(await judge()).toBe(1);
  expect(said.join('\n')).toMatch(/10 % slower *│ *10 │ *8 │ ≥ 9 of 10 │ no/);
  const report = JSON.parse(readFileSync(path.join(root, 'gate.json'), 'utf8')) as Record<string, unknown>;
  expect(report).toMatchObject({ schema: 1, ledger: 'gate/proof.jsonl', results: [{ held: true }, { held: false }] });
});

test('where nothing was measured there is nothing to judge', async () => {
  await expect(judge()).rejects.toThrow(/^E_USAGE: nothing was measured/);
});

test('a cell that the plan does not have is refused', async () => {
  await expect(proveGate({ cells: 'none', fresh: false, judgeOnly: false })).rejects.toThrow(
    /^E_USAGE: the plan has no/,
  );
});
