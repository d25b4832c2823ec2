/** Starts commands as a person does, from within a test, and reads the records that a run leaves. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../src/paths.js';
import { resultRecordSchema, type ResultRecord } from '../src/protocol/record.js';

export const PLAYWRIGHT = path.join(PROJECT_ROOT, 'node_modules', '@playwright', 'test', 'cli.js');

export interface Ended {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  /** Standard output and error, as they came. */
  readonly said: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface StartOptions {
  /** On top of what is inherited; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: the project's folder. */
  readonly cwd?: string;
  /** In a process group of its own, as a terminal starts it. */
  readonly detached?: boolean;
}

/** What Playwright and CI set for the tests must not reach what they start, nor colour what is read here. */
const NOT_INHERITED = /^(PW|PLAYWRIGHT|TEST_|ALLURE|FORCE_COLOR|NO_COLOR|DEBUG_COLORS|CI$)/;

export function start(command: string, args: readonly string[], options: StartOptions = {}): Started {
  const { env = {}, cwd = PROJECT_ROOT, detached = false } = options;
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name));
  const child = spawn(command, args, {
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      resolve({ code, said });
    });
  });
  return { child, ended };
}

/** The records of a results file, each validated. */
export function readRecords(reports: string): ResultRecord[] {
  return readFileSync(path.join(reports, 'results.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => resultRecordSchema.parse(JSON.parse(line)));
}
