/** What a target needs and the way in which its browser is steered does not bear. */
import type { DriverCapabilities } from '../drivers/driver.js';
import { startsWorkers } from '../plan/targets.js';
import type { Target } from '../protocol/cell.js';
import type { Probe } from '../protocol/observation.js';

/** @returns the probe that found it, or `undefined` where nothing stands in the way: the page is asked then */
export function driverLimit(
  target: Target,
  { nestedWorkers }: Pick<DriverCapabilities, 'nestedWorkers'>,
): Probe | undefined {
  if (nestedWorkers || target.worker !== true || !startsWorkers(target)) return undefined;
  return {
    available: false,
    words:
      'the runtime starts workers from a worker, and in this Firefox `new Worker` there may never return while WebDriver ' +
      'BiDi steers it (docs/defects/firefox-bidi-nested-workers.md)',
  };
}
