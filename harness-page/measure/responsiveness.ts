/** How the main thread fares while a model runs: in the page, where it must share it, or in a worker. */
import type { Responsiveness } from '../../src/protocol/performance.js';

/** As long as the display's own rate is looked at on an idle page. */
const IDLE_MS = 500;
/** What browsers make of a timer of 0 ms that sets itself anew: as often as is worth it, and no load of its own. */
const BEAT_MS = 4;

/** @param infer runs inferences for as long as is to be looked on, and tells how many */
export async function watchMainThread(infer: () => Promise<number>): Promise<Responsiveness> {
  const frameMs = await frameInterval();
  const witness = watch();
  const inferences = await infer();
  const { durationMs, longestGapMs, frames } = await witness.end();
  // Where nothing is painted, as in a window that is hidden, none is dropped.
  const framesExpected = frameMs === undefined ? 0 : Math.floor(durationMs / frameMs);
  return {
    durationMs,
    inferences,
    longestTaskMs: longestGapMs,
    framesExpected,
    framesDropped: Math.max(0, framesExpected - frames),
  };
}

/** Milliseconds a frame of the display; `undefined` where it shows none. */
async function frameInterval(): Promise<number | undefined> {
  const idle = watch();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const { frameTimes } = await idle.end();
  const intervals = frameTimes.slice(1).map((at, index) => at - (frameTimes[index] as number));
  // The median: an idle page drops a frame now and then, too.
  return intervals.length < 3 ? undefined : intervals.sort((a, b) => a - b)[Math.floor(intervals.length / 2)];
}

interface Seen {
  readonly durationMs: number;
  readonly longestGapMs: number;
  readonly frames: number;
  readonly frameTimes: readonly number[];
}

/** Looks on from now until `end` is called: at the turns of the event loop, and at the frames of an animation. */
function watch(): { end: () => Promise<Seen> } {
  const started = performance.now();
  let turn = started;
  let longestGapMs = 0;
  let ended = false;
  const beat = (): void => {
    const now = performance.now();
    longestGapMs = Math.max(longestGapMs, now - turn);
    turn = now;
    if (!ended) setTimeout(beat, BEAT_MS);
  };
  setTimeout(beat, BEAT_MS);

  const tasks = longTasks();
  const frameTimes: number[] = [];
  const dot = document.body.appendChild(document.createElement('div'));
  dot.style.cssText = 'position:fixed;inset:0 auto auto 0;width:8px;height:8px;background:currentColor';
  const paint = (at: number): void => {
    if (ended) return;
    frameTimes.push(at);
    // A frame of something that moves: a browser need not paint where nothing does.
    dot.style.transform = `translateX(${String(frameTimes.length % 64)}px)`;
    requestAnimationFrame(paint);
  };
  requestAnimationFrame(paint);

  return {
    async end() {
      // The turn that the last task kept waiting.
      await new Promise((resolve) => setTimeout(resolve, 0));
      beat();
      ended = true;
      dot.remove();
      const durationMs = turn - started;
      return {
        durationMs,
        longestGapMs: Math.max(longestGapMs, tasks.longestMs()),
        frames: frameTimes.length,
        frameTimes,
      };
    },
  };
}

/** What the browser itself says of tasks beyond 50 ms, where it does. */
function longTasks(): { longestMs: () => number } {
  if (typeof PerformanceObserver === 'undefined' || !PerformanceObserver.supportedEntryTypes.includes('longtask'))
    return { longestMs: () => 0 };
  let longest = 0;
  const take = (entries: readonly PerformanceEntry[]): void => {
    for (const { duration } of entries) longest = Math.max(longest, duration);
  };
  const observer = new PerformanceObserver((list) => {
    take(list.getEntries());
  });
  observer.observe({ entryTypes: ['longtask'] });
  return {
    longestMs() {
      take(observer.takeRecords());
      observer.disconnect();
      return longest;
    },
  };
}
