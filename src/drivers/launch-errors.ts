/** What can be wrong before and while a browser starts, said alike by every driver. */
import { accessSync, constants } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { Engine } from '../browsers/engine.js';
import { displayLives } from '../browsers/x11.js';
import { PlumblineError } from '../protocol/errors.js';

/**
 * @throws PlumblineError `E_DISPLAY` when the engine needs a display and there is none. Asked beforehand, for some say
 *   nothing: WebKitWebDriver waits for ever for a browser that found no display.
 */
export async function requireDisplay(engine: Engine): Promise<void> {
  if (!engine.needsDisplay) return;
  const display = process.env.DISPLAY ?? '';
  if (display === '') throw new PlumblineError('E_DISPLAY', `${nameOf(engine)} opens a window, and DISPLAY is not set`);
  if (!(await displayLives(display, process.env))) {
    throw new PlumblineError('E_DISPLAY', `${nameOf(engine)} opens a window, and no X server answers at ${display}`);
  }
}

/** @throws PlumblineError `E_BROWSER_MISSING` when there is no executable file at `path`. */
export function requireExecutable(engine: Engine, path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new PlumblineError('E_BROWSER_MISSING', `${nameOf(engine)}: there is no executable at ${path}`, { cause });
  }
}

/** The error of a browser that did not start, out of what it and its driver said last. */
export function launchFailed(engine: Engine, said: string, cause?: unknown): PlumblineError {
  return new PlumblineError('E_BROWSER_LAUNCH', `${nameOf(engine)} did not start: ${lastLines(said)}`, { cause });
}

export function launchLate(engine: Engine, deadlineMs: number, said: string): PlumblineError {
  const words = said === '' ? '' : `; it said: ${lastLines(said)}`;
  return new PlumblineError(
    'E_LAUNCH_TIMEOUT',
    `${nameOf(engine)} did not start within ${String(deadlineMs)} ms${words}`,
  );
}

const nameOf = (engine: Engine): string => `${engine.browser} (${engine.source})`;

const LINES_SHOWN = 12;
const LINE_LENGTH = 300;

/** The end of a log, without colours, empty lines and the rest of endless ones. */
export function lastLines(log: string): string {
  return stripVTControlCharacters(log)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-LINES_SHOWN)
    .map((line) => (line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}…` : line))
    .join('\n');
}
