/** `plumbline setup`: finds the browsers, installs what is missing, and says in one table what there is. */
import Table from 'cli-table3';
import colors from 'picocolors';
import type { EngineStatus } from '../../browsers/engine.js';
import { DEFAULT_MEND } from '../../browsers/find.js';
import { thisHost } from '../../browsers/host.js';
import { install, type Installed } from '../../browsers/install.js';
import { isComplete, isPerfect, surveyMachine } from '../../browsers/survey.js';
import { watch } from '../../browsers/watch.js';
import { buildPage } from '../../build/page.js';
import { zoo } from './zoo.js';

export interface SetupOptions {
  /** Only report. */
  readonly check: boolean;
  /** Say nothing when there is nothing to do. */
  readonly quiet: boolean;
}

/** A download in which nothing moves for so long is given up. */
const STALL_MS = 20_000;

/**
 * @returns the exit code: 0 when all engines can run, else 1
 * @throws PlumblineError `E_USAGE` when the environment names an endpoint that cannot be read
 */
export async function setup(options: SetupOptions): Promise<number> {
  if (!options.check) {
    await buildPage();
    await zoo({ quiet: true });
  }
  const complete = await setupBrowsers(options);
  return complete ? 0 : 1;
}

/** @returns whether all engines can run. */
async function setupBrowsers({ check, quiet }: SetupOptions): Promise<boolean> {
  let survey: Installed = await surveyMachine();
  const incomplete = !isPerfect(survey);
  if (incomplete && !check) {
    survey = await install(survey, {
      host: thisHost,
      watch,
      survey: surveyMachine,
      say: progress(),
      stallMs: STALL_MS,
      interactive: process.stdin.isTTY,
    });
  }
  if (incomplete || check || !quiet) say(describe(survey));
  return isComplete(survey);
}

/** Lines of an installation, indented under a headline that comes with the first of them. */
function progress(): (line: string) => void {
  let started = false;
  return (line) => {
    if (!started) say('Installing what the browsers need, which happens once:');
    started = true;
    say(colors.dim(`  ${line}`));
  };
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** The table of engines, and under it what is missing, each with the command that mends it. */
export function describe(survey: Installed): string {
  const table = new Table({
    head: ['Engine', 'Version', 'Driver', 'GPU path', 'Source'].map((name) => colors.bold(name)),
    style: { head: [], border: [] },
  });
  for (const status of survey.engines) table.push(rowOf(status));
  return [table.toString(), ...complaints(survey)].join('\n');
}

function rowOf(status: EngineStatus): Table.HorizontalTableRow {
  if (!status.found) return [colors.red(status.browser), { colSpan: 4, content: colors.red(`missing: ${status.why}`) }];
  const { browser, version, driver, gpuPath, source } = status.engine;
  return [browser, version, driver, gpuPath, source];
}

/** What is missing, under the command that mends it: mostly one command mends all. */
function complaints({ engines, lacks, mendLacks = DEFAULT_MEND }: Installed): string[] {
  const byMend = new Map<string, string[]>();
  const add = (what: string, mend: string): void => void byMend.set(mend, [...(byMend.get(mend) ?? []), what]);

  for (const status of engines) if (!status.found) add(status.browser, status.mend);
  for (const what of ['display', 'WebGL', 'WebGPU'] as const) {
    const packages = lacks.filter((lack) => lack.what === what).map(({ apt }) => apt);
    const purpose = what === 'display' ? 'a display for browsers with a window' : `${what} in software`;
    if (packages.length > 0) add(`${purpose} (${packages.join(', ')})`, mendLacks);
  }
  return [...byMend].flatMap(([mend, whats]) => [
    colors.yellow(`Missing: ${whats.join('; ')}.`),
    `To mend it: ${colors.cyan(mend)}`,
  ]);
}
