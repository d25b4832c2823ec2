import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { parsePs, peakDuring, processMemory, type ProcessMemory } from './memory.js';

describe('memory of processes', () => {
  test.runIf(process.platform === 'linux')(
    'grows by what a process comes to hold, and not for one that is gone',
    async () => {
      const hold = `const held = Buffer.alloc(64 << 20, 1); process.stdout.write('.'); setInterval(() => held, 1000)`;
      const child = spawn(process.execPath, ['-e', hold], { stdio: ['ignore', 'pipe', 'ignore'] });
      await once(child.stdout, 'data');
      const { processBytes = 0, yardstick } = await processMemory([child.pid ?? -1]);
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(yardstick).toBe('pss');
      expect(processBytes).toBeGreaterThan(64 << 20);
      expect(await processMemory([child.pid ?? -1])).toEqual({});
    },
  );

  test('is what ps says, in KiB, a line a process', () => {
    expect(parsePs('  1024\n 12\n')).toBe(1036 * 1024);
    expect(parsePs('')).toBe(0);
  });

  test('is not there on systems that do not tell', async () => {
    expect(await processMemory([process.pid], 'win32')).toEqual({});
    expect(await processMemory([], 'darwin')).toEqual({});
  });
});

describe('the peak', () => {
  const readings = (...sizes: number[]): (() => Promise<ProcessMemory>) => {
    let index = 0;
    return () => Promise.resolve({ processBytes: sizes[Math.min(index++, sizes.length - 1)] ?? 0, yardstick: 'pss' });
  };

  test('is the highest reading while something goes on', async () => {
    const work = new Promise((resolve) => setTimeout(resolve, 50));
    expect(await peakDuring(readings(1, 5, 2), work, 1)).toEqual({ processBytes: 5, yardstick: 'pss' });
  });

  test('is read once more at the end, however short the work was', async () => {
    expect(await peakDuring(readings(1, 7), Promise.resolve(), 1)).toMatchObject({ processBytes: 7 });
  });

  test('fails with the work', async () => {
    await expect(peakDuring(readings(1), Promise.reject(new Error('no')), 1)).rejects.toThrow('no');
  });

  test('is unknown where the system does not tell', async () => {
    expect(await peakDuring(() => Promise.resolve({}), Promise.resolve(), 1)).toEqual({});
  });
});
