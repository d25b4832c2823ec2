import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { LATE, Turnstile, race, settled } from './race.js';

const never = new Promise<never>(() => undefined);

describe('race', () => {
  test('gives what the work gives, or LATE', async () => {
    expect(await race(Promise.resolve(7), 1000)).toBe(7);
    expect(await race(never, 1)).toBe(LATE);
    await expect(race(Promise.reject(new Error('no')), 1000)).rejects.toThrow('no');
  });

  test('a deadline longer than the longest timer is not a short one', async () => {
    expect(await race(sleep(20, 'done'), Infinity)).toBe('done');
  });

  test('a signal ends it, before or during the wait, and nothing of the wait is kept', async () => {
    const gone = new AbortController();
    await race(Promise.resolve(), 1000, gone.signal);
    await race(never, 1, gone.signal);
    expect(getEventListeners(gone.signal, 'abort')).toEqual([]);
    const waiting = race(never, 60_000, gone.signal);
    gone.abort(new Error('it died'));
    await expect(waiting).rejects.toThrow('it died');
    await expect(race(Promise.resolve(1), 1000, gone.signal)).rejects.toThrow('it died');
    expect(getEventListeners(gone.signal, 'abort')).toEqual([]);
  });

  test('work that fails after it has lost is no unhandled rejection', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    try {
      const loser = async (): Promise<never> => {
        await sleep(20);
        throw new Error('late and wrong');
      };
      expect(await race(loser(), 1)).toBe(LATE);
      const gone = new AbortController();
      const aborted = race(loser(), 60_000, gone.signal);
      gone.abort(new Error('gone'));
      await expect(aborted).rejects.toThrow('gone');
      await sleep(60);
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });
});

test('settled tells whether it was in time, and never fails', async () => {
  expect(await settled(Promise.resolve(), 1000)).toBe(true);
  expect(await settled(Promise.reject(new Error('no')), 1000)).toBe(true);
  expect(await settled(never, 1)).toBe(false);
});

describe('Turnstile', () => {
  test('one at a time, in order, failures included', async () => {
    const turnstile = new Turnstile();
    const log: string[] = [];
    const work = (name: string, ms: number) => async (): Promise<string> => {
      log.push(`${name} in`);
      await sleep(ms);
      log.push(`${name} out`);
      if (name === 'b') throw new Error('b failed');
      return name;
    };
    const all = [work('a', 20), work('b', 5), work('c', 1)].map((one) => turnstile.pass(one, 1000));
    const results = await Promise.allSettled(all);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(log).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
  });

  test('who is overdue does not hold up the others for ever; patience starts with the work', async () => {
    const turnstile = new Turnstile();
    void turnstile.pass(() => never, 20);
    const slow = turnstile.pass(() => sleep(30, 'slow'), 1000);
    expect(await Promise.all([slow, turnstile.pass(() => Promise.resolve('next'), 1000)])).toEqual(['slow', 'next']);
  });
});
