/**
 * The driver interface: how a browser is steered. A driver knows pages and calls; it knows nothing of models, cells or
 * the plan. Every implementation passes the one conformance suite (tests/conformance).
 */
import type { BrowserName } from '../protocol/cell.js';
import type { ConsoleEntry } from '../protocol/observation.js';

export type DriverKind = 'playwright' | 'webdriver';

/** What a driver can do beyond the interface's minimum; callers ask before they rely on it. */
export interface DriverCapabilities {
  /** Console lines arrive as they are printed, even if the page hangs or dies later; else they are drained from the page. */
  readonly liveConsole: boolean;
  /** A crash is reported as it happens; else it shows at the next call. */
  readonly crashEvents: boolean;
  /** The browser's process ids are known (it runs on this machine). */
  readonly processIds: boolean;
  /** Workers may start workers; else one that does may stand still for ever (docs/defects/firefox-bidi-nested-workers.md). */
  readonly nestedWorkers: boolean;
}

export interface OpenPageOptions {
  readonly url: string;
  /** Time for navigation until `window.plumbline` is there. */
  readonly deadlineMs: number;
}

/** One page (a tab or window) of a running browser. */
export interface DriverPage {
  /**
   * Calls `window.plumbline.call(method, argument)` and returns what it resolves to, unvalidated. Both cross as JSON.
   * Calls of one page may overlap.
   *
   * @throws PlumblineError `E_PAGE_TIMEOUT` when nothing came back within the deadline and the page no longer
   *   answers; `timeoutCode`'s code when the page is alive but the call is not done; `E_BROWSER_CRASHED`;
   *   `E_PAGE_NAVIGATED` when the document went away in mid-call; `E_DRIVER` for anything else of the driver's.
   */
  call(method: string, argument: unknown, options: CallOptions): Promise<unknown>;
  /** Console lines since the last call of this method. Never throws: what can't be had is not there. */
  takeConsole(): Promise<ConsoleEntry[]>;
  /** The page as PNG. */
  screenshot(): Promise<Buffer>;
  /** Closes the page; harmless on one that is gone. */
  close(): Promise<void>;
}

export interface CallOptions {
  readonly deadlineMs: number;
  /** The code for a call that is late on a page that still answers. */
  readonly timeoutCode?: 'E_MODEL_LOAD_TIMEOUT' | 'E_RUN_TIMEOUT' | 'E_UPLOAD_TIMEOUT' | 'E_PAGE_TIMEOUT';
}

/** A running browser. */
export interface DriverBrowser {
  readonly version: string;
  /** @throws PlumblineError `E_PAGE_READY`, `E_PAGE_TIMEOUT`, `E_BROWSER_CRASHED`. */
  openPage(options: OpenPageOptions): Promise<DriverPage>;
  /** Process ids of the browser's tree, the root first; empty where the capability is absent. */
  processIds(): Promise<number[]>;
  /**
   * False once the browser is known to be gone. To be asked before the next page is opened: a page that died, or that
   * hung and was closed, may have taken the browser with it (stock Firefox and WebKitGTK do that).
   */
  isAlive(): boolean;
  /** Ends the browser and every process of it, by force where it does not go in time. Never throws, may be called twice. */
  close(): Promise<void>;
}

export interface LaunchOptions {
  readonly deadlineMs: number;
  /**
   * `true`: pages share one profile on disk, as a user's do, so that a page may find in the browser's caches what an
   * earlier one fetched. Default: each page has a profile of its own, in memory where the browser has such. Without
   * effect over WebDriver, whose windows share the session's profile anyway.
   */
  readonly sharedProfile?: boolean | undefined;
}

/** Steers one kind of browser in one way. */
export interface HarnessDriver {
  readonly kind: DriverKind;
  /** Version of the steering library. */
  readonly version: string;
  readonly browser: BrowserName;
  readonly capabilities: DriverCapabilities;
  /** @throws PlumblineError `E_BROWSER_MISSING`, `E_BROWSER_LAUNCH`, `E_LAUNCH_TIMEOUT`, `E_DISPLAY`. */
  launch(options: LaunchOptions): Promise<DriverBrowser>;
}
