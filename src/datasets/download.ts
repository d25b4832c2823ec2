/** Fetches an archive from its official address, going on where an earlier attempt stopped. */
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Presets, SingleBar } from 'cli-progress';
import { messageOf, PlumblineError } from '../protocol/errors.js';
import { sha256OfFile } from './checksum.js';
import { alone } from './lock.js';

export interface Download {
  readonly url: string;
  /** What the archive is: anything else is not kept. */
  readonly bytes: number;
  readonly sha256: string;
  /** Where it goes. What has come so far is beside it, in a file that ends in `.part`. */
  readonly file: string;
}

/** How long to wait for what, in ms, and how often. */
export interface Patience {
  /** For the first answer: short, for a machine without a network should learn it quickly. */
  readonly answerMs: number;
  /** For the next piece of a file that is coming. */
  readonly stallMs: number;
  /** Between a connection that broke in mid-file and the next one. */
  readonly pauseMs: number;
  /** Connections that may break before it is given up. */
  readonly attempts: number;
}

const PATIENCE: Patience = { answerMs: 5_000, stallMs: 30_000, pauseMs: 2_000, attempts: 6 };

/**
 * Fetches the file unless it is there; of several processes one does, and the others wait.
 * PLUMBLINE_DATASETS_URL names a mirror: a folder that has the file under the same name.
 * @throws PlumblineError `E_DATASET_MISSING` when it can't be had; `E_CHECKSUM` when what came is something else
 */
export async function download(wanted: Download, patience = PATIENCE): Promise<void> {
  const url = mirrored(wanted.url);
  await alone(wanted.file, async () => {
    if (existsSync(wanted.file)) return;
    await mkdir(path.dirname(wanted.file), { recursive: true });
    const part = `${wanted.file}.part`;
    await fetchWhole({ ...wanted, url }, part, patience);
    const digest = await sha256OfFile(part);
    if (digest !== wanted.sha256) {
      await rm(part);
      throw new PlumblineError('E_CHECKSUM', `${url} gave sha256 ${digest}, it should be ${wanted.sha256}`, {
        hint: 'Run it again; if it repeats, the address has another file now, or something on the way changes it.',
      });
    }
    await rename(part, wanted.file);
  });
}

function mirrored(url: string): string {
  const mirror = process.env.PLUMBLINE_DATASETS_URL ?? '';
  return mirror === '' ? url : `${mirror.replace(/\/$/, '')}/${path.posix.basename(new URL(url).pathname)}`;
}

async function fetchWhole(wanted: Download, part: string, patience: Patience): Promise<void> {
  const progress = progressOf(path.basename(wanted.file), wanted.bytes);
  try {
    for (let attempt = 1; ; attempt++) {
      const before = await sizeOf(part);
      try {
        await fetchRest(wanted, part, patience, progress.at);
        return;
      } catch (error) {
        const after = await sizeOf(part);
        if (error instanceof Refusal || after <= before || attempt >= patience.attempts) {
          throw new PlumblineError('E_DATASET_MISSING', `${wanted.url} can't be fetched: ${reasonOf(error)}`, {
            hint: `Fetch it by other means into ${path.dirname(part)} or the folder that PLUMBLINE_DATASETS names.`,
            cause: error,
          });
        }
        await pause(patience.pauseMs);
      }
    }
  } finally {
    progress.end();
  }
}

/** The server answered, and it is not what we came for: asking again does not help. */
class Refusal extends Error {}

/** Appends what is missing of the file. */
async function fetchRest(
  { url, bytes }: Download,
  part: string,
  { answerMs, stallMs }: Patience,
  progress: (bytes: number) => void,
): Promise<void> {
  let have = await sizeOf(part);
  if (have === bytes) return;
  const abort = new AbortController();
  const waiting = (ms: number): NodeJS.Timeout =>
    setTimeout(() => {
      abort.abort(new Error(`nothing came for ${String(ms / 1000)} s`));
    }, ms);
  let timer = waiting(answerMs);
  try {
    const response = await fetch(url, {
      // Some servers take "gzip" in a file's name for its encoding, and have it unpacked on the way.
      headers: { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${String(have)}-` } : {}) },
      signal: abort.signal,
    });
    const { status, headers, body } = response;
    if (!response.ok && status !== 416) throw new Refusal(`HTTP ${String(status)}`);
    const resumed = status === 206 && headers.get('content-range')?.startsWith(`bytes ${String(have)}-`) === true;
    if (!resumed) have = 0;
    if (status === 416 || (status === 206 && !resumed)) {
      await rm(part, { force: true });
      throw new Refusal('the server does not go on where the last attempt stopped; the next one starts anew');
    }
    const coming = headers.get('content-length');
    if (coming !== null && have + Number(coming) !== bytes)
      throw new Refusal(`it has ${String(have + Number(coming))} bytes, the archive ${String(bytes)}`);
    if (body === null) throw new Refusal('there is no content');
    const out = await open(part, resumed ? 'a' : 'w');
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        clearTimeout(timer);
        timer = waiting(stallMs);
        have += chunk.byteLength;
        if (have > bytes) throw new Refusal('more comes than the archive has');
        await out.writeFile(chunk);
        progress(have);
      }
    } finally {
      await out.close();
    }
    if (have < bytes) throw new Error(`it ended after ${String(have)} of ${String(bytes)} bytes`);
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

/** What `fetch` says of a network fault is in its error's cause. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause === undefined ? messageOf(error) : messageOf(cause);
}

/** A bar on a terminal, one line elsewhere. */
function progressOf(name: string, bytes: number): { at: (bytes: number) => void; end: () => void } {
  const megabytes = (n: number): string => (n / 1e6).toFixed(1);
  if (!process.stderr.isTTY) {
    let told = false;
    return {
      at: () => {
        if (!told) console.error(`Fetching ${name} (${megabytes(bytes)} MB)`);
        told = true;
      },
      end: () => undefined,
    };
  }
  const format = `${name} {bar} {percentage} % of ${megabytes(bytes)} MB, {eta_formatted} left`;
  const bar = new SingleBar({ format, clearOnComplete: true, hideCursor: true }, Presets.shades_grey);
  let started = false;
  return {
    at: (n) => {
      if (started) bar.update(n);
      // From where an earlier attempt stopped, so that the time left is that of what is still to come.
      else bar.start(bytes, n);
      started = true;
    },
    end: () => {
      if (started) bar.stop();
    },
  };
}
