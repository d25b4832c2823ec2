/** Runs the matrix in small (`project/`), each time with folders of its own. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PLAYWRIGHT, start, type Ended, type Started } from '../child.js';

const PROJECT = path.join(path.dirname(fileURLToPath(import.meta.url)), 'project');
const CONFIG = path.join(PROJECT, 'playwright.config.ts');

/** Starts Playwright's command line, apart from whatever this run is set to. */
export function startPlaywright(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = path.dirname(CONFIG),
): Started {
  const ours = Object.keys(process.env).filter((name) => name.startsWith('PLUMBLINE_'));
  const without = Object.fromEntries(ours.map((name) => [name, undefined]));
  return start(process.execPath, [PLAYWRIGHT, ...args], { env: { ...without, ...env }, cwd });
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
