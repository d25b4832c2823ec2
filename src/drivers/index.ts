import type { Engine } from '../browsers/engine.js';
import type { HarnessDriver } from './driver.js';
import { createPlaywrightDriver } from './playwright.js';
import { createWebDriver } from './webdriver.js';

export type * from './driver.js';

/** @returns the driver that steers `engine`; nothing is started before its `launch`. */
export function createDriver(engine: Engine): HarnessDriver {
  switch (engine.driver) {
    case 'playwright':
      return createPlaywrightDriver(engine);
    case 'webdriver':
      return createWebDriver(engine);
  }
}
