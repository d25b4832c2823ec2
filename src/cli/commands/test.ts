/** `plumbline test`: the project's own tests, units first, then those that need browsers; one count at the end. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../../paths.js';
import { describeFailures, readPlaywrightReport, readVitestReport, type TestReport } from '../test-reports.js';

/** @returns the exit code: 0 when every test passed or was skipped, and there were tests */
export async function test(): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'plumbline-counts-'));
  try {
    const units = await runUnits(path.join(folder, 'units.json'));
    const browsers = await runBrowserTests(path.join(folder, 'browsers.json'));
    const sum = (key: 'passed' | 'failed' | 'skipped'): number => units[key] + browsers[key];
    const failures = [...units.failures, ...browsers.failures];
    // Whoever reads the end of a long log alone sees what failed.
    if (failures.length > 0) console.log(`\n${describeFailures(failures)}`);
    console.log(
      `\n${String(sum('passed'))} passed, ${String(sum('failed'))} failed, ${String(sum('skipped'))} skipped`,
    );
    return sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runUnits(report: string): Promise<TestReport> {
  const code = await run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
  return heed(code, await read(report, readVitestReport), 'the units');
}

async function runBrowserTests(report: string): Promise<TestReport> {
  const args = ['test', '--config', 'tests/playwright.config.ts', '--reporter=list,json'];
  const code = await run('playwright', args, { PLAYWRIGHT_JSON_OUTPUT_FILE: report });
  return heed(code, await read(report, readPlaywrightReport), 'the tests with browsers');
}

/** A runner that failed without a failed test counts as one. */
function heed(code: number, report: TestReport, title: string): TestReport {
  if (code === 0 || report.failed > 0) return report;
  const failure = { file: '', title, reason: `ended with exit code ${String(code)}, although no test failed` };
  return { ...report, failed: 1, failures: [failure] };
}

async function read(file: string, reader: (json: string, root: string) => TestReport): Promise<TestReport> {
  const json = await readFile(file, 'utf8').catch(() => undefined);
  return json === undefined ? { passed: 0, failed: 0, skipped: 0, failures: [] } : reader(json, PROJECT_ROOT);
}

function run(tool: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  const child = spawn(path.join(PROJECT_ROOT, 'node_modules', '.bin', tool), args, {
    cwd: PROJECT_ROOT,
    env: { ...process.env, ...env },
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      resolve(code ?? 1);
    });
  });
}
