import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { transformSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PlumblineError } from '../protocol/errors.js';
import { PageCalls, headedStack, type PageChannel } from './page-calls.js';

/** A "page" in this very process: the scripts find their globals here. */
const page = globalThis as unknown as Record<string, unknown>;
const NAMES = ['plumbline', 'plumblineCalls', 'location'];

beforeEach(() => {
  page.location = { href: 'http://page/' };
  page.plumbline = {
    call: (method: string, argument: unknown) => {
      if (method === 'never') return new Promise(() => undefined);
      if (method === 'later') return sleep(argument as number, { ok: true, value: 'later' });
      if (method === 'break') return Promise.reject(new RangeError('broken'));
      return Promise.resolve({ ok: true, value: argument });
    },
  };
  page.plumblineCalls = new Map();
});
afterEach(() => {
  for (const name of NAMES) Reflect.deleteProperty(page, name);
});

function channel(overrides: Partial<PageChannel> = {}): PageChannel {
  return {
    evaluate: async (script, argument) => script(argument),
    gone: new AbortController().signal,
    sliceMs: 20,
    ...overrides,
  };
}
const callsLeft = (): number => (page.plumblineCalls as Map<number, unknown>).size;

describe('call', () => {
  test('an answer that comes between two slices is not lost, and none is kept once it is taken', async () => {
    // The driver is kept busy elsewhere after each slice, for longer than the answer takes.
    const slow: PageChannel = channel({
      evaluate: async (script, argument) => {
        const result = await script(argument);
        await sleep(60);
        return result;
      },
    });
    const calls = new PageCalls(slow);
    expect(await calls.call('later', 50, { deadlineMs: 5000 })).toEqual({ ok: true, value: 'later' });
    expect(callsLeft()).toBe(0);
  });

  test('many slices for one long call, which is started once', async () => {
    const sent: unknown[] = [];
    const calls = new PageCalls(
      channel({
        evaluate: async (script, argument) => {
          sent.push(argument);
          return script(argument);
        },
      }),
    );
    expect(await calls.call('later', 600, { deadlineMs: 5000 })).toEqual({ ok: true, value: 'later' });
    expect(sent.length).toBeGreaterThan(2);
    expect(sent.filter((request) => 'argument' in (request as object))).toHaveLength(1);
  });

  test.each([
    ['a living page, late', 'never', {}, 'E_RUN_TIMEOUT'],
    ['a bridge that rejects', 'break', {}, 'E_DRIVER'],
    ['a driver that fails on a living page', 'echo', { evaluate: failFirst() }, 'E_DRIVER'],
  ] as const)('%s', async (_, method, overrides, code) => {
    const calls = new PageCalls(channel(overrides));
    const call = calls.call(method, null, { deadlineMs: 50, timeoutCode: 'E_RUN_TIMEOUT' });
    await expect(call).rejects.toMatchObject({ code });
  });

  test('a page that answers nothing is E_PAGE_TIMEOUT whatever code was asked for', async () => {
    vi.useFakeTimers();
    try {
      const calls = new PageCalls(channel({ evaluate: () => new Promise(() => undefined) }));
      const call = calls.call('echo', 1, { deadlineMs: 50, timeoutCode: 'E_RUN_TIMEOUT' });
      const expected = expect(call).rejects.toMatchObject({ code: 'E_PAGE_TIMEOUT' });
      await vi.advanceTimersByTimeAsync(2100);
      await expected;
    } finally {
      vi.useRealTimers();
    }
  });

  test('another document is E_PAGE_NAVIGATED: when it answers, and when the driver only says that it failed', async () => {
    Reflect.deleteProperty(page, 'plumblineCalls');
    for (const overrides of [{}, { evaluate: failFirst() }]) {
      const call = new PageCalls(channel(overrides)).call('echo', 1, { deadlineMs: 5000 });
      await expect(call).rejects.toMatchObject({ code: 'E_PAGE_NAVIGATED' });
    }
  });

  test('word of a crash that comes after the failure it caused wins', async () => {
    const gone = new AbortController();
    const evaluate = (): Promise<never> => Promise.reject(new Error('Execution context was destroyed'));
    const call = new PageCalls(channel({ evaluate, gone: gone.signal })).call('echo', 1, { deadlineMs: 5000 });
    setTimeout(() => {
      gone.abort(new PlumblineError('E_BROWSER_CRASHED', 'it died'));
    }, 50);
    await expect(call).rejects.toMatchObject({ code: 'E_BROWSER_CRASHED' });
  });
});

describe('ready', () => {
  test('a blank page after the navigation will not change any more', async () => {
    Reflect.deleteProperty(page, 'plumbline');
    page.location = { href: 'about:blank' };
    const ready = new PageCalls(channel()).ready('http://page/', performance.now() + 60_000, true);
    await expect(ready).rejects.toMatchObject({ code: 'E_PAGE_READY' });
  });

  test('waits for the bridge, through documents that are replaced', async () => {
    const { plumbline } = page;
    Reflect.deleteProperty(page, 'plumbline');
    setTimeout(() => (page.plumbline = plumbline), 50);
    const calls = new PageCalls(channel({ evaluate: failFirst() }));
    await calls.ready('http://page/', performance.now() + 60_000, true);
    expect(await calls.call('echo', 1, { deadlineMs: 5000 })).toEqual({ ok: true, value: 1 });
  });
});

test('a stack has its message before it, once', () => {
  expect(headedStack('Error: a', 'Error: a\n  at b')).toBe('Error: a\n  at b');
  expect(headedStack('Error: a', 'b@c')).toBe('Error: a\nb@c');
  expect(headedStack('Error: a', undefined)).toBe('Error: a');
});

test('what is sent to the page needs no helper of the compiler', () => {
  // tsx compiles so: names are kept by a function that the page does not have.
  const source = readFileSync(new URL('page-calls.ts', import.meta.url), 'utf8');
  const { code } = transformSync(source, { loader: 'ts', keepNames: true, target: 'es2022' });
  const scripts = code.match(/^(?:export )?function \w+InPage\([^]*?^}/gm) ?? [];
  expect(scripts).toHaveLength(3);
  for (const script of scripts) expect(script).not.toContain('__name(');
});

/** A driver whose first evaluation fails. */
function failFirst(): PageChannel['evaluate'] {
  let failed = false;
  return async (script, argument) => {
    if (failed) return script(argument);
    failed = true;
    throw new Error('the driver slipped');
  };
}
