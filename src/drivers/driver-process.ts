/** The driver binary of a WebDriver engine, run as a child on a free port. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_POLL_MS = 20;
/** Characters of the driver's and its browser's output that are kept. */
const KEPT_OUTPUT = 8000;

export class DriverProcess {
  readonly #child: ChildProcess;
  #output = '';
  #ended = false;

  private constructor(binary: string, port: number, env: NodeJS.ProcessEnv) {
    this.url = `http://127.0.0.1:${String(port)}`;
    this.#child = spawn(binary, [`--port=${String(port)}`], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own: Ctrl-C is the runner's to handle.
      detached: true,
    });
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString()).slice(-KEPT_OUTPUT);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#ended = true;
        resolve(signal ?? `exit code ${String(code)}`);
      });
      this.#child.once('error', (error) => {
        this.#ended = true;
        this.#output += error.message;
        resolve(error.message);
      });
    });
  }

  /** Resolves with the signal or exit code, in words, when the process is over. Never rejects. */
  readonly ended: Promise<string>;
  readonly url: string;

  /** Starts the driver and waits until it takes sessions, or has ended: {@link hasEnded} tells. */
  static async start(binary: string, env: NodeJS.ProcessEnv): Promise<DriverProcess> {
    let started: DriverProcess;
    let tries = 0;
    do {
      started = new DriverProcess(binary, await freePort(), env);
      await started.#ready();
      // Somebody may have taken the port since it was found free.
    } while (started.hasEnded && /unable to listen|in use/i.test(started.output) && ++tries < 3);
    return started;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** The end of what it and its browser have printed. */
  get output(): string {
    return this.#output;
  }

  async #ready(): Promise<void> {
    while (!this.#ended) {
      const answers = await fetch(`${this.url}/status`).then(
        (response) => response.ok,
        () => false,
      );
      if (answers) return;
      await sleep(READY_POLL_MS);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
