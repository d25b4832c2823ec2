import { onBed } from './bed.js';
import globalSetup from '../src/testing/global-setup.js';
const med = (v: number[]) => v.sort((a, b) => a - b)[v.length >> 1]!.toFixed(1);
const down = await globalSetup();
for (const b of (process.argv[2] ?? 'chromium,firefox,webkit').split(',') as any[])
  await onBed(b, async (bed) => {
    await bed.runCell(500);
    await bed.runCell(500);
    const pool = (bed as any).pool;
    const { page, browser } = await pool.acquire(bed.cell.target);
    const t: Record<string, number[]> = {};
    const orig = page.call.bind(page);
    page.call = async (m: string, a: any, o: any) => {
      const s = performance.now();
      const r: any = await orig(m, a, o);
      const w = performance.now() - s;
      const v = r.value;
      let inp = 0;
      if (m === 'run') inp = v.firstInferenceMs + v.inferenceMs.reduce((x: number, y: number) => x + y, 0) + v.inputMs;
      else if (m === 'loadModel') inp = v.fetchMs + v.sessionMs;
      else if (m === 'upload' || m === 'dispose' || m === 'loadRuntime') inp = v.ms;
      (t[m + ' wall'] ??= []).push(w);
      (t[m + ' extra'] ??= []).push(w - inp);
      return r;
    };
    const op = browser.processIds.bind(browser);
    browser.processIds = async () => {
      const s = performance.now();
      const r = await op();
      (t['pids'] ??= []).push(performance.now() - s);
      (t['_at'] ??= []).push(performance.now());
      return r;
    };
    for (let i = 0; i < 15; i++) {
      const s = performance.now();
      const { observation: o } = await bed.runCell(500);
      (t['wall'] ??= []).push(performance.now() - s);
      (t['input'] ??= []).push(o.timing.inputMs!);
      (t['cellMs'] ??= []).push(o.timing.cellMs!);
      (t['pss+..'] ??= []).push(s + o.timing.cellMs! - t['_at']!.at(-1)!);
    }
    console.log(
      b,
      Object.fromEntries(
        Object.entries(t)
          .filter(([k]) => k !== '_at')
          .map(([k, v]) => [k, med(v)]),
      ),
      (await browser.processIds()).length,
    );
  });
await down();
