/** The suite itself, started as a person starts it, when the person or the disk has enough in the middle of it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findEngine } from '../../src/browsers/find.js';
import { isRunning } from '../../src/drivers/processes.js';
import { BROWSERS } from '../../src/protocol/cell.js';
import { expect, test } from './fixtures.js';
import { recordsById, runSuite, startSuite } from './suite.js';

// A run of the suite in each.
test.describe.configure({ timeout: 180_000 });

for (const browser of BROWSERS) {
  test(`Ctrl-C in the middle of a cell: ${browser}`, async ({}, testInfo) => {
    const status = await findEngine(browser);
    test.skip(!status.found, `${browser} is missing`);
    const reports = testInfo.outputPath('reports');
    const [done, underway, ahead] = ['onnx-fp32/ort-wasm-t1', 'tfjs-fp32/tfjs-cpu', 'tfjs-fp32/tfjs-wasm'].map(
      (target) => `lenet5/${target}@${browser}`,
    ) as [string, string, string];
    const suite = startSuite({
      reports,
      scratch: testInfo.outputPath('scratch'),
      args: ['--no-deps', '--workers=1', '--project', browser, '-g', `${done}|${underway}|${ahead}`],
      // JavaScript gets all the time that it wants; and the display, where one is needed, is the run's own.
      env: { PLUMBLINE_BUDGET_MS: '300000', DISPLAY: undefined },
    });
    try {
      const isDone = (): boolean => existsSync(path.join(reports, 'results.jsonl')) && recordsById(reports).size === 1;
      await expect.poll(isDone, { timeout: 60_000 }).toBe(true);
      // The next cell has begun, and takes many seconds.
      await sleep(1500);
      const processes = suite.processes().map(({ pid }) => pid);
      expect(processes.length).toBeGreaterThan(4);
      suite.interrupt();
      const { code, said } = await suite.ended;

      expect(code, said).not.toBe(0);
      const records = recordsById(reports);
      expect([...records.keys()].sort()).toEqual([done, underway, ahead].sort());
      expect(records.get(done)).toMatchObject({ status: 'pass', accuracy: { n: 10_000 } });
      for (const [id, why] of [
        [underway, 'the run was interrupted while the cell ran'],
        [ahead, 'the run was interrupted before the cell began'],
      ] as const) {
        expect(records.get(id)).toMatchObject({ status: 'skipped', reason: { code: 'E_NOT_RUN', message: why } });
      }
      await expect.poll(() => suite.processes()).toEqual([]);
      expect(processes.filter(isRunning)).toEqual([]);
    } finally {
      for (const { pid } of suite.processes()) process.kill(pid, 'SIGKILL');
    }
  });
}

for (const [name, prepare] of [
  [
    'a full disk',
    (reports: string): string => {
      mkdirSync(reports);
      symlinkSync('/dev/full', path.join(reports, 'results.jsonl'));
      return reports;
    },
  ],
  [
    'a place where nothing can be written',
    (reports: string): string => {
      writeFileSync(reports, 'a file, where a folder should be');
      return path.join(reports, 'below');
    },
  ],
] as const) {
  test(`${name} is E_REPORT_WRITE, and the results are kept where it says`, async ({ scratch }, testInfo) => {
    const reports = prepare(testInfo.outputPath('reports'));
    // Short, for Chromium puts a socket there, and a socket's path has room for some hundred characters.
    const temporary = mkdtempSync(path.join(scratch, 'tmp-'));
    const id = 'lenet1/onnx-fp32/ort-wasm-t1@chromium';
    const { code, said } = await runSuite({
      reports,
      scratch: testInfo.outputPath('scratch'),
      args: ['--no-deps', '--project=chromium', '-g', id],
      env: { TMPDIR: temporary },
    });
    expect(code, said).not.toBe(0);
    const [, place, fallback = ''] =
      /E_REPORT_WRITE: (\S+) can't be written \((?:ENOSPC|ENOTDIR).*; results go to (\S+)/.exec(said) ?? [];
    expect(place, said).toBe(reports);
    expect(path.dirname(fallback)).toBe(temporary);
    expect([...recordsById(fallback).values()]).toMatchObject([{ id, status: 'pass' }]);
    expect(readdirSync(path.join(fallback, 'observations', ...id.split('/'))).sort()).toEqual([
      'observation.json',
      'output-0.bin',
    ]);
  });
}
