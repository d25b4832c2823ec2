/** Steers Chromium, Firefox and Playwright's own WebKit by Playwright. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { chromium, errors, firefox, webkit, type Browser, type BrowserContext, type Page } from '@playwright/test';
import type { Engine } from '../browsers/engine.js';
import { PlumblineError, messageOf } from '../protocol/errors.js';
import type { ConsoleEntry } from '../protocol/observation.js';
import { ConsoleBuffer } from './console-buffer.js';
import type {
  CallOptions,
  DriverBrowser,
  DriverCapabilities,
  DriverPage,
  HarnessDriver,
  LaunchOptions,
  OpenPageOptions,
} from './driver.js';
import { Enclosure } from './enclosure.js';
import { launchFailed, launchLate, requireDisplay, requireExecutable } from './launch-errors.js';
import { PageCalls, firstLine, headedStack, type PageChannel } from './page-calls.js';
import { canSeeProcesses, commandLine, isRunning } from './processes.js';
import { quietNetwork } from './quiet-network.js';
import { LATE, race, settled } from './race.js';

type PlaywrightEngine = Extract<Engine, { driver: 'playwright' }>;

/** How long a browser or page may take to go by itself. */
const CLOSE_PATIENCE_MS = 3000;
const SCREENSHOT_MS = 10_000;

const TYPES = { chromium, firefox, webkit };
type LaunchPersistentOptions = NonNullable<Parameters<typeof chromium.launchPersistentContext>[1]>;

const { version } = createRequire(import.meta.url)('@playwright/test/package.json') as { version: string };

export function createPlaywrightDriver(engine: PlaywrightEngine): HarnessDriver {
  const capabilities: DriverCapabilities = {
    liveConsole: true,
    crashEvents: true,
    processIds: canSeeProcesses,
    nestedWorkers: engine.channel !== 'moz-firefox',
  };
  return {
    kind: 'playwright',
    version,
    browser: engine.browser,
    capabilities,
    launch: (options) => launch(engine, options),
  };
}

async function launch(
  engine: PlaywrightEngine,
  { deadlineMs, sharedProfile = false }: LaunchOptions,
): Promise<DriverBrowser> {
  await requireDisplay(engine);
  requireExecutable(engine, engine.executablePath);
  const enclosure = await Enclosure.create();
  try {
    const options = {
      ...(engine.channel === undefined ? {} : { channel: engine.channel }),
      ...(engine.browser === 'firefox' ? { firefoxUserPrefs: { ...engine.preferences } } : {}),
      executablePath: engine.executablePath,
      args: [...engine.args],
      headless: engine.headless,
      env: enclosure.env,
      artifactsDir: enclosure.directory,
      timeout: deadlineMs,
      // Signals are the runner's: Playwright would end this process in the middle of writing what it has gathered. The
      // enclosure's guard ends the browser whatever way the runner goes.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    };
    const { browser, shared } = sharedProfile
      ? await launchShared(engine, path.join(enclosure.directory, 'profile'), options)
      : { browser: await TYPES[engine.browser].launch(options), shared: undefined };
    // Playwright's own builds talk to it by other means.
    if (engine.channel === 'moz-firefox') await settled(quietNetwork(browser), deadlineMs);
    const [root] = enclosure.processIds();
    if (root !== undefined) adoptProfile(enclosure, root);
    return new PlaywrightBrowser(browser, enclosure, root, shared);
  } catch (thrown) {
    await enclosure.destroy();
    if (thrown instanceof errors.TimeoutError) throw launchLate(engine, deadlineMs, browserWords(thrown));
    const words = browserWords(thrown);
    throw launchFailed(engine, words === '' ? firstLine(thrown) : words, thrown);
  }
}

/** A browser whose pages share a profile; what Playwright's own contexts store stays in memory, and is small. */
async function launchShared(
  { browser: name }: PlaywrightEngine,
  profile: string,
  options: LaunchPersistentOptions,
): Promise<{ browser: Browser; shared: BrowserContext }> {
  const shared = await TYPES[name].launchPersistentContext(profile, options);
  const browser = shared.browser();
  if (browser === null) throw new Error('Playwright does not tell which browser it launched');
  return { browser, shared };
}

/** What the browser itself printed, out of Playwright's launch log, which tells much else and some things twice. */
function browserWords(thrown: unknown): string {
  const log = stripVTControlCharacters(messageOf(thrown));
  const words = [...log.matchAll(/\[pid=\d+\](?:\[(?:err|out)\] (.*)| <(process did exit.*)>)/g)];
  return [...new Set(words.map(([, printed, ended]) => (printed ?? ended ?? '').trim()))].join('\n');
}

/** Playwright puts the profile into the runner's own temporary folder, and can't remove it when the runner is killed. */
function adoptProfile(enclosure: Enclosure, root: number): void {
  const words = commandLine(root).join('\n');
  // Chromium's form, and Firefox's, whose value is a word of its own.
  const profile = /^--user-data-dir=(.*)$/m.exec(words)?.[1] ?? /^--?profile\n(.*)$/m.exec(words)?.[1];
  if (profile !== undefined) enclosure.adopt(profile);
}

class PlaywrightBrowser implements DriverBrowser {
  readonly version: string;
  readonly #browser: Browser;
  readonly #enclosure: Enclosure;
  /** The browser's first process, where processes can be seen. */
  readonly #root: number | undefined;
  /** Where pages are opened; absent: each in a context of its own. */
  readonly #shared: BrowserContext | undefined;
  readonly #gone = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(browser: Browser, enclosure: Enclosure, root: number | undefined, shared: BrowserContext | undefined) {
    this.version = browser.version();
    this.#browser = browser;
    this.#enclosure = enclosure;
    this.#root = root;
    this.#shared = shared;
    browser.on('disconnected', () => {
      this.#gone.abort(new PlumblineError('E_BROWSER_CRASHED', 'The browser has ended'));
    });
  }

  async openPage({ url, deadlineMs }: OpenPageOptions): Promise<DriverPage> {
    const deadline = performance.now() + deadlineMs;
    const left = (): number => Math.max(1, deadline - performance.now());
    const gone = this.#gone.signal;
    let page: PlaywrightPage | undefined;
    try {
      const opening = this.#newPage();
      const raw = await race(opening, left(), gone);
      if (raw === LATE) {
        opening.then((late) => this.#closeRaw(late)).catch(() => undefined);
        throw new PlumblineError('E_PAGE_TIMEOUT', `The browser did not open a page within ${String(deadlineMs)} ms`);
      }
      page = new PlaywrightPage(raw, gone, () => this.#closeRaw(raw));
      await page.goto(url, deadline);
      return page;
    } catch (thrown) {
      await page?.close();
      if (thrown instanceof PlumblineError) throw thrown;
      const code = this.isAlive() ? 'E_DRIVER' : 'E_BROWSER_CRASHED';
      throw new PlumblineError(code, `No page could be opened: ${firstLine(thrown)}`, { cause: thrown });
    }
  }

  async #newPage(): Promise<Page> {
    // A context of its own, so that nothing that one page stored is there for the next.
    return await (this.#shared ?? (await this.#browser.newContext())).newPage();
  }

  #closeRaw(page: Page): Promise<void> {
    return this.#shared === undefined ? page.context().close() : page.close();
  }

  processIds(): Promise<number[]> {
    return Promise.resolve(this.#enclosure.processIds());
  }

  isAlive(): boolean {
    // The process is looked at, too: word of its end comes after the word of its pages' end.
    return (
      !this.#gone.signal.aborted && this.#browser.isConnected() && (this.#root === undefined || isRunning(this.#root))
    );
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#gone.abort(new PlumblineError('E_DRIVER', 'The browser was closed'));
    await settled(this.#browser.close(), CLOSE_PATIENCE_MS);
    await this.#enclosure.destroy();
  }
}

class PlaywrightPage implements DriverPage, PageChannel {
  /** One evaluation waits to the end: Playwright takes any number of them at once. */
  readonly sliceMs = Infinity;
  readonly gone: AbortSignal;
  readonly #page: Page;
  readonly #end = new AbortController();
  readonly #calls: PageCalls;
  readonly #console = new ConsoleBuffer();

  constructor(
    page: Page,
    browserGone: AbortSignal,
    private readonly closeRaw: () => Promise<void>,
  ) {
    this.#page = page;
    this.gone = AbortSignal.any([browserGone, this.#end.signal]);
    this.#calls = new PageCalls(this);
    // Not all say so: a dead process of stock Firefox ends the whole browser (Playwright sets MOZ_CRASHREPORTER_SHUTDOWN).
    page.on('crash', () => {
      this.#end.abort(new PlumblineError('E_BROWSER_CRASHED', 'The page has crashed'));
    });
    page.on('console', (message) => {
      this.#console.add(LEVELS[message.type()] ?? 'log', message.text());
    });
    page.on('pageerror', (error) => {
      this.#console.add('error', `Uncaught ${headedStack(`${error.name}: ${error.message}`, error.stack)}`);
    });
  }

  /** Goes to the harness page and waits until it can be called. */
  async goto(url: string, deadline: number): Promise<void> {
    const left = Math.max(1, deadline - performance.now());
    let arrived: boolean;
    try {
      const going = this.#page.goto(url, { waitUntil: 'commit', timeout: left });
      arrived = (await race(going, left, this.gone)) !== LATE;
    } catch (thrown) {
      if (thrown instanceof PlumblineError || this.#page.isClosed()) throw thrown;
      throw new PlumblineError('E_PAGE_READY', `${url} could not be loaded: ${firstLine(thrown)}`, { cause: thrown });
    }
    await this.#calls.ready(url, deadline, arrived);
  }

  evaluate<A, R>(script: (argument: A) => R | Promise<R>, argument: A): Promise<R> {
    // Playwright's types describe the argument after serialization; ours are plain data already.
    return (this.#page.evaluate as (script: (argument: A) => R | Promise<R>, argument: A) => Promise<R>)(
      script,
      argument,
    );
  }

  call(method: string, argument: unknown, options: CallOptions): Promise<unknown> {
    return this.#calls.call(method, argument, options);
  }

  takeConsole(): Promise<ConsoleEntry[]> {
    return Promise.resolve(this.#console.take());
  }

  async screenshot(): Promise<Buffer> {
    try {
      const png = await race(this.#page.screenshot({ timeout: SCREENSHOT_MS }), SCREENSHOT_MS, this.gone);
      if (png !== LATE) return png;
    } catch (thrown) {
      if (thrown instanceof PlumblineError) throw thrown;
      if (!(thrown instanceof errors.TimeoutError)) {
        throw new PlumblineError('E_DRIVER', `No screenshot: ${firstLine(thrown)}`, { cause: thrown });
      }
    }
    throw new PlumblineError('E_PAGE_TIMEOUT', `No screenshot within ${String(SCREENSHOT_MS)} ms`);
  }

  async close(): Promise<void> {
    this.#end.abort(new PlumblineError('E_DRIVER', 'The page was closed'));
    await settled(this.closeRaw(), CLOSE_PATIENCE_MS);
  }
}

/** Playwright's console types that are levels; the others (table, dir, count, …) are plain lines. */
const LEVELS: Partial<Record<string, ConsoleEntry['level']>> = {
  debug: 'debug',
  info: 'info',
  warning: 'warning',
  error: 'error',
  assert: 'error',
};
