/**
 * Which browser stands for each engine on this machine. In this order: the endpoint that the environment names,
 * Playwright's own build, the system's browser. Nothing counts as found that does not start.
 */
import { join } from 'node:path';
import { BROWSERS, type BrowserName } from '../protocol/cell.js';
import { endpointEngine } from './endpoint.js';
import type { Engine, EngineStatus } from './engine.js';
import { gpuPath, graphicsOf, libraryFolders, type Graphics } from './graphics.js';
import { thisHost, which, type Host } from './host.js';
import { chromiumArgs, firefoxPreferences } from './launch.js';

/** What mends a missing engine as far as we know before we tried: to try. */
export const DEFAULT_MEND = 'npm run setup';

/** Finds all three engines, side by side. */
export async function findEngines(host: Host = thisHost): Promise<EngineStatus[]> {
  return Promise.all(BROWSERS.map((browser) => findEngine(browser, host)));
}

/**
 * Finds one engine. Takes a few tenths of a second, for it runs the browser's `--version`; the answer of each binary is
 * kept for as long as the process lives.
 *
 * @throws PlumblineError `E_USAGE` when the environment names an endpoint that cannot be read.
 */
export async function findEngine(browser: BrowserName, host: Host = thisHost): Promise<EngineStatus> {
  const named = await endpointEngine(browser, host);
  if (named !== undefined) return named;
  const graphics = graphicsOf(host);
  const engine = (await ownBuild(browser, host, graphics)) ?? (await systemBrowser(browser, host, graphics));
  return engine instanceof NotUsable
    ? { found: false, browser, why: engine.why, mend: DEFAULT_MEND }
    : { found: true, engine };
}

/** Why what was found can't be used. */
class NotUsable {
  constructor(readonly why: string) {}
}

/** Playwright's own build, when it was downloaded whole and starts. */
async function ownBuild(browser: BrowserName, host: Host, graphics: Graphics): Promise<Engine | undefined> {
  const { executablePath, version } = host.playwrightBuild(browser);
  if (!host.executable(executablePath) || !isWhole(executablePath, host)) return undefined;
  // On a Linux without the libraries that it needs, `--version` fails, too. WebKit's launch script knows no `--version`,
  // and on Windows chrome.exe opens a window for it.
  const canTell = host.platform === 'linux' && browser !== 'webkit';
  if (canTell && (await versionOf(executablePath, host)) === undefined) return undefined;
  return {
    browser,
    version,
    source: 'Playwright build',
    gpuPath: gpuPath(browser === 'webkit' ? 'webkit-own' : browser, graphics),
    ...playwrightLaunch(browser, host, graphics),
    executablePath,
  };
}

/** The folder of a Playwright build, such as `…/ms-playwright/firefox-1555`; `undefined` for other paths. */
export function buildFolder(executablePath: string): string | undefined {
  return /^.*?[\\/](?:chromium|firefox|webkit)[\w-]*-\d+(?=[\\/])/.exec(executablePath)?.[0];
}

/** Playwright puts this marker after the last file of a build: without it a download or unpacking was cut short. */
const isWhole = (executablePath: string, host: Host): boolean =>
  host.readable(join(buildFolder(executablePath) ?? '', 'INSTALLATION_COMPLETE'));

/** How Playwright launches an engine, whoever built it. */
function playwrightLaunch(browser: BrowserName, host: Host, graphics: Graphics) {
  // Without a window, Firefox on Linux has no WebGL; Chromium and Playwright's WebKit do all they can without.
  const headed = browser === 'firefox' && host.platform === 'linux';
  return {
    driver: 'playwright' as const,
    args: browser === 'chromium' ? chromiumArgs(graphics, host) : [],
    preferences: browser === 'firefox' ? firefoxPreferences(graphics) : {},
    headless: !headed,
    needsDisplay: headed,
  };
}

/** The names that each engine's binary goes by, the likeliest first. */
const ON_PATH: Readonly<Record<'chromium' | 'firefox', readonly string[]>> = {
  chromium: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
  firefox: ['firefox-esr', 'firefox'],
};
const ON_MAC: Readonly<Record<'chromium' | 'firefox', readonly string[]>> = {
  chromium: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  firefox: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
};

async function systemBrowser(browser: BrowserName, host: Host, graphics: Graphics): Promise<Engine | NotUsable> {
  if (browser === 'webkit') return host.platform === 'darwin' ? safari(host) : webKitGtk(host, graphics);
  const candidates =
    host.platform === 'darwin'
      ? ON_MAC[browser].filter((path) => host.executable(path))
      : ON_PATH[browser].flatMap((name) => which(host, name) ?? []);
  for (const executablePath of candidates) {
    const version = await versionOf(executablePath, host);
    // Ubuntu's `chromium-browser` without its snap is a script that only says so.
    if (version === undefined) continue;
    return {
      browser,
      version,
      source: `${systemName(host)} stock`,
      gpuPath: gpuPath(browser, graphics),
      ...playwrightLaunch(browser, host, graphics),
      // Playwright drives a Firefox that is not its own over WebDriver BiDi, under this channel.
      ...(browser === 'firefox' ? { channel: 'moz-firefox' } : {}),
      executablePath,
    };
  }
  return new NotUsable(
    candidates.length === 0 ? 'not installed' : `${candidates.join(', ')} does not start (a snap that is not there?)`,
  );
}

/** Stock WebKitGTK: its test browser, steered by its WebDriver. */
async function webKitGtk(host: Host, graphics: Graphics): Promise<Engine | NotUsable> {
  const driver = which(host, 'WebKitWebDriver');
  if (driver === undefined) return new NotUsable('not installed');
  const binary = miniBrowsers(host).find((path) => host.executable(path));
  if (binary === undefined) return new NotUsable('WebKitWebDriver is there, but no MiniBrowser for it to start');
  return {
    browser: 'webkit',
    version: (await versionOf(binary, host)) ?? (await packagedVersion(binary, host)) ?? 'unknown',
    source: `${systemName(host)} stock`,
    gpuPath: gpuPath('webkit-stock', graphics),
    needsDisplay: true,
    driver: 'webdriver',
    endpoint: { binary: driver },
    capabilities: {
      browserName: 'MiniBrowser',
      'webkitgtk:browserOptions': { binary, args: ['--automation'] },
    },
  };
}

/** Where distributions put MiniBrowser: one for each API version of WebKitGTK, the one tried most first. */
function miniBrowsers(host: Host): string[] {
  return ['webkit2gtk-4.1', 'webkitgtk-6.0', 'webkit2gtk-4.0'].flatMap((api) =>
    [...libraryFolders(host), '/usr/libexec'].map((folder) => join(folder, api, 'MiniBrowser')),
  );
}

async function safari(host: Host): Promise<Engine | NotUsable> {
  const binary = '/usr/bin/safaridriver';
  const version = host.executable(binary) ? await versionOf(binary, host) : undefined;
  if (version === undefined) return new NotUsable('safaridriver is not there');
  return {
    browser: 'webkit',
    version,
    source: 'Safari',
    gpuPath: 'GPU (WebGL, WebGPU)',
    needsDisplay: false,
    driver: 'webdriver',
    endpoint: { binary },
    capabilities: { browserName: 'safari' },
  };
}

/** Longest time that a browser may take to tell its version: a cold disk, a busy machine. */
const VERSION_TIMEOUT_MS = 20_000;

const versions = new WeakMap<Host, Map<string, Promise<string | undefined>>>();

/** What `--version` says, without the product's name; `undefined` when the binary does not start. */
function versionOf(path: string, host: Host): Promise<string | undefined> {
  const known = versions.get(host) ?? new Map<string, Promise<string | undefined>>();
  versions.set(host, known);
  const asked =
    known.get(path) ??
    host
      .run(path, ['--version'], VERSION_TIMEOUT_MS)
      .then(({ code, stdout }) => (code === 0 ? firstVersion(stdout) : undefined));
  known.set(path, asked);
  return asked;
}

/** MiniBrowser tells its version only on a display, so where there is none the package manager is asked. */
async function packagedVersion(path: string, host: Host): Promise<string | undefined> {
  const owner = await host.run('dpkg-query', ['--search', path], VERSION_TIMEOUT_MS);
  const name = /^[^\s:]+(?::\w+)?(?=: )/m.exec(owner.stdout)?.[0];
  if (name === undefined) return undefined;
  const { stdout } = await host.run('dpkg-query', ['--show', '--showformat=${Version}', name], VERSION_TIMEOUT_MS);
  return firstVersion(stdout);
}

/** The first version number in a line: "Mozilla Firefox 153.7.0esr" -> "153.7.0esr", "2.50.6-1~deb12u2" -> "2.50.6". */
const firstVersion = (line: string): string | undefined => /\b\d+(?:\.\d+)+\w*/.exec(line)?.[0];

/** "Debian", "Ubuntu", "macOS": whose package a system browser is. */
function systemName(host: Host): string {
  if (host.platform === 'darwin') return 'macOS';
  const name = /^NAME="?(\w+)/m.exec(host.text('/etc/os-release') ?? '')?.[1];
  return name ?? 'system';
}
