/**
 * Keeps stock Firefox from reporting each request of a page to Playwright.
 *
 * Nobody here listens to these reports, and they are dear: Firefox writes them one by one to a socket that holds a small
 * write back until the one before is acknowledged (Nagle's algorithm), and Linux delays the acknowledgement by 40 ms. So
 * the answer of every call in which the page fetches something came 40 ms late. Neither Firefox nor Node offers a setting
 * for it, and Playwright none for what it subscribes to.
 */
import type { Browser } from '@playwright/test';

/** The part of Playwright's inside that is used; its version is pinned, and none of this need be there. */
interface Internals {
  readonly _connection?: {
    toImpl?(object: unknown): { readonly _browserSession?: BidiSession } | undefined;
  };
}

interface BidiSession {
  send(method: 'session.unsubscribe', parameters: { readonly events: readonly string[] }): Promise<unknown>;
}

/** Ends Playwright's subscription. Never rejects: where it cannot be ended, calls are slower and no less right. */
export async function quietNetwork(browser: Browser): Promise<void> {
  try {
    const session = (browser as unknown as Internals)._connection?.toImpl?.(browser)?._browserSession;
    await session?.send('session.unsubscribe', { events: ['network'] });
  } catch {
    // A browser that is gone already shows so at its next use.
  }
}
