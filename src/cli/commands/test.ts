/** `plumbline test`: the project's own tests, units first, then those that need browsers; one count at the end. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { PROJECT_ROOT } from '../../paths.js';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** @returns the exit code: 0 when every test passed or was skipped, and there were tests */
export async function test(): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'plumbline-counts-'));
  try {
    const units = await runUnits(path.join(folder, 'units.json'));
    const browsers = await runBrowserTests(path.join(folder, 'browsers.json'));
    const sum = (key: keyof Counts): number => units[key] + browsers[key];
    console.log(
      `\n${String(sum('passed'))} passed, ${String(sum('failed'))} failed, ${String(sum('skipped'))} skipped`,
    );
    return sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The parts of the runners' own JSON reports that are counted. */
const vitestReport: z.ZodType<Counts> = z
  .object({ numPassedTests: z.number(), numFailedTests: z.number(), numPendingTests: z.number() })
  .transform((report) => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests,
  }));

const playwrightReport: z.ZodType<Counts> = z
  .object({ stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number(), skipped: z.number() }) })
  // A test that passes at the second try is a defect here, too.
  .transform(({ stats }) => ({
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky,
    skipped: stats.skipped,
  }));

async function runUnits(report: string): Promise<Counts> {
  const code = await run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
  return heed(code, await readReport(report, vitestReport));
}

async function runBrowserTests(report: string): Promise<Counts> {
  const args = ['test', '--config', 'tests/playwright.config.ts', '--reporter=list,json'];
  const code = await run('playwright', args, { PLAYWRIGHT_JSON_OUTPUT_FILE: report });
  return heed(code, await readReport(report, playwrightReport));
}

/** A runner that failed without a failed test (a file that does not load, say) counts as one. */
function heed(code: number, counts: Counts): Counts {
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

async function readReport(file: string, schema: z.ZodType<Counts>): Promise<Counts> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? { passed: 0, failed: 0, skipped: 0 } : schema.parse(JSON.parse(text));
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
