/** The X display that headed browsers draw on: the one that is there, or one that Xvfb makes up in memory. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { messageOf, PlumblineError } from '../protocol/errors.js';
import { displayLives } from './x11.js';

export interface Display {
  /** What DISPLAY is to be set to, such as `:99`; empty where windows need none (macOS, Windows). */
  readonly display: string;
  /** Whether it was started by this call, and so ends with {@link Display.close} or with this process. */
  readonly started: boolean;
  /** Ends what was started. Never throws, may be called twice. */
  close(): Promise<void>;
}

export interface DisplayOptions {
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  readonly platform?: NodeJS.Platform;
  /** The X server to start. */
  readonly xvfb?: string;
  /** Time for it to be ready. */
  readonly deadlineMs?: number;
}

/**
 * The display that DISPLAY names, when an X server answers there, else a new one. Sets no environment variable. Each
 * call that has to start a display starts one of its own, so concurrent callers do not meet.
 *
 * @throws PlumblineError `E_DISPLAY` when there is no display and none can be started.
 */
export async function ensureDisplay({
  env = process.env,
  platform = process.platform,
  xvfb = 'Xvfb',
  deadlineMs = 20_000,
}: DisplayOptions = {}): Promise<Display> {
  if (platform !== 'linux') return borrowed('');
  const display = env['DISPLAY'] ?? '';
  return display !== '' && (await displayLives(display, env)) ? borrowed(display) : startXvfb(xvfb, deadlineMs);
}

const borrowed = (display: string): Display => ({ display, started: false, close: () => Promise.resolve() });

/**
 * Starts Xvfb under a shell that waits for the end of its own input, a pipe that this process holds. The kernel closes
 * the pipe however this process ends, SIGKILL included, and so Xvfb never outlives it.
 */
const KEEPER = '"$@" </dev/null & exec 3>&-; cat >/dev/null; kill $!; wait $!';

async function startXvfb(xvfb: string, deadlineMs: number): Promise<Display> {
  // -displayfd: Xvfb takes a free number by itself, so without a race, and writes it to descriptor 3 once it serves.
  // -noreset: else it starts over whenever its last client leaves, and drops who comes in at that moment.
  const command = [xvfb, '-displayfd', '3', '-noreset', '-nolisten', 'tcp', '-screen', '0', '1280x1024x24'];
  const keeper = spawn('sh', ['-c', KEEPER, 'sh', ...command], {
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    // In a group of its own, out of reach of the terminal's Ctrl-C: the browsers on it are to close before it does.
    detached: true,
  });
  const [input, , complaints, numbers] = keeper.stdio as [Socket, null, Socket, Socket, undefined];
  let complaint = '';
  complaints.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-1_000)));
  // A pipe whose other end is gone complains; that end is what was wanted.
  input.on('error', () => undefined);

  try {
    const number = await firstLine(numbers, deadlineMs);
    if (number === undefined) throw new Error(complaint.trim() === '' ? 'it ended at once' : complaint.trim());
    // A display that nobody closes must not keep this process from ending.
    for (const held of [keeper, input, complaints, numbers]) held.unref();
    return { display: `:${number}`, started: true, close: () => end(keeper, input) };
  } catch (error) {
    await end(keeper, input);
    throw new PlumblineError('E_DISPLAY', `no X server answers, and ${xvfb} does not start: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The first line of a stream; `undefined` when the stream ends before. */
function firstLine(stream: Socket, deadlineMs: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`it is not ready after ${String(deadlineMs)} ms`));
    }, deadlineMs);
    let text = '';
    const done = (line?: string): void => {
      clearTimeout(timer);
      resolve(line);
    };
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const line = /^(\d+)\n/.exec(text)?.[1];
      if (line !== undefined) done(line);
    });
    stream.once('close', () => {
      done();
    });
    stream.once('error', reject);
  });
}

/** Longest time for an X server to end when asked to; then it is killed. */
const END_MS = 3_000;

function end(keeper: ChildProcess, input: Socket): Promise<void> {
  return new Promise((resolve) => {
    const { pid } = keeper;
    if (pid === undefined || keeper.exitCode !== null || keeper.signalCode !== null) {
      resolve();
      return;
    }
    const timer = setTimeout(() => {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It ended in this very moment.
      }
    }, END_MS);
    keeper.ref();
    keeper.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    input.end();
  });
}
