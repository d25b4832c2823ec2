/**
 * Keeps one browser and one warm page a worker. Cells of one runtime-backend share the page, so that the runtime is
 * compiled once; another runtime-backend, or a page that something went wrong on, gets a fresh one.
 */
import type { DriverBrowser, DriverPage, HarnessDriver, LaunchOptions } from '../drivers/driver.js';
import { targetSlug, type Target } from '../protocol/cell.js';
import { PlumblineError } from '../protocol/errors.js';
import type { Deadlines } from './settings.js';

export interface WarmPage {
  readonly page: DriverPage;
  readonly browser: DriverBrowser;
  /** Whether it has run a cell of this runtime-backend before. */
  readonly warm: boolean;
}

export class PagePool {
  #browser: DriverBrowser | undefined;
  #launching: Promise<DriverBrowser> | undefined;
  #closed = false;
  /** `slug` is undefined on a page that no other cell may have. */
  #current: { slug: string | undefined; page: DriverPage } | undefined;

  /** Addresses that fresh pages were opened at, by browser. */
  readonly #seen = new WeakMap<DriverBrowser, Set<string>>();

  constructor(
    readonly driver: HarnessDriver,
    private readonly url: string,
    private readonly deadlines: Deadlines,
    private readonly launchOptions: Omit<LaunchOptions, 'deadlineMs'> = {},
  ) {}

  /** The page for cells on `target`; launches the browser where there is none. */
  async acquire(target: Target): Promise<WarmPage> {
    const slug = targetSlug(target);
    // Closed before the browser is looked at: a page that does not close takes its browser with it.
    if (this.#current?.slug !== slug) await this.#closePage();
    const browser = await this.#liveBrowser();
    if (this.#current !== undefined) return { page: this.#current.page, browser, warm: true };
    return await this.#open(browser, this.url, slug);
  }

  /**
   * A page that nothing has run on, at an address of its own, for one cell alone. `seen`: whether the browser, as it runs
   * now, has had a page there before.
   */
  async fresh(url: string): Promise<WarmPage & { readonly seen: boolean }> {
    await this.#closePage();
    const browser = await this.#liveBrowser();
    const addresses = this.#seen.get(browser) ?? new Set();
    this.#seen.set(browser, addresses);
    const seen = addresses.has(url);
    const opened = await this.#open(browser, url, undefined);
    addresses.add(url);
    return { ...opened, seen };
  }

  async #open(browser: DriverBrowser, url: string, slug: string | undefined): Promise<WarmPage> {
    const page = await browser.openPage({ url, deadlineMs: this.deadlines.pageReady });
    this.#current = { slug, page };
    return { page, browser, warm: false };
  }

  /** Gives up the page, and the browser with it when the page no longer answers: the next cell starts afresh. */
  async retire(withBrowser: boolean): Promise<void> {
    if (withBrowser || this.#browser?.isAlive() === false) {
      this.#current = undefined;
      await this.#browser?.close();
      this.#browser = undefined;
    } else {
      await this.#closePage();
    }
  }

  /** Ends the browser, also one that is just being launched: Ctrl-C may come then. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#launching?.catch(() => undefined);
    await this.retire(true);
  }

  async #liveBrowser(): Promise<DriverBrowser> {
    if (this.#browser?.isAlive() === true) return this.#browser;
    await this.retire(true);
    if (this.#closed) throw new PlumblineError('E_DRIVER', 'The pages were given up before the browser was launched');
    this.#launching = this.driver.launch({ deadlineMs: this.deadlines.launch, ...this.launchOptions });
    try {
      return (this.#browser = await this.#launching);
    } finally {
      this.#launching = undefined;
    }
  }

  async #closePage(): Promise<void> {
    const page = this.#current?.page;
    this.#current = undefined;
    await page?.close();
  }
}
