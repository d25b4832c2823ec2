/**
 * Engines by WebDriver endpoint, from the environment: a Selenium Grid, Appium, safaridriver, anything that speaks W3C
 * WebDriver and can reach the harness server.
 *
 *     PLUMBLINE_WEBKIT_ENDPOINT=http://127.0.0.1:4444
 *     PLUMBLINE_WEBKIT_CAPABILITIES='{"browserName":"safari","platformName":"mac"}'
 */
import type { BrowserName } from '../protocol/cell.js';
import { messageOf, PlumblineError } from '../protocol/errors.js';
import type { Engine, EngineStatus } from './engine.js';
import type { Host } from './host.js';

const DEFAULT_BROWSER_NAME: Readonly<Record<BrowserName, string>> = {
  chromium: 'chrome',
  firefox: 'firefox',
  webkit: 'safari',
};

/** Whether the environment names an endpoint for `browser`. */
export function namesEndpoint(browser: BrowserName, host: Host): boolean {
  return (host.env[variable(browser)] ?? '') !== '';
}

/**
 * The engine that the environment names for `browser`; `undefined` when it names none.
 *
 * @throws PlumblineError `E_USAGE` when an address or the capabilities cannot be read.
 */
export async function endpointEngine(browser: BrowserName, host: Host): Promise<EngineStatus | undefined> {
  if (!namesEndpoint(browser, host)) return undefined;
  const url = parseAddress(variable(browser), host.env[variable(browser)] ?? '');
  // Any HTTP answer will do: services in the cloud answer `/status` with a refusal, and still serve sessions.
  if (!(await host.answers(new URL('status', url).href))) {
    return {
      found: false,
      browser,
      why: `${variable(browser)} is set, but nothing answers there`,
      mend: `unset ${variable(browser)}`,
    };
  }
  const capabilities = {
    browserName: DEFAULT_BROWSER_NAME[browser],
    ...parseCapabilities(capabilitiesVariable(browser), host.env[capabilitiesVariable(browser)]),
  };
  const version = (capabilities as Record<string, unknown>)['browserVersion'];
  const engine: Engine = {
    browser,
    driver: 'webdriver',
    version: typeof version === 'string' ? version : 'unknown',
    // The variable and not its value: an address may hold a user's name and key, and sources go into bug reports.
    source: variable(browser),
    gpuPath: 'of the remote machine',
    needsDisplay: false,
    endpoint: { url: url.href },
    capabilities,
  };
  return { found: true, engine };
}

function variable(browser: BrowserName): string {
  return `PLUMBLINE_${browser.toUpperCase()}_ENDPOINT`;
}

function capabilitiesVariable(browser: BrowserName): string {
  return `PLUMBLINE_${browser.toUpperCase()}_CAPABILITIES`;
}

function parseAddress(name: string, address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new PlumblineError('E_USAGE', `${name} is not an http(s) address`, {
      hint: `Set ${name} to a WebDriver endpoint, such as http://127.0.0.1:4444.`,
    });
  }
  // With a slash at its end, names are resolved under it and not beside it: /wd/hub -> /wd/hub/status.
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

function parseCapabilities(name: string, text: string | undefined): Record<string, unknown> {
  if (text === undefined || text === '') return {};
  const wrong = (why: string): PlumblineError =>
    new PlumblineError('E_USAGE', `${name} is not a JSON object: ${why}`, {
      hint: `Set ${name} to W3C capabilities, such as {"browserName":"safari"}.`,
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(messageOf(error));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('it is something else');
  return value as Record<string, unknown>;
}
