/**
 * What every driver must do. The same tests run against each engine that this machine has, whichever driver steers it;
 * none of them knows which that is.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';
import type { Engine } from '../../src/browsers/engine.js';
import { createDriver } from '../../src/drivers/index.js';
import { commandLine, isRunning } from '../../src/drivers/processes.js';
import { LAUNCH_MS, LONG_MS, OPEN_MS, expect, test } from './fixtures.js';
import { startServer } from './server.js';

/** What the page answers when it did as it was told. */
const value = (of: unknown): unknown => ({ ok: true, value: of });
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const fault = (code: string): Record<string, unknown> => ({ code, message: expect.stringMatching(`^${code}: .`) });
/** A call that is under way; that it fails is looked at later. */
function held<T>(call: Promise<T>): Promise<T> {
  call.catch(() => undefined);
  return call;
}

test.describe('open', () => {
  test('the page is cross-origin isolated, and the browser tells its version', async ({ driver, running, opened }) => {
    expect(await opened.call('isolated', null, { deadlineMs: LONG_MS })).toEqual(value(true));
    expect(running.version).toMatch(/^\d+\.\d+/);
    expect(driver.version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  for (const { what, address } of [
    { what: 'a page without window.plumbline', address: (url: string) => `${url}bare` },
    { what: 'a page that is not there', address: (url: string) => `${url}nothing` },
    { what: 'a server that is not there', address: closedAddress },
  ]) {
    test(`${what} is E_PAGE_READY, and the next page opens`, async ({ running, server }) => {
      const opening = running.openPage({ url: await address(server.url), deadlineMs: 5000 });
      await expect(opening).rejects.toMatchObject(fault('E_PAGE_READY'));
      const page = await running.openPage({ url: server.url, deadlineMs: OPEN_MS });
      expect(await page.call('echo', 1, { deadlineMs: LONG_MS })).toEqual(value(1));
      await page.close();
    });
  }
});

test.describe('call', () => {
  const values: Record<string, unknown> = {
    null: null,
    'true and false': [true, false],
    numbers: [0, -1, 1.5, 1e308, 5e-324, Number.MAX_SAFE_INTEGER, 0.1 + 0.2],
    text: ['', 'Grüße 😀', 'a\u0000b\u2028c', '\ud800', '"\\</script>'],
    nested: { a: [{ b: { c: [[]] } }], '': {}, __proto_: 1 },
    'a big object': Array.from({ length: 20_000 }, (_, index) => ({ index, text: 'x'.repeat(20) })),
  };
  test('values there and back', async ({ opened }) => {
    for (const [name, sent] of Object.entries(values)) {
      expect.soft(await opened.call('echo', sent, { deadlineMs: LONG_MS }), name).toEqual(value(sent));
    }
  });

  test('many calls at once each get their own answer', async ({ opened }) => {
    const delays = Array.from({ length: 20 }, (_, index) => 400 - 20 * index);
    const answers = await Promise.all(delays.map((ms) => opened.call('later', ms, { deadlineMs: LONG_MS })));
    expect(answers).toEqual(delays.map(value));
  });

  test('20 MB in and out, every byte', async ({ opened, server }) => {
    const addresses = { from: `${server.url}bytes`, to: `${server.url}upload` };
    const answer = await opened.call('transfer', addresses, { deadlineMs: LONG_MS });
    expect(answer).toEqual(value({ digest: sha256(server.bytes), ok: true }));
    expect(server.uploaded()).toBe(sha256(server.bytes.map((byte) => byte ^ 0xff)));
  });

  test('an error comes back with its message and its stack', async ({ opened }) => {
    expect(await opened.call('fail', null, { deadlineMs: LONG_MS })).toEqual({
      ok: false,
      error: { message: 'a fault of the page', stack: expect.stringMatching(/throwFromBelow[^]*bridge\.js/) },
    });
  });

  test("a bridge that breaks its promise is E_DRIVER, in the bridge's words", async ({ opened }) => {
    await expect(opened.call('break', null, { deadlineMs: LONG_MS })).rejects.toMatchObject({
      ...fault('E_DRIVER'),
      detail: expect.stringContaining('the bridge is broken'),
    });
  });
});

test.describe('console', () => {
  test('every level, in order, once', async ({ opened }) => {
    const levels = ['debug', 'log', 'info', 'warn', 'error'];
    for (const level of levels) await opened.call('print', { level, text: `to ${level}` }, { deadlineMs: LONG_MS });
    expect(await opened.takeConsole()).toEqual([
      { level: 'debug', text: 'to debug' },
      { level: 'log', text: 'to log' },
      { level: 'info', text: 'to info' },
      { level: 'warning', text: 'to warn' },
      { level: 'error', text: 'to error' },
    ]);
    expect(await opened.takeConsole()).toEqual([]);
  });

  for (const { method, text } of [
    { method: 'throwUncaught', text: /^Uncaught [^]*a fault of the page|^Uncaught [^]*throwFromBelow/ },
    { method: 'rejectUnhandled', text: /^Uncaught [^]*nobody waits for this/ },
  ]) {
    test(`${method} is an error in it`, async ({ opened }) => {
      await opened.call(method, null, { deadlineMs: LONG_MS });
      const seen: unknown[] = [];
      await expect.poll(async () => seen.push(...(await opened.takeConsole()))).toBeGreaterThan(0);
      expect(seen).toEqual([{ level: 'error', text: expect.stringMatching(text) }]);
    });
  }

  test('lines of a page that hung later are kept, where the driver says so', async ({ driver, running, server }) => {
    test.skip(!driver.capabilities.liveConsole, `${driver.kind}: no live console`);
    const page = await running.openPage({ url: server.url, deadlineMs: OPEN_MS });
    await page.call('print', { level: 'log', text: 'last words' }, { deadlineMs: LONG_MS });
    await expect(page.call('hang', null, { deadlineMs: 100 })).rejects.toMatchObject(fault('E_PAGE_TIMEOUT'));
    expect(await page.takeConsole()).toEqual([{ level: 'log', text: 'last words' }]);
    await page.close();
  });
});

test.describe('deadline', () => {
  test('a call that is late on a living page has the code that was asked for', async ({ opened }) => {
    const late = opened.call('never', null, { deadlineMs: 400, timeoutCode: 'E_RUN_TIMEOUT' });
    await expect(late).rejects.toMatchObject(fault('E_RUN_TIMEOUT'));
    await expect(opened.call('never', null, { deadlineMs: 0 })).rejects.toMatchObject(fault('E_PAGE_TIMEOUT'));
    expect(await opened.call('echo', 'still here', { deadlineMs: LONG_MS })).toEqual(value('still here'));
  });

  test('slow is not late: waiting and computing within the deadline', async ({ opened }) => {
    expect(await opened.call('later', 700, { deadlineMs: LONG_MS })).toEqual(value(700));
    expect(await opened.call('busy', 3000, { deadlineMs: LONG_MS })).toEqual(value('was busy'));
  });

  test('a busy loop is E_PAGE_TIMEOUT; other pages answer meanwhile, and a fresh one opens after it', async ({
    driver,
    running,
    opened,
    server,
  }) => {
    const page = await running.openPage({ url: server.url, deadlineMs: OPEN_MS });
    const hung = held(page.call('hang', null, { deadlineMs: 300, timeoutCode: 'E_RUN_TIMEOUT' }));
    expect(await opened.call('echo', 'beside it', { deadlineMs: LONG_MS })).toEqual(value('beside it'));
    await expect(hung).rejects.toMatchObject(fault('E_PAGE_TIMEOUT'));
    const pids = await running.processIds();
    await page.close();

    // Closing such a page may cost the browser; then the driver says so and nothing of it is left.
    const alive = running.isAlive();
    if (!alive) expect(pids.filter(isRunning)).toEqual([]);
    const next = alive ? running : await driver.launch({ deadlineMs: LAUNCH_MS });
    const fresh = await next.openPage({ url: server.url, deadlineMs: OPEN_MS });
    expect(await fresh.call('echo', 'fresh', { deadlineMs: LONG_MS })).toEqual(value('fresh'));
    await (alive ? fresh : next).close();
  });

  test('a browser whose page hangs is closed by force', async ({ driver, server }) => {
    const browser = await driver.launch({ deadlineMs: LAUNCH_MS });
    const page = await browser.openPage({ url: server.url, deadlineMs: OPEN_MS });
    const hung = held(page.call('hang', null, { deadlineMs: LONG_MS }));
    // The page is in its loop when it does not answer this.
    await expect(page.call('echo', null, { deadlineMs: 200 })).rejects.toMatchObject(fault('E_PAGE_TIMEOUT'));
    const pids = await browser.processIds();
    await browser.close();
    expect(pids.filter(isRunning)).toEqual([]);
    await expect(hung).rejects.toMatchObject(fault('E_DRIVER'));
  });
});

test.describe('crash', () => {
  test.beforeEach(({ driver }) => {
    test.skip(!driver.capabilities.processIds, `${driver.kind}: the browser's processes are not known`);
  });

  test('the browser is killed in mid-call', async ({ driver, running, opened, server }) => {
    const call = held(opened.call('never', null, { deadlineMs: LONG_MS }));
    const pids = await running.processIds();
    const browser = pids.find((pid) => /chrom|firefox|minibrowser/i.test(commandLine(pid)[0] ?? ''));
    process.kill(browser ?? 0, 'SIGKILL');
    await expect(call).rejects.toMatchObject(fault('E_BROWSER_CRASHED'));
    expect(running.isAlive()).toBe(false);
    await expect(opened.call('echo', 1, { deadlineMs: LONG_MS })).rejects.toMatchObject(fault('E_BROWSER_CRASHED'));
    const reopening = running.openPage({ url: server.url, deadlineMs: LONG_MS });
    await expect(reopening).rejects.toMatchObject(fault('E_BROWSER_CRASHED'));
    await expect(opened.screenshot()).rejects.toMatchObject(fault('E_BROWSER_CRASHED'));

    await running.close();
    expect(pids.filter(isRunning)).toEqual([]);
    const next = await driver.launch({ deadlineMs: LAUNCH_MS });
    const page = await next.openPage({ url: server.url, deadlineMs: OPEN_MS });
    expect(await page.call('echo', 1, { deadlineMs: LONG_MS })).toEqual(value(1));
    await next.close();
  });

  test('the browser is killed between calls', async ({ running, opened }) => {
    const [root] = await running.processIds();
    process.kill(root ?? 0, 'SIGKILL');
    await expect.poll(() => running.isAlive()).toBe(false);
    await expect(opened.call('echo', 1, { deadlineMs: LONG_MS })).rejects.toMatchObject(fault('E_BROWSER_CRASHED'));
    expect(await opened.takeConsole()).toEqual([]);
  });

  test("only the page's process is killed, in mid-call", async ({ running, opened, server }) => {
    const call = held(opened.call('never', null, { deadlineMs: LONG_MS }));
    const content = (await running.processIds()).filter(isContentProcess);
    expect(content.length).toBeGreaterThan(0);
    content.forEach((pid) => process.kill(pid, 'SIGKILL'));
    await expect(call).rejects.toMatchObject(fault('E_BROWSER_CRASHED'));
    // A browser that goes with its page is known to be gone by now; one that does not go opens another page.
    if (running.isAlive()) {
      const next = await running.openPage({ url: server.url, deadlineMs: OPEN_MS });
      expect(await next.call('echo', 1, { deadlineMs: LONG_MS })).toEqual(value(1));
      await next.close();
    }
    await expect(opened.call('echo', 1, { deadlineMs: LONG_MS })).rejects.toMatchObject(fault('E_BROWSER_CRASHED'));
  });
});

test.describe('navigation', () => {
  for (const { what, method, to } of [
    { what: 'to another page', method: 'leave', to: 'bare' },
    { what: 'to the same page', method: 'leave', to: '?again' },
    { what: 'by reload', method: 'reload', to: '' },
  ]) {
    test(`away in mid-call, ${what}, is E_PAGE_NAVIGATED`, async ({ opened, server }) => {
      const leaving = opened.call(method, `${server.url}${to}`, { deadlineMs: LONG_MS });
      await expect(leaving).rejects.toMatchObject(fault('E_PAGE_NAVIGATED'));
      // What has gone does not come back: the new document knows nothing of what was loaded in the old one.
      await expect(opened.call('echo', 1, { deadlineMs: LONG_MS })).rejects.toMatchObject(fault('E_PAGE_NAVIGATED'));
    });
  }
});

test.describe('pages', () => {
  test('two at once: the call of one waits for that of the other', async ({ running, opened, server }) => {
    const other = await running.openPage({ url: server.url, deadlineMs: OPEN_MS });
    const gate = `gate=${String(Math.random())}`;
    const waiting = opened.call('get', `${server.url}wait?${gate}`, { deadlineMs: LONG_MS });
    expect(await other.call('get', `${server.url}open?${gate}`, { deadlineMs: LONG_MS })).toEqual(value('opened'));
    expect(await waiting).toEqual(value('open'));
    await other.close();
    expect(await opened.call('echo', 'left', { deadlineMs: LONG_MS })).toEqual(value('left'));
  });

  test('one after the other, the last one closed each time', async ({ running, server }) => {
    for (let round = 0; round < 3; round++) {
      const page = await running.openPage({ url: server.url, deadlineMs: OPEN_MS });
      expect(await page.call('echo', round, { deadlineMs: LONG_MS })).toEqual(value(round));
      await page.close();
      await page.close();
    }
    expect(running.isAlive()).toBe(true);
  });

  test('one is closed, another stays, and a third opens', async ({ running, opened, server }) => {
    const closed = await running.openPage({ url: server.url, deadlineMs: OPEN_MS });
    await closed.close();
    const third = await running.openPage({ url: server.url, deadlineMs: OPEN_MS });
    expect(await third.call('echo', 'third', { deadlineMs: LONG_MS })).toEqual(value('third'));
    expect(await opened.call('echo', 'stays', { deadlineMs: LONG_MS })).toEqual(value('stays'));
    await third.close();
  });

  test('a call on a closed page is E_DRIVER, one under way, too', async ({ running, server }) => {
    const page = await running.openPage({ url: server.url, deadlineMs: OPEN_MS });
    const call = held(page.call('never', null, { deadlineMs: LONG_MS }));
    await page.close();
    await expect(call).rejects.toMatchObject(fault('E_DRIVER'));
    await expect(page.call('echo', 1, { deadlineMs: LONG_MS })).rejects.toMatchObject(fault('E_DRIVER'));
  });

  test('a screenshot shows the page', async ({ opened }) => {
    const { width, height, data } = PNG.sync.read(await opened.screenshot());
    const middle = 4 * (Math.floor(height / 2) * width + Math.floor(width / 2));
    expect([...data.subarray(middle, middle + 4)]).toEqual([10, 200, 30, 255]);
  });
});

test.describe('processes', () => {
  test.beforeEach(({ driver }) => {
    test.skip(!driver.capabilities.processIds, `${driver.kind}: the browser's processes are not known`);
  });

  test('the ids are those of the whole tree; closing ends it and leaves no file; closing twice is harmless', async ({
    driver,
    server,
  }) => {
    const browser = await driver.launch({ deadlineMs: LAUNCH_MS });
    await browser.openPage({ url: server.url, deadlineMs: OPEN_MS });
    const pids = await browser.processIds();
    const content = pids.filter(isContentProcess);
    expect(content.length).toBeGreaterThan(0);
    expect([pids[0] ?? 0, ...content].every(isRunning)).toBe(true);
    expect(pids).not.toContain(process.pid);
    const homes = homesOf(pids[0]);
    expect(homes.length).toBeGreaterThan(0);
    expect(homes.filter(existsSync)).toEqual(homes);

    await Promise.all([browser.close(), browser.close()]);
    await browser.close();
    expect(browser.isAlive()).toBe(false);
    expect(await browser.processIds()).toEqual([]);
    expect(pids.filter(isRunning)).toEqual([]);
    expect(homes.filter(existsSync)).toEqual([]);
  });

  test('two browsers at once know their own', async ({ driver, running }) => {
    const other = await driver.launch({ deadlineMs: LAUNCH_MS });
    const [ours, theirs] = [await running.processIds(), await other.processIds()];
    expect(ours.filter((pid) => theirs.includes(pid))).toEqual([]);
    await other.close();
    expect(running.isAlive()).toBe(true);
  });

  test('nothing is left when the runner is killed', async ({ engine, server }) => {
    const script = fileURLToPath(new URL('doomed-runner.ts', import.meta.url));
    const runner = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(engine), server.url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(runner.stdout), 'line')) as [string];
    const pids = JSON.parse(line) as number[];
    expect(isRunning(pids[0] ?? 0)).toBe(true);
    const homes = homesOf(pids[0]);

    runner.kill('SIGKILL');
    await expect.poll(() => pids.filter(isRunning)).toEqual([]);
    await expect.poll(() => homes.filter(existsSync)).toEqual([]);
  });
});

test.describe('launch', () => {
  test('a binary that is not there is E_BROWSER_MISSING', async ({ engine }) => {
    const launching = createDriver(withBinary(engine, '/nowhere/browser')).launch({ deadlineMs: LAUNCH_MS });
    await expect(launching).rejects.toMatchObject(fault('E_BROWSER_MISSING'));
  });

  test('a binary that ends is E_BROWSER_LAUNCH, with its last words', async ({ engine }) => {
    await using binary = await script('echo "no such luck" >&2; exit 3');
    const launching = createDriver(withBinary(engine, binary.path)).launch({ deadlineMs: LAUNCH_MS });
    await expect(launching).rejects.toMatchObject({
      ...fault('E_BROWSER_LAUNCH'),
      detail: expect.stringContaining('no such luck'),
    });
  });

  test('a binary that never gets ready is E_LAUNCH_TIMEOUT, and ended', async ({ engine }) => {
    await using binary = await script('echo $$ > "$0.pid"; exec sleep 1000');
    const launching = createDriver(withBinary(engine, binary.path)).launch({ deadlineMs: 1500 });
    await expect(launching).rejects.toMatchObject(fault('E_LAUNCH_TIMEOUT'));
    expect(isRunning(Number(readFileSync(`${binary.path}.pid`, 'utf8')))).toBe(false);
  });

  test('a window without a display is E_DISPLAY', async ({ engine }) => {
    test.skip(!engine.needsDisplay, `${engine.browser} opens no window here`);
    const { DISPLAY } = process.env;
    try {
      for (const display of ['', ':4321']) {
        process.env.DISPLAY = display;
        const launching = createDriver(engine).launch({ deadlineMs: LAUNCH_MS });
        await expect(launching).rejects.toMatchObject(fault('E_DISPLAY'));
      }
    } finally {
      process.env.DISPLAY = DISPLAY;
    }
  });
});

/** An address where nothing listens. */
async function closedAddress(): Promise<string> {
  const server = await startServer(0);
  await server.close();
  return server.url;
}

/** Whether a process is one that runs pages. */
const isContentProcess = (pid: number): boolean =>
  /--type=renderer|-isForBrowser|-contentproc .* tab$|WebProcess/.test(commandLine(pid).join(' '));

/** The folders that a browser was given: its home, and its profile where it was told of one. */
function homesOf(root = 0): string[] {
  const environment = readFileSync(`/proc/${String(root)}/environ`, 'utf8')
    .split('\0')
    .join('\n');
  const folders = [
    /^HOME=(.*)$/m.exec(environment)?.[1],
    /^--?(?:user-data-dir=|profile\n)(.*)$/m.exec(commandLine(root).join('\n'))?.[1],
  ];
  return folders.filter((folder) => folder !== undefined);
}

/** The engine, with another program in the place of its browser or driver. */
function withBinary(engine: Engine, path: string): Engine {
  return engine.driver === 'playwright'
    ? { ...engine, executablePath: path }
    : { ...engine, endpoint: { binary: path } };
}

/** A shell script in a folder of its own, which goes with it. */
async function script(body: string): Promise<{ path: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-script-'));
  const path = join(folder, 'browser');
  await writeFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
