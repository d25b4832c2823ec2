/** Runs the suite as a person does, `npx playwright test`, in a process group of its own and with folders of its own. */
import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { findProcesses, type ProcessEntry } from '../../src/drivers/processes.js';
import { PROJECT_ROOT } from '../../src/paths.js';
import { resultRecordSchema, type ResultRecord } from '../../src/protocol/record.js';

/** The variable by which everything that a run starts is known. */
const MARK = 'PLUMBLINE_SUITE';

export interface SuiteOptions {
  /** Where its reports go; it need not exist. */
  readonly reports: string;
  /** For Playwright's own output. */
  readonly scratch: string;
  readonly args: readonly string[];
  /** `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Ended {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  /** Standard output and error, as they came. */
  readonly said: string;
}

export interface RunningSuite {
  readonly ended: Promise<Ended>;
  /** What Ctrl-C does: the terminal signals every process of the group in front. */
  interrupt(): void;
  /** What it has started and what still runs, itself included. */
  processes(): ProcessEntry[];
}

export function startSuite({ reports, scratch, args, env = {} }: SuiteOptions): RunningSuite {
  const mark = randomUUID();
  const inherited = Object.entries(process.env).filter(
    // What Playwright sets for its own tests must not reach the one that is started.
    ([name]) => !/^(PW|PLAYWRIGHT|TEST_|ALLURE|FORCE_COLOR|NO_COLOR|DEBUG_COLORS|CI$)/.test(name),
  );
  const child = spawn('npx', ['playwright', 'test', '--output', path.join(scratch, 'test-results'), ...args], {
    cwd: PROJECT_ROOT,
    env: { ...Object.fromEntries(inherited), PLUMBLINE_REPORTS: reports, ...env, [MARK]: mark },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return {
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        resolve({ code, said });
      });
    }),
    interrupt() {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
    },
    processes: () => findProcesses(`${MARK}=${mark}`),
  };
}

/** Runs it to its end. */
export async function runSuite(options: SuiteOptions): Promise<Ended> {
  return await startSuite(options).ended;
}

/** The records of a results file, by id; each is validated. */
export function readRecords(reports: string): Map<string, ResultRecord> {
  const lines = readFileSync(path.join(reports, 'results.jsonl'), 'utf8').split('\n');
  const records = lines.filter((line) => line !== '').map((line) => resultRecordSchema.parse(JSON.parse(line)));
  const byId = new Map(records.map((record) => [record.id, record]));
  if (byId.size !== records.length) throw new Error('a cell has two records');
  return byId;
}
