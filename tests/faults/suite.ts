/** Runs the suite as a person does, `npx playwright test`, in a process group of its own and with folders of its own. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { findProcesses, type ProcessEntry } from '../../src/drivers/processes.js';
import type { ResultRecord } from '../../src/protocol/record.js';
import { readRecords, start, type Ended } from '../child.js';

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

export interface RunningSuite {
  readonly ended: Promise<Ended>;
  /** What Ctrl-C does: the terminal signals every process of the group in front. */
  interrupt(): void;
  /** What it has started and what still runs, itself included. */
  processes(): ProcessEntry[];
}

export function startSuite({ reports, scratch, args, env = {} }: SuiteOptions): RunningSuite {
  const mark = randomUUID();
  const { child, ended } = start(
    'npx',
    ['playwright', 'test', '--output', path.join(scratch, 'test-results'), ...args],
    {
      env: { PLUMBLINE_REPORTS: reports, ...env, [MARK]: mark },
      detached: true,
    },
  );
  return {
    ended,
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

/** The records of a results file, by id. */
export function recordsById(reports: string): Map<string, ResultRecord> {
  const records = readRecords(reports);
  const byId = new Map(records.map((record) => [record.id, record]));
  if (byId.size !== records.length) throw new Error('a cell has two records');
  return byId;
}
