/**
 * What surrounds one launched browser: a home of its own that is thrown away, a mark by which its processes are known,
 * and a guard that ends them when the runner dies.
 */
import { randomUUID } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { canSeeProcesses, findProcesses, kill } from './processes.js';

/** How long killed processes get to vanish from the process table. */
const KILL_PATIENCE_MS = 3000;

/**
 * Waits until its input ends, which it does when the runner closes it or dies in whatever way, then kills every process
 * with the marker ($1), and its process group if it leads one, and removes the directories that it was told of. It is in
 * a session of its own, so Ctrl-C misses it.
 *
 * Playwright's pipe ends Chromium with the runner, but Firefox steered over a WebSocket and WebKitGTK's processes stay.
 * `setpriv --pdeathsig` would reach the direct child alone, and Playwright offers no place for it.
 */
const GUARD = `
directories=$2
while IFS= read -r directory; do directories="$directories
$directory"; done
for round in 1 2 3; do
  for pid in $(grep -ls "$1" /proc/[0-9]*/environ | cut -d/ -f3); do
    kill -s KILL -- "$pid"
    kill -s KILL -- "-$pid"
  done
done
# What was killed may write for a moment more.
for round in 1 2 3 4 5 6 7 8 9 10; do
  sleep 0.2
  printf '%s\\n' "$directories" | while IFS= read -r directory; do rm -rf -- "$directory"; done
done
`;

export class Enclosure {
  readonly #marker: string;
  readonly #directories: string[];
  /** The process groups that were seen inside, with the start of each leader. */
  readonly #groups = new Map<number, number>();
  readonly #guard: ChildProcess | undefined;

  private constructor(
    /** Temporary; removed with everything in it. */
    readonly directory: string,
    /** The environment to launch with. */
    readonly env: Readonly<Record<string, string>>,
    marker: string,
  ) {
    this.#marker = marker;
    this.#directories = [directory];
    if (canSeeProcesses) {
      this.#guard = spawn('/bin/sh', ['-c', GUARD, 'plumbline-guard', marker, directory], {
        stdio: ['pipe', 'ignore', 'ignore'],
        detached: true,
        cwd: '/',
      });
      // The guard waits for the runner, never the other way round; and its pipe may break when somebody kills it.
      this.#guard.unref();
      this.#guard.on('error', () => undefined);
      this.#guard.stdin?.on('error', () => undefined);
    }
  }

  static async create(): Promise<Enclosure> {
    const directory = await mkdtemp(join(tmpdir(), 'plumbline-'));
    const temporary = join(directory, 'tmp');
    await mkdir(temporary);
    const id = randomUUID();
    return new Enclosure(directory, enclosedEnv(directory, temporary, id), `PLUMBLINE_BROWSER=${id}`);
  }

  /** Ids of the processes launched with {@link env}, and of their descendants, the root first. */
  processIds(): number[] {
    const processes = findProcesses(this.#marker, this.#groups);
    for (const { pid, group, startTicks } of processes) if (pid === group) this.#groups.set(pid, startTicks);
    return processes.map(({ pid }) => pid);
  }

  /** Has a directory that the browser uses removed with the enclosure, if it is a temporary one. */
  adopt(directory: string): void {
    if (dirname(directory) !== tmpdir() || directory.includes('\n')) return;
    this.#directories.push(directory);
    this.#guard?.stdin?.write(`${directory}\n`);
  }

  /** Ends every process inside by force and removes the directories. Never throws, may be called twice. */
  async destroy(): Promise<void> {
    const end = Date.now() + KILL_PATIENCE_MS;
    for (let pids = this.processIds(); pids.length > 0 && Date.now() < end; pids = this.processIds()) {
      pids.forEach(kill);
      await sleep(10);
    }
    for (const directory of this.#directories) {
      await rm(directory, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    }
    this.#guard?.kill('SIGKILL');
  }
}

/** The runner's environment with another home: a browser finds nothing personal there, and leaves nothing behind. */
function enclosedEnv(home: string, temporary: string, id: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
  if (process.platform === 'linux') {
    // The X server's key lies in the real home.
    const key = join(homedir(), '.Xauthority');
    if (env.XAUTHORITY === undefined && existsSync(key)) env.XAUTHORITY = key;
    env.HOME = home;
    env.XDG_CONFIG_HOME = join(home, '.config');
    env.XDG_CACHE_HOME = join(home, '.cache');
    env.XDG_DATA_HOME = join(home, '.local', 'share');
    env.XDG_STATE_HOME = join(home, '.local', 'state');
    env.TMPDIR = temporary;
  }
  env.PLUMBLINE_BROWSER = id;
  return env;
}
