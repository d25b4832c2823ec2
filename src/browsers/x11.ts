/** Whether an X server answers: the first message of the X11 protocol, sent by hand, as `xdpyinfo` is seldom there. */
import { existsSync } from 'node:fs';
import { connect, type NetConnectOpts } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Connection set-up: little-endian, protocol 11.0, no authorization (X Window System Protocol, chapter 8). */
const HELLO = Buffer.from([0x6c, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
/** The first byte of the server's answer. */
const REFUSED = 0;

/**
 * @param display as in DISPLAY: `:0`, `:0.1`, `host:10.0`
 * @returns whether a client can be expected to open it
 */
export async function displayLives(display: string, env: Readonly<NodeJS.ProcessEnv>): Promise<boolean> {
  for (const address of addressesOf(display)) {
    const answer = await ask(address);
    if (answer === undefined) continue;
    // It refuses us for want of the cookie; a browser finds that in the file, if the user has one.
    return answer !== REFUSED || existsSync(env['XAUTHORITY'] ?? join(env['HOME'] ?? homedir(), '.Xauthority'));
  }
  return false;
}

/** The first byte of the server's answer; `undefined` when no server is there. */
async function ask(address: NetConnectOpts): Promise<number | undefined> {
  let answer: number | 'hung up' | undefined;
  // A server that starts over as its last client leaves hangs up on who comes in meanwhile.
  for (let tries = 0; tries < 5; tries += 1) {
    answer = await firstByte(address);
    if (answer !== 'hung up') return answer;
    await setTimeout(50);
  }
  return undefined;
}

/** Where a display's server may listen: by name on TCP; else on Linux's abstract socket or on the one in /tmp. */
function addressesOf(display: string): NetConnectOpts[] {
  const parts = /^(?<host>.*):(?<number>\d+)(?:\.\d+)?$/.exec(display)?.groups;
  if (parts === undefined) return [];
  const { host = '', number = '0' } = parts;
  if (host !== '' && host !== 'unix') return [{ host, port: 6000 + Number(number) }];
  const path = `/tmp/.X11-unix/X${number}`;
  return [{ path }, { path: `\0${path}` }];
}

function firstByte(address: NetConnectOpts): Promise<number | 'hung up' | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address);
    let connected = false;
    const done = (answer: number | 'hung up' | undefined): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => {
      connected = true;
      socket.write(HELLO);
    });
    socket.once('data', (data) => {
      done(data[0]);
    });
    // Deaf servers count as dead ones.
    socket.setTimeout(2_000, () => {
      done(undefined);
    });
    // An error is always followed by a close.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      done(connected ? 'hung up' : undefined);
    });
  });
}
