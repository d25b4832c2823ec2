/** One display for all workers; they inherit DISPLAY. */
import { ensureDisplay } from '../src/browsers/display.js';

export default async function setUp(): Promise<(() => Promise<void>) | undefined> {
  try {
    const display = await ensureDisplay();
    if (display.started) process.env.DISPLAY = display.display;
    return () => display.close();
  } catch (error) {
    // Those who need it say so themselves, each with its own reason; the others can run.
    console.warn(error instanceof Error ? error.message : error);
    return undefined;
  }
}
