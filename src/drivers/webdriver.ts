/** Steers a browser over W3C WebDriver: stock WebKitGTK by its own driver binary, or whatever stands behind an endpoint. */
import { Agent } from 'node:http';
import { createRequire } from 'node:module';
import { isAbsolute } from 'node:path';
import { Builder, error as webdriverErrors, type WebDriver } from 'selenium-webdriver';
import { z } from 'zod';
import type { Engine } from '../browsers/engine.js';
import { PlumblineError, messageOf } from '../protocol/errors.js';
import { consoleEntrySchema, type ConsoleEntry } from '../protocol/observation.js';
import type {
  CallOptions,
  DriverBrowser,
  DriverCapabilities,
  DriverPage,
  HarnessDriver,
  LaunchOptions,
  OpenPageOptions,
} from './driver.js';
import { DriverProcess } from './driver-process.js';
import { Enclosure } from './enclosure.js';
import { launchFailed, launchLate, requireDisplay, requireExecutable } from './launch-errors.js';
import { PING_MS, PageCalls, firstLine, type PageChannel } from './page-calls.js';
import { canSeeProcesses, isRunning } from './processes.js';
import { LATE, Turnstile, race, settled } from './race.js';

type WebDriverEngine = Extract<Engine, { driver: 'webdriver' }>;

/** How long one command may keep the session from the other pages while its page lives. */
const SLICE_MS = 250;
/** How long the other pages wait for a command that is overdue: its page is busy. WebKitGTK's driver then takes theirs. */
const TURN_MS = SLICE_MS + 1000;
/** How long a session may take to go by itself before what runs here is ended by force. */
const CLOSE_PATIENCE_MS = 1000;
/** How long a window may take to close: its page is not hung, so it is the machine that is slow. */
const WINDOW_PATIENCE_MS = 10_000;
const REMOTE_CLOSE_PATIENCE_MS = 10_000;
const SCREENSHOT_MS = 10_000;
/** The session's own time limit for scripts never strikes: deadlines are the runner's. */
const NO_SCRIPT_TIMEOUT = 2 ** 31 - 1;

const { version } = createRequire(import.meta.url)('selenium-webdriver/package.json') as { version: string };

export function createWebDriver(engine: WebDriverEngine): HarnessDriver {
  const local = 'binary' in engine.endpoint;
  const capabilities: DriverCapabilities = {
    liveConsole: false,
    crashEvents: false,
    nestedWorkers: true,
    processIds: local && canSeeProcesses,
  };
  return {
    kind: 'webdriver',
    version,
    browser: engine.browser,
    capabilities,
    launch: (options) => launch(engine, options),
  };
}

async function launch(engine: WebDriverEngine, { deadlineMs }: LaunchOptions): Promise<DriverBrowser> {
  await requireDisplay(engine);
  return 'url' in engine.endpoint
    ? launchAt(engine, engine.endpoint.url, deadlineMs)
    : launchBy(engine, engine.endpoint.binary, deadlineMs);
}

/** Opens a session at an endpoint that runs already. */
async function launchAt(engine: WebDriverEngine, url: string, deadlineMs: number): Promise<DriverBrowser> {
  const opening = openSession(engine, url).then((session) => WebDriverBrowser.begin(session));
  let browser;
  try {
    browser = await race(opening, deadlineMs);
  } catch (thrown) {
    throw launchFailed(engine, messageOf(thrown), thrown);
  }
  if (browser !== LATE) return browser;
  // A session that opens after all must not be left at an endpoint that others use.
  opening.then((late) => late.close()).catch(() => undefined);
  throw launchLate(engine, deadlineMs, '');
}

/** Starts the driver binary on a free port, and the browser by it. */
async function launchBy(engine: WebDriverEngine, binary: string, deadlineMs: number): Promise<DriverBrowser> {
  for (const path of [binary, ...binariesIn(engine.capabilities)])
    if (isAbsolute(path)) requireExecutable(engine, path);
  const enclosure = await Enclosure.create();
  let child: DriverProcess | undefined;
  const begin = async (): Promise<DriverBrowser> => {
    child = await DriverProcess.start(binary, enclosure.env);
    if (child.hasEnded) throw new Error(`${binary} ended at once: ${await child.ended}`);
    return WebDriverBrowser.begin(await openSession(engine, child.url), { child, enclosure });
  };
  const begun = begin();
  try {
    const browser = await race(begun, deadlineMs);
    if (browser !== LATE) return browser;
    // It fails as its processes end; should it start another at this very moment, that one ends, too.
    begun.catch(() => enclosure.destroy());
    throw launchLate(engine, deadlineMs, child?.output ?? '');
  } catch (thrown) {
    await enclosure.destroy();
    if (thrown instanceof PlumblineError) throw thrown;
    throw launchFailed(engine, `${messageOf(thrown)}\n${child?.output ?? ''}`, thrown);
  }
}

/** The browser binaries that vendor capabilities name: `webkitgtk:browserOptions`, `goog:chromeOptions` and the like. */
function binariesIn(capabilities: Readonly<Record<string, unknown>>): string[] {
  const named = z.object({ binary: z.string() });
  return Object.values(capabilities).flatMap((value) => {
    const options = named.safeParse(value);
    return options.success ? [options.data.binary] : [];
  });
}

async function openSession(engine: WebDriverEngine, url: string): Promise<WebDriver> {
  return new Builder()
    .disableEnvironmentOverrides()
    .usingServer(url)
    .usingHttpAgent(new Agent({ keepAlive: true }))
    .withCapabilities({ unhandledPromptBehavior: 'dismiss', ...engine.capabilities })
    .build();
}

/** The processes of a browser that runs on this machine. */
interface Local {
  readonly child: DriverProcess;
  readonly enclosure: Enclosure;
}

class WebDriverBrowser implements DriverBrowser {
  readonly version: string;
  readonly gone = new AbortController();
  readonly session: WebDriver;
  /** Commands go one after the other, for each first chooses its window. */
  readonly #turnstile = new Turnstile();
  readonly #enclosure: Enclosure | undefined;
  /** The processes without which the session is over: the driver and the browser itself. */
  readonly #vital: readonly number[];
  /** The window that commands go to now. */
  #current: string | undefined;
  /** A blank window that no page uses. A session ends with its last window, so there is always one. */
  #spare: string | undefined;
  #pages = 0;
  #closed: Promise<void> | undefined;

  private constructor(session: WebDriver, browserVersion: string, firstWindow: string, local: Local | undefined) {
    this.session = session;
    this.version = browserVersion;
    this.#current = this.#spare = firstWindow;
    this.#enclosure = local?.enclosure;
    this.#vital = local?.enclosure.processIds().slice(0, 2) ?? [];
    void local?.child.ended.then((how) => {
      this.die(`The driver process has ended (${how})`);
    });
  }

  /** Takes over a session that has just been opened. */
  static async begin(session: WebDriver, local?: Local): Promise<WebDriverBrowser> {
    const capabilities = await session.getCapabilities();
    await session.manage().setTimeouts({ script: NO_SCRIPT_TIMEOUT });
    const window = await session.getWindowHandle();
    return new WebDriverBrowser(session, capabilities.getBrowserVersion() ?? 'unknown', window, local);
  }

  async openPage({ url, deadlineMs }: OpenPageOptions): Promise<DriverPage> {
    const deadline = performance.now() + deadlineMs;
    const opening = this.turn(async () => {
      const window = this.#spare ?? (await this.#newWindow());
      this.#spare = undefined;
      this.#pages++;
      return new WebDriverPage(this, window);
    });
    const page = await race(opening, deadlineMs, this.gone.signal);
    if (page === LATE) {
      opening.then((late) => late.close()).catch(() => undefined);
      throw new PlumblineError('E_PAGE_TIMEOUT', `The browser did not open a window within ${String(deadlineMs)} ms`);
    }
    try {
      await page.goto(url, deadline);
      return page;
    } catch (thrown) {
      await page.close();
      throw thrown;
    }
  }

  /** Runs commands of `window` (absent: of none) when the session is free. @throws the reason if the browser is gone. */
  async turn<T>(commands: () => Promise<T>, window?: string): Promise<T> {
    try {
      return await this.#turnstile.pass(async () => {
        this.gone.signal.throwIfAborted();
        if (window !== undefined && window !== this.#current) {
          await this.session.switchTo().window(window);
          this.#current = window;
        }
        return await commands();
      }, TURN_MS);
    } catch (thrown) {
      if (thrown instanceof webdriverErrors.NoSuchSessionError) {
        this.die(`The session is over (${firstLine(thrown)})`);
      } else if (!(thrown instanceof PlumblineError || thrown instanceof webdriverErrors.WebDriverError)) {
        this.die(`The driver does not answer (${firstLine(thrown)})`);
      } else if (!this.#vital.every(isRunning)) {
        this.die('The browser has ended');
      }
      throw this.gone.signal.aborted ? this.gone.signal.reason : thrown;
    }
  }

  /**
   * Closes the window of a page. One that hangs takes the browser with it, for nothing else ends its busy loop.
   *
   * @param underWay the last command of the page, which tells whether it hangs.
   */
  async closeWindow(window: string, underWay: Promise<unknown>): Promise<void> {
    if (this.gone.signal.aborted) return;
    const close = async (): Promise<void> => {
      if (--this.#pages === 0 && this.#spare === undefined) {
        this.#spare = await this.#newWindow();
        await this.session.switchTo().window(window);
      }
      this.#current = undefined;
      await this.session.close();
    };
    const closed = (await settled(underWay, PING_MS)) && (await settled(this.turn(close, window), WINDOW_PATIENCE_MS));
    if (closed) return;
    this.die('A page hung and could not be closed, so the browser was ended');
    await this.close();
  }

  processIds(): Promise<number[]> {
    return Promise.resolve(this.#enclosure?.processIds() ?? []);
  }

  isAlive(): boolean {
    return !this.gone.signal.aborted && this.#vital.every(isRunning);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    const alive = this.isAlive();
    this.gone.abort(new PlumblineError('E_DRIVER', 'The browser was closed'));
    // What runs here is ended by force if need be; a session elsewhere has its word alone.
    const patience = this.#enclosure === undefined ? REMOTE_CLOSE_PATIENCE_MS : CLOSE_PATIENCE_MS;
    if (alive) await settled(this.session.quit(), patience);
    await this.#enclosure?.destroy();
  }

  die(what: string): void {
    this.gone.abort(new PlumblineError('E_BROWSER_CRASHED', what));
  }

  async #newWindow(): Promise<string> {
    // A new window is asked for from within one that is there, and the one that was last in turn may have been closed.
    if (this.#current === undefined) {
      const [any] = await this.session.getAllWindowHandles();
      if (any !== undefined) await this.session.switchTo().window(any);
    }
    await this.session.switchTo().newWindow('window');
    return (this.#current = await this.session.getWindowHandle());
  }
}

class WebDriverPage implements DriverPage, PageChannel {
  readonly sliceMs = SLICE_MS;
  readonly gone: AbortSignal;
  readonly #browser: WebDriverBrowser;
  readonly #window: string;
  readonly #end = new AbortController();
  readonly #calls: PageCalls;
  /** The last command that was given. */
  #underWay: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(browser: WebDriverBrowser, window: string) {
    this.#browser = browser;
    this.#window = window;
    this.gone = AbortSignal.any([browser.gone.signal, this.#end.signal]);
    this.#calls = new PageCalls(this);
  }

  /** Goes to the harness page and waits until it can be called. */
  async goto(url: string, deadline: number): Promise<void> {
    let arrived: boolean;
    try {
      const going = this.#turn((session) => session.get(url));
      arrived = (await race(going, Math.max(1, deadline - performance.now()), this.gone)) !== LATE;
    } catch (thrown) {
      if (thrown instanceof PlumblineError) throw thrown;
      throw new PlumblineError('E_PAGE_READY', `${url} could not be loaded: ${firstLine(thrown)}`, { cause: thrown });
    }
    await this.#calls.ready(url, deadline, arrived);
  }

  evaluate<A, R>(script: (argument: A) => R | Promise<R>, argument: A): Promise<R> {
    const text = `const done = arguments[arguments.length - 1]; Promise.resolve((${String(script)})(arguments[0])).then(done);`;
    return this.#turn((session) => session.executeAsyncScript<R>(text, argument));
  }

  call(method: string, argument: unknown, options: CallOptions): Promise<unknown> {
    return this.#calls.call(method, argument, options);
  }

  /** The session has no console of its own: these are the lines that the page has kept. */
  async takeConsole(): Promise<ConsoleEntry[]> {
    try {
      const lines = await race(this.evaluate(drainConsoleInPage, null), PING_MS, this.gone);
      return z.array(consoleEntrySchema).parse(lines);
    } catch {
      return [];
    }
  }

  async screenshot(): Promise<Buffer> {
    try {
      const png = await race(
        this.#turn((session) => session.takeScreenshot()),
        SCREENSHOT_MS,
        this.gone,
      );
      if (png !== LATE) return Buffer.from(png, 'base64');
    } catch (thrown) {
      if (thrown instanceof PlumblineError) throw thrown;
      throw new PlumblineError('E_DRIVER', `No screenshot: ${firstLine(thrown)}`, { cause: thrown });
    }
    throw new PlumblineError('E_PAGE_TIMEOUT', `No screenshot within ${String(SCREENSHOT_MS)} ms`);
  }

  /** Runs commands in this page's window. */
  async #turn<T>(commands: (session: WebDriver) => Promise<T>): Promise<T> {
    const turn = this.#browser.turn(() => commands(this.#browser.session), this.#window);
    this.#underWay = turn;
    try {
      return await turn;
    } catch (thrown) {
      if (!(thrown instanceof webdriverErrors.NoSuchWindowError)) throw thrown;
      this.#end.abort(new PlumblineError('E_BROWSER_CRASHED', 'The page went away by itself: its window is gone'));
      throw this.gone.reason;
    }
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#end.abort(new PlumblineError('E_DRIVER', 'The page was closed'));
    await this.#browser.closeWindow(this.#window, this.#underWay);
  }
}

/** In the page: what was printed since the last time. */
function drainConsoleInPage(): ConsoleEntry[] {
  const page = globalThis as unknown as { plumbline?: { drainConsole(): ConsoleEntry[] } };
  return page.plumbline?.drainConsole() ?? [];
}
