/** Runs the real suite as a user does, in a process of its own, with reports in a folder of its own. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT_ROOT } from '../../src/paths.js';
import { resultRecordSchema, type ResultRecord } from '../../src/protocol/record.js';

export interface SuiteRun {
  readonly code: number | null;
  readonly output: string;
  /** `reports/results.jsonl`, each line validated. */
  readonly records: readonly ResultRecord[];
}

/** `npx playwright test …args`, with `env` on top of this process's environment. */
export async function runSuite(
  args: readonly string[],
  reports: string,
  env: Readonly<Record<string, string>> = {},
): Promise<SuiteRun> {
  const cli = path.join(PROJECT_ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
  const ended = await runCommand([cli, 'test', '--output', path.join(reports, 'test-results'), ...args], reports, env);
  return { ...ended, records: await readRecords(reports) };
}

/** `node …args` in the project's folder. */
export async function runCommand(
  args: readonly string[],
  reports: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Omit<SuiteRun, 'records'>> {
  const child = spawn(process.execPath, args, {
    cwd: PROJECT_ROOT,
    env: { ...withoutPlaywright(process.env), NO_COLOR: '1', PLUMBLINE_REPORTS: reports, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  return { code, output };
}

/** A run inside a run must not take itself for a worker of the outer one, nor colour what is read here. */
function withoutPlaywright(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^(TEST_WORKER_INDEX|TEST_PARALLEL_INDEX|PW_|PLAYWRIGHT_|FORCE_COLOR$|DEBUG_COLORS$)/.test(name),
    ),
  );
}

async function readRecords(reports: string): Promise<ResultRecord[]> {
  const text = await readFile(path.join(reports, 'results.jsonl'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => resultRecordSchema.parse(JSON.parse(line)));
}
