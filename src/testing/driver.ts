/** The driver of an engine, also where the engine is missing: that shows when a cell wants to launch it. */
import type { EngineStatus } from '../browsers/engine.js';
import type { HarnessDriver } from '../drivers/driver.js';
import { createDriver } from '../drivers/index.js';
import { PlumblineError } from '../protocol/errors.js';

export function driverFor(status: EngineStatus): HarnessDriver {
  if (status.found) return createDriver(status.engine);
  const { browser, why, mend } = status;
  return {
    kind: 'playwright',
    version: 'none',
    browser,
    capabilities: { liveConsole: false, crashEvents: false, processIds: false, nestedWorkers: true },
    launch: () =>
      Promise.reject(
        new PlumblineError('E_BROWSER_MISSING', `${browser}: ${why}`, { hint: `Run \`${mend}\`.`, phase: 'launch' }),
      ),
  };
}
