/** `plumbline report`: the Allure report of the last run as one HTML file, opened where there is a desktop. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import open from 'open';
import { PROJECT_ROOT } from '../../paths.js';
import { PlumblineError } from '../../protocol/errors.js';
import { reportPaths } from '../../report/paths.js';

export interface ReportCommand {
  /** Whether to show the report in the user's browser; it is only done where there is a desktop. */
  readonly open: boolean;
}

/**
 * Makes `reports/allure/index.html` of `reports/allure-results`. Nothing is left running: the report is one file that
 * needs no server.
 * @returns the exit code
 * @throws PlumblineError `E_USAGE` when there are no results, `E_REPORT_WRITE` when Allure could not write the report.
 */
export async function report(command: ReportCommand): Promise<number> {
  const { allureResults, allureHtml } = reportPaths();
  if (!existsSync(allureResults) || !readdirSync(allureResults).some((file) => file.endsWith('-result.json'))) {
    throw new PlumblineError('E_USAGE', `there are no results in ${allureResults}`, {
      hint: 'Run the matrix first: `npm run matrix`.',
    });
  }
  try {
    rmSync(allureHtml, { recursive: true, force: true });
  } catch (thrown) {
    throw new PlumblineError('E_REPORT_WRITE', `${allureHtml} can't be replaced`, { cause: thrown });
  }
  const { code, output } = await generate(allureResults, allureHtml);
  const page = path.join(allureHtml, 'index.html');
  if (code !== 0 || !existsSync(page)) {
    throw new PlumblineError('E_REPORT_WRITE', `allure ended with ${String(code)}:\n${output.trim()}`);
  }
  writeFileSync(page, withoutAnalytics(readFileSync(page, 'utf8')));
  console.log(`${page}\n${pathToFileURL(page).href}`);
  if (command.open && hasDesktop()) await show(page);
  return 0;
}

async function generate(results: string, html: string): Promise<{ code: number | null; output: string }> {
  const require = createRequire(import.meta.url);
  const cli = path.join(path.dirname(require.resolve('allure')), '..', 'cli.js');
  const config = path.join(PROJECT_ROOT, 'allurerc.ts');
  const child = spawn(process.execPath, [cli, 'generate', results, '--output', html, '--config', config], {
    cwd: PROJECT_ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, output });
    });
  });
}

/** Allure's page reports each look at it to a third party. Ours tells nobody. */
export function withoutAnalytics(html: string): string {
  return html
    .replace(/<script[^>]*\bsrc="https:\/\/www\.googletagmanager\.com\/[^"]*"[^>]*><\/script>/g, '')
    .replace(/<script>\s*window\.dataLayer[\s\S]*?<\/script>/g, '');
}

/** Whether somebody sits at this machine: a display that is the user's, no CI, no remote shell. */
export function hasDesktop(environment: NodeJS.ProcessEnv = process.env, platform: string = process.platform): boolean {
  if (environment.CI !== undefined || environment.SSH_CONNECTION !== undefined) return false;
  if (platform === 'darwin' || platform === 'win32') return true;
  return (environment.WAYLAND_DISPLAY ?? environment.DISPLAY ?? '') !== '';
}

/** Opens a page in the user's browser; where that can't be done, says so. */
export async function show(page: string): Promise<void> {
  try {
    const viewer = await open(page);
    viewer.on('error', sayWhyNot);
    viewer.unref();
  } catch (thrown) {
    sayWhyNot(thrown);
  }
}

/** The report is made; that nothing here shows it is no failure. */
function sayWhyNot(thrown: unknown): void {
  console.error(`It can't be opened from here (${String(thrown)}); open the file in a browser.`);
}
