/** Runs the matrix in small (`project/`), each time with folders of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { resultRecordSchema, type ResultRecord } from '../../src/protocol/record.js';

const PROJECT = path.join(path.dirname(fileURLToPath(import.meta.url)), 'project');
const CONFIG = path.join(PROJECT, 'playwright.config.ts');
const PLAYWRIGHT = path.join(path.dirname(createRequire(import.meta.url).resolve('@playwright/test')), 'cli.js');

export interface Ended {
  readonly code: number | null;
  /** Standard output and error, as they came. */
  readonly said: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts Playwright's command line. What Playwright sets for its own tests must not reach the one that is started. */
export function startPlaywright(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = path.dirname(CONFIG),
): Started {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(PW|PLAYWRIGHT|TEST_|ALLURE|PLUMBLINE_|FORCE_COLOR|NO_COLOR|DEBUG_COLORS|CI$)/.test(name),
  );
  const child = spawn(process.execPath, [PLAYWRIGHT, ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, said });
    });
  });
  return { child, ended };
}

export interface SmallMatrix {
  /** Where its reports go; it need not exist. */
  readonly reports: string;
  /** For test results and blob reports. */
  readonly scratch: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export function startSmallMatrix({ reports, scratch, args = [], env = {} }: SmallMatrix): Started {
  mkdirSync(scratch, { recursive: true });
  const output = path.join(scratch, 'test-results');
  return startPlaywright(['test', '--config', CONFIG, ...args], {
    PLUMBLINE_REPORTS: reports,
    SMALL_MATRIX_OUTPUT: output,
    ...env,
  });
}

export async function runSmallMatrix(matrix: SmallMatrix): Promise<Ended> {
  return await startSmallMatrix(matrix).ended;
}

/** Merges the blob reports in `blobs` with the reporters of the configuration. */
export async function mergeReports(blobs: string, reports: string): Promise<Ended> {
  return await startPlaywright(['merge-reports', '--config', CONFIG, blobs], { PLUMBLINE_REPORTS: reports }).ended;
}

/** The records of a results file, each validated. */
export function readRecords(reports: string): ResultRecord[] {
  return readFileSync(path.join(reports, 'results.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => resultRecordSchema.parse(JSON.parse(line)));
}

/** All files below a folder with their content, by path. */
export function readTree(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [path.relative(folder, file), readFileSync(file).toString('base64')]),
  );
}

/** Cells that the small matrix has, PC included: what a report must hold, whatever went wrong. */
export const CELLS = { pc: 2, browsers: 33 };
