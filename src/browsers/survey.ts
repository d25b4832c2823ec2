/** All that set-up has to know of a machine: its engines, and what they lack around them. */
import type { EngineStatus } from './engine.js';
import { findEngines } from './find.js';
import { lacksOf, type Lack } from './graphics.js';
import { thisHost, type Host } from './host.js';
import { displayLives } from './x11.js';

export interface Survey {
  readonly engines: readonly EngineStatus[];
  /** Packages for rendering and display that the engines, or the stock ones in place of the missing, would need. */
  readonly lacks: readonly Lack[];
}

/**
 * Looks anew: nothing that an earlier survey saw is taken for granted.
 *
 * @throws PlumblineError `E_USAGE` when the environment names an endpoint that cannot be read.
 */
export async function surveyMachine(host: Host = { ...thisHost }): Promise<Survey> {
  const display = host.env['DISPLAY'] ?? '';
  const [engines, lives] = await Promise.all([
    findEngines(host),
    display === '' ? false : displayLives(display, host.env),
  ]);
  const needs = engines.map((status) =>
    status.found
      ? status.engine
      : { browser: status.browser, needsDisplay: host.platform === 'linux' && status.browser !== 'chromium' },
  );
  return { engines, lacks: lacksOf(host, needs, lives) };
}

/** Whether every engine can run. Without rasterizers they can, if not all of their backends. */
export function isComplete({ engines, lacks }: Survey): boolean {
  return engines.every(({ found }) => found) && !lacks.some(({ what }) => what === 'display');
}

/** Whether there is nothing at all to install. */
export function isPerfect(survey: Survey): boolean {
  return isComplete(survey) && survey.lacks.length === 0;
}
