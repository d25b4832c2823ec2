import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { ensureDisplay, type Display } from './display.js';
import { displayLives } from './x11.js';

const NONE: NodeJS.ProcessEnv = { PATH: process.env['PATH'] };
const opened: Display[] = [];
const ensure = async (...options: Parameters<typeof ensureDisplay>): Promise<Display> => {
  const display = await ensureDisplay(...options);
  opened.push(display);
  return display;
};

afterEach(async () => {
  await Promise.all(opened.splice(0).map((display) => display.close()));
});

/** Waits until `condition` holds; the test's own time limit ends it otherwise. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe.runIf(process.platform === 'linux')('ensureDisplay', () => {
  it('starts a display that answers, and ends it', async () => {
    const display = await ensure({ env: NONE });
    expect(display.started).toBe(true);
    expect(await displayLives(display.display, NONE)).toBe(true);
    await display.close();
    await display.close();
    expect(await displayLives(display.display, NONE)).toBe(false);
    expect(existsSync(`/tmp/.X${display.display.slice(1)}-lock`)).toBe(false);
  });

  it('reuses a display that answers', async () => {
    const first = await ensure({ env: NONE });
    const second = await ensure({ env: { ...NONE, DISPLAY: first.display } });
    expect(second).toMatchObject({ display: first.display, started: false });
    await second.close();
    expect(await displayLives(first.display, NONE)).toBe(true);
  });

  it('starts one where DISPLAY names a dead one', async () => {
    const display = await ensure({ env: { ...NONE, DISPLAY: ':4711' } });
    expect(display.started).toBe(true);
    expect(display.display).not.toBe(':4711');
  });

  it('gives concurrent callers a display each', async () => {
    const displays = await Promise.all([1, 2, 3, 4].map(() => ensure({ env: NONE })));
    expect(new Set(displays.map(({ display }) => display)).size).toBe(4);
  });

  it('says what is wrong when the server is not there', async () => {
    await expect(ensure({ env: NONE, xvfb: 'Xvfb-that-is-not-there' })).rejects.toMatchObject({
      code: 'E_DISPLAY',
      message: expect.stringContaining('not found') as string,
      hint: expect.stringContaining('npm run setup') as string,
    });
  });

  it('gives up on a server that is never ready, and leaves nothing of it behind', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-display-'));
    const hanging = join(folder, 'Xhang');
    writeFileSync(hanging, `#!/bin/sh\necho $$ > ${folder}/pid\nexec sleep 60\n`, { mode: 0o755 });
    await expect(ensure({ env: NONE, xvfb: hanging, deadlineMs: 1_000 })).rejects.toMatchObject({
      code: 'E_DISPLAY',
      message: expect.stringContaining('not ready') as string,
    });
    expect(existsSync(`/proc/${readFileSync(`${folder}/pid`, 'utf8').trim()}`)).toBe(false);
    rmSync(folder, { recursive: true });
  });

  it('leaves nothing behind when its process is killed, though other children of it live on', async () => {
    const display = fileURLToPath(new URL('display.ts', import.meta.url));
    const script = `
      import { spawn } from 'node:child_process';
      import { ensureDisplay } from ${JSON.stringify(display)};
      const sleeper = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
      console.log((await ensureDisplay({ env: { PATH: process.env.PATH } })).display, sleeper.pid);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const [number, sleeper] = line.toString().trim().split(' ') as [string, string];
    try {
      expect(await displayLives(number, NONE)).toBe(true);
      parent.kill('SIGKILL');
      await until(async () => !(await displayLives(number, NONE)));
      await until(() => !existsSync(`/tmp/.X${number.slice(1)}-lock`));
    } finally {
      process.kill(Number(sleeper), 'SIGKILL');
    }
  });
});

describe('displayLives', () => {
  const byte = (value: number) => (socket: Socket) => socket.end(Buffer.from([value]));

  /** A server on TCP that answers each client's first words, as an X server would. */
  async function answering(answer: (socket: Socket) => void): Promise<{ display: string; stop: () => void }> {
    for (let number = 200; ; number += 1) {
      const server = createServer((socket) =>
        socket.once('data', () => {
          answer(socket);
        }),
      );
      try {
        server.listen(6000 + number, '127.0.0.1');
        await once(server, 'listening');
        return { display: `127.0.0.1:${String(number)}.0`, stop: () => server.close() };
      } catch {
        // The port is another's; try the next.
      }
    }
  }

  it('reads the server’s answer', async () => {
    const server = await answering(byte(1));
    expect(await displayLives(server.display, { HOME: '/nowhere' })).toBe(true);
    server.stop();
  });

  it('takes a refusal for a living display only where there is a cookie to show', async () => {
    const server = await answering(byte(0));
    expect(await displayLives(server.display, { HOME: '/nowhere' })).toBe(false);
    expect(await displayLives(server.display, { XAUTHORITY: fileURLToPath(import.meta.url) })).toBe(true);
    server.stop();
  });

  it('asks again a server that hangs up, as X servers do while they start over', async () => {
    let clients = 0;
    const server = await answering((socket) => socket.end(Buffer.from((clients += 1) < 3 ? [] : [1])));
    expect(await displayLives(server.display, {})).toBe(true);
    expect(clients).toBe(3);
    server.stop();
  });

  it('is false for what is not a display', async () => {
    expect(await displayLives('nonsense', {})).toBe(false);
  });
});
