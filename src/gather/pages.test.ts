import { beforeEach, describe, expect, test } from 'vitest';
import type { DriverBrowser, DriverPage, HarnessDriver } from '../drivers/driver.js';
import { PagePool } from './pages.js';
import { DEFAULT_DEADLINES } from './settings.js';

const WASM = { runtime: 'ort', backend: 'wasm', threads: 1 } as const;
const WEBGL = { runtime: 'ort', backend: 'webgl' } as const;

/** A browser that counts, and dies when told to. */
class FakeBrowser implements DriverBrowser {
  readonly version = '1';
  alive = true;
  pages = 0;
  /** Whether closing a page takes the browser with it, as a page that hangs does. */
  fragile = false;

  openPage(): Promise<DriverPage> {
    if (!this.alive) return Promise.reject(new Error('a page was asked of a dead browser'));
    this.pages++;
    const close = (): Promise<void> => {
      this.pages--;
      if (this.fragile) this.alive = false;
      return Promise.resolve();
    };
    return Promise.resolve({ close } as DriverPage);
  }
  processIds = (): Promise<number[]> => Promise.resolve([]);
  isAlive = (): boolean => this.alive;
  close(): Promise<void> {
    this.alive = false;
    return Promise.resolve();
  }
}

let launched: FakeBrowser[];
/** What a launch waits for. */
let ready: Promise<void>;
let pool: PagePool;

beforeEach(() => {
  launched = [];
  ready = Promise.resolve();
  const launch = async (): Promise<DriverBrowser> => {
    await ready;
    const browser = new FakeBrowser();
    launched.push(browser);
    return browser;
  };
  pool = new PagePool({ launch } as unknown as HarnessDriver, 'http://localhost/', DEFAULT_DEADLINES);
});

describe('PagePool', () => {
  test('keeps the page for cells of one runtime-backend, and one page at a time', async () => {
    const first = await pool.acquire(WASM);
    const second = await pool.acquire(WASM);
    expect([first.warm, second.warm, second.page === first.page]).toEqual([false, true, true]);
    expect((await pool.acquire(WEBGL)).warm).toBe(false);
    expect([launched.length, launched[0]?.pages]).toEqual([1, 1]);
  });

  test('a fresh page is used once, and closed before the next is opened', async () => {
    const shared = await pool.acquire(WASM);
    const first = await pool.fresh('http://localhost/~1/');
    const second = await pool.fresh('http://localhost/~2/');
    const after = await pool.acquire(WASM);
    expect(new Set([shared, first, second, after].map(({ page }) => page)).size).toBe(4);
    expect([first.warm, second.warm, after.warm]).toEqual([false, false, false]);
    expect([launched.length, launched[0]?.pages]).toEqual([1, 1]);
  });

  test('knows whether the browser has seen an address before', async () => {
    const seen = async (url: string): Promise<boolean> => (await pool.fresh(url)).seen;
    expect([await seen('/~1/'), await seen('/~2/'), await seen('/~1/')]).toEqual([false, false, true]);
    await pool.retire(true);
    expect(await seen('/~1/')).toBe(false);
  });

  test('a retired page is not used again, its browser is', async () => {
    await pool.acquire(WASM);
    await pool.retire(false);
    expect((await pool.acquire(WASM)).warm).toBe(false);
    expect(launched.length).toBe(1);
  });

  test('a browser that is retired or dead is followed by another', async () => {
    await pool.acquire(WASM);
    await pool.retire(true);
    await pool.acquire(WASM);
    (launched[1] as FakeBrowser).alive = false;
    expect((await pool.acquire(WASM)).warm).toBe(false);
    expect(launched.length).toBe(3);
  });

  test('a page that takes its browser with it as it is closed does not hurt the next cell', async () => {
    await pool.acquire(WASM);
    (launched[0] as FakeBrowser).fragile = true;
    expect((await pool.acquire(WEBGL)).warm).toBe(false);
    expect(launched.length).toBe(2);
  });

  test('leaves no browser when it is closed', async () => {
    await pool.acquire(WASM);
    await pool.close();
    expect(launched.map((browser) => browser.alive)).toEqual([false]);
  });

  test.each(['asked for', 'under way'])('a launch that is %s when the pool closes leaves no browser', async (state) => {
    let letLaunch: () => void = () => undefined;
    ready = new Promise((resolve) => (letLaunch = resolve));
    const acquiring = pool.acquire(WASM).catch(() => undefined);
    if (state === 'under way') await new Promise(setImmediate);
    const closing = pool.close();
    letLaunch();
    await Promise.all([acquiring, closing]);
    expect(launched.map((browser) => browser.alive)).toEqual(state === 'under way' ? [false] : []);
  });
});
