/**
 * The machine as this folder sees it: files, programs, environment. All of the searching and installing goes through
 * this one seam, so that tests can describe a machine (an Ubuntu with a snap stub, a user without sudo) as data.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { chromium, firefox, webkit } from '@playwright/test';
import type { BrowserName } from '../protocol/cell.js';

/** What a program that ran to its end left behind. */
export interface RunResult {
  /** Exit code; `undefined` when it could not be started, was killed or was too slow. */
  readonly code: number | undefined;
  readonly stdout: string;
}

/** Playwright's own build of an engine: where it is, or would be. */
export interface PlaywrightBuild {
  readonly executablePath: string;
  readonly version: string;
}

export interface Host {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly isRoot: boolean;
  /** Whether this user may read the file (or folder, or device). */
  readable(path: string): boolean;
  /** Whether this user may run the file. */
  executable(path: string): boolean;
  /** Names in a folder; empty when there is none. */
  list(folder: string): readonly string[];
  /** A file's text; `undefined` when it can't be read. */
  text(path: string): string | undefined;
  /** Runs a program to its end, without a shell and without input. Never throws. */
  run(command: string, args: readonly string[], timeoutMs: number): Promise<RunResult>;
  /** Whether anything at all answers HTTP at `url`. */
  answers(url: string): Promise<boolean>;
  playwrightBuild(browser: BrowserName): PlaywrightBuild;
}

/** Where `name` is on PATH. */
export function which(host: Host, name: string): string | undefined {
  return (host.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => host.executable(path));
}

const access = (path: string, mode: number): boolean => {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
};

/** The machine that this process runs on. */
export const thisHost: Host = {
  platform: process.platform,
  arch: process.arch,
  env: process.env,
  isRoot: process.getuid?.() === 0,
  readable: (path) => access(path, constants.R_OK),
  executable: (path) => access(path, constants.X_OK),
  list(folder) {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
  text(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
  run: (command, args, timeoutMs) =>
    new Promise((resolve) => {
      const child = execFile(
        command,
        args,
        { timeout: timeoutMs, killSignal: 'SIGKILL', encoding: 'utf8' },
        (error, stdout) => {
          // A number is the exit code; a word (ENOENT) or nothing means that it never came to one.
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
          resolve({ code, stdout });
        },
      );
      child.stdin?.end();
    }),
  async answers(url) {
    try {
      await fetch(url, { signal: AbortSignal.timeout(3_000) });
      return true;
    } catch {
      return false;
    }
  },
  playwrightBuild: (browser) => ({
    executablePath: { chromium, firefox, webkit }[browser].executablePath(),
    version: playwrightVersions().get(browser) ?? 'unknown',
  }),
};

/** Playwright names the version of each of its builds in a table that it ships. */
function playwrightVersions(): ReadonlyMap<string, string> {
  // Through the chain of packages, for nothing says that npm puts playwright-core where we could see it.
  const fromTest = createRequire(createRequire(import.meta.url).resolve('@playwright/test/package.json'));
  const fromPlaywright = createRequire(fromTest.resolve('playwright/package.json'));
  const folder = dirname(fromPlaywright.resolve('playwright-core/package.json'));
  const table = JSON.parse(readFileSync(join(folder, 'browsers.json'), 'utf8')) as {
    browsers: { name: string; browserVersion?: string }[];
  };
  return new Map(table.browsers.map(({ name, browserVersion }) => [name, browserVersion ?? 'unknown']));
}
