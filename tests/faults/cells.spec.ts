/**
 * Faults that strike in the middle of a cell, each by the real thing: what the cell ends in, that the next one is as if
 * nothing had been, and that nothing is left running of what was hurt.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine, isRunning } from '../../src/drivers/processes.js';
import { BROWSERS } from '../../src/protocol/cell.js';
import { expect, test } from './fixtures.js';
import type { Rig, RunOptions } from './rig.js';

/** JavaScript needs many seconds for all images, so a moment after its start the run is under way. */
const LONG_RUN = { limit: 10_000, budgetMs: 120_000 } as const satisfies RunOptions;
const MOMENT_MS = 300;

/** The cell that must not notice anything. */
async function expectHealthy(rig: Rig, browser: string, target = 'onnx-fp32/ort-wasm-t1'): Promise<void> {
  const id = `lenet1/${target}@${browser}`;
  const { record, observation } = await rig.run(id, { limit: 200 });
  expect(record).toMatchObject({ id, status: 'pass', accuracy: { n: 200 } });
  expect(observation.timing.warmPage).toBe(false);
}

for (const browser of BROWSERS) {
  test(`the browser is killed: ${browser}`, async ({ rigOf }) => {
    const rig = await rigOf(browser);
    let pids: readonly number[] = [];
    const { record, observation } = await rig.run(`lenet1/tfjs-fp32/tfjs-cpu@${browser}`, {
      ...LONG_RUN,
      during: {
        method: 'run',
        async act(running) {
          await sleep(MOMENT_MS);
          pids = await running.processIds();
          process.kill(rootOf(pids), 'SIGKILL');
        },
      },
    });
    expect(record).toMatchObject({ status: 'error', reason: { code: 'E_BROWSER_CRASHED', phase: 'run' } });
    // What was known before stays known.
    expect(observation.timing.sessionMs).toBeGreaterThan(0);
    expect(pids.filter(isRunning)).toEqual([]);
    await expectHealthy(rig, browser);
  });

  test(`the page hangs in a busy loop: ${browser}`, async ({ mutantsIn }) => {
    const rig = await mutantsIn(browser);
    let [from, pids]: [number, readonly number[]] = [0, []];
    const [budgetMs, runGrace] = [1000, 1000];
    const { record } = await rig.run(`lenet1/onnx-fp32/ort-wasm-t1@${browser}`, {
      mutant: 'busyRun',
      budgetMs,
      deadlines: { runGrace },
      during: {
        method: 'run',
        async act(running) {
          from = performance.now();
          pids = await running.processIds();
        },
      },
    });
    expect(record).toMatchObject({ status: 'error', reason: { code: 'E_PAGE_TIMEOUT', phase: 'run' } });
    // The phase's time, the ping's, and for closing what does not answer; and as much again for a busy machine.
    expect(performance.now() - from).toBeLessThan(2 * (budgetMs + runGrace + 2000 + 6000));
    expect(pids.length).toBeGreaterThan(0);
    expect(pids.filter(isRunning)).toEqual([]);
    await expectHealthy(rig, browser);
  });
}

/** The browser itself; where a driver process stands before it, that one is the first. */
function rootOf(pids: readonly number[]): number {
  const root = pids.find((pid) => /chrom|firefox|minibrowser/i.test(commandLine(pid)[0] ?? ''));
  if (root === undefined) throw new Error('no browser among the processes');
  return root;
}

test.describe('the server is gone', () => {
  const id = 'lenet1/onnx-fp32/ort-wasm-t1@chromium';
  const gone = { id, status: 'error', reason: { code: 'E_SERVER_GONE' } };

  for (const method of ['probe', 'loadModel', 'run', 'upload'] as const) {
    test(`before the end of ${method}`, async ({ startRig }) => {
      const rig = await startRig('chromium');
      const { record } = await rig.run(id, { during: { method, act: () => rig.server.close() } });
      expect(record).toMatchObject(gone);
    });
  }

  test('before there is a page', async ({ startRig }) => {
    const rig = await startRig('chromium');
    await rig.server.close();
    expect((await rig.run(id)).record).toMatchObject(gone);
  });
});

test.describe('the GPU device is lost', () => {
  for (const target of [
    'onnx-fp32/ort-webgpu',
    'onnx-fp32/ort-webgpu-jsep',
    'onnx-fp32-b100/ort-webgl',
    'tfjs-fp32/tfjs-webgpu',
    'tfjs-fp32/tfjs-webgl',
  ]) {
    test(`under ${target}`, async ({ rigOf }) => {
      const rig = await rigOf('chromium');
      let pids: readonly number[] = [];
      const { record } = await rig.run(`lenet5/${target}@chromium`, {
        ...LONG_RUN,
        budgetMs: 20_000,
        during: {
          method: 'run',
          async act(running) {
            await sleep(MOMENT_MS);
            pids = await running.processIds();
            process.kill(gpuProcessOf(pids), 'SIGKILL');
          },
        },
      });
      // Of the run, or of the judge: onnxruntime's webgl may go on to the end without noticing.
      expect(record).toMatchObject({ status: 'error', reason: { code: 'E_GPU_DEVICE_LOST' } });
      // The whole browser: Chromium may refuse WebGL to what lost it.
      expect(pids.filter(isRunning)).toEqual([]);
      await expectHealthy(rig, 'chromium', target);
    });
  }
});

/** SwiftShader lives in the GPU process, as a driver of a real GPU does. */
function gpuProcessOf(pids: readonly number[]): number {
  const [pid, ...others] = pids.filter((pid) => /--type=gpu-process/.test(commandLine(pid).join(' ')));
  if (pid === undefined || others.length > 0) throw new Error('there is not exactly one GPU process');
  return pid;
}
