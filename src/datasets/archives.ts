/**
 * Reads the files of an archive one by one, without a copy on disk. Nothing that an archive says becomes a path here;
 * what tries to get out of its folder, is a link, or is larger than a dataset can be is refused all the same, for then
 * it is not the archive that we know.
 */
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { createGunzip } from 'node:zlib';
import tar from 'tar-stream';
import xz from 'xz-decompress';
import yauzl from 'yauzl';
import { messageOf, PlumblineError } from '../protocol/errors.js';

/** How a dataset is packed. */
export type Packing = 'tar.gz' | 'tar.xz' | 'zip' | 'folder';

/** A file in an archive: its path, with `/` between the parts, and its content. */
export interface Entry {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What an archive may hold. Sizes are in bytes, unpacked. */
export interface Limits {
  readonly entries: number;
  readonly entryBytes: number;
  readonly totalBytes: number;
}

/** Several times what the largest dataset here needs, and far less than what hurts. */
export const LIMITS: Limits = { entries: 250_000, entryBytes: 64 * 2 ** 20, totalBytes: 2 ** 30 };

/** Whether a file is asked for, by its path; the others are skipped unread. */
export type Wanted = (entry: string) => boolean;

/**
 * The wanted files, in the order in which they are packed.
 * @throws PlumblineError `E_DATASET_FORMAT` that names the archive and what is wrong with it
 */
export async function* entriesOf(
  file: string,
  packing: Packing,
  wanted: Wanted,
  limits: Limits = LIMITS,
): AsyncGenerator<Entry> {
  const readers: Readonly<Record<Packing, Reader>> = {
    'tar.gz': tarEntries(gunzip),
    'tar.xz': tarEntries(unxz),
    zip: zipEntries,
    folder: folderEntries,
  };
  try {
    yield* readers[packing](file, wanted, new Guard(file, limits));
  } catch (error) {
    if (error instanceof PlumblineError) throw error;
    throw wrong(file, messageOf(error), error);
  }
}

type Reader = (file: string, wanted: Wanted, guard: Guard) => AsyncGenerator<Entry>;

const wrong = (file: string, what: string, cause?: unknown): PlumblineError =>
  new PlumblineError('E_DATASET_FORMAT', `${file} can't be read: ${what}`, { cause });

/** Holds an archive to its limits and its names to their place. */
class Guard {
  #entries = 0;
  #bytes = 0;

  constructor(
    readonly file: string,
    readonly limits: Limits,
  ) {}

  /** @returns the path of an entry whose name is harmless */
  admit(name: string, bytes: number): string {
    if (++this.#entries > this.limits.entries) this.refuse(`it has more than ${String(this.limits.entries)} entries`);
    if (bytes > this.limits.entryBytes) this.refuse(`"${name}" has ${String(bytes)} bytes`);
    const parts = name.replace(/^(\.\/)+/, '').split('/');
    if (name.startsWith('/') || /^[a-z]:|\\|\0/i.test(name) || parts.includes('..'))
      this.refuse(`"${name}" leads out of it`);
    return parts.filter((part) => part !== '' && part !== '.').join('/');
  }

  /** Counts unpacked bytes, headers and skipped files among them. */
  count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.limits.totalBytes)
      this.refuse(`it unpacks to more than ${String(this.limits.totalBytes)} bytes`);
  }

  refuse(what: string): never {
    throw wrong(this.file, what);
  }
}

/** Starts to pass the content of a packed file on to `to`, and settles when that has ended. */
type Unpack = (
  packed: Readable,
  count: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
  to: NodeJS.WritableStream,
) => Promise<void>;

const gunzip: Unpack = (packed, count, to) => pipeline(packed, createGunzip(), count, to);

const unxz: Unpack = (packed, count, to) => {
  // The library speaks of the web streams of browsers, which Node's types tell from its own.
  const stream = new xz.XzReadableStream(Readable.toWeb(packed) as ReadableStream<Uint8Array>);
  return pipeline(Readable.fromWeb(stream as WebStream<Uint8Array>), count, to);
};

const tarEntries = (unpack: Unpack): Reader =>
  async function* (file, wanted, guard) {
    const count = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        guard.count(chunk.byteLength);
        yield chunk;
      }
    };
    const extract = tar.extract();
    const packed = createReadStream(file, { highWaterMark: 2 ** 20 });
    // What fails on the way destroys `extract` with the same error, and so reaches the loop.
    const unpacked = unpack(packed, count, extract).catch(() => undefined);
    for await (const entry of extract) {
      const { name, type, size } = entry.header;
      const inside = guard.admit(name, size);
      if (type === 'directory') entry.resume();
      else if (type !== 'file' && type !== 'contiguous-file') guard.refuse(`"${name}" is a ${type}`);
      else if (wanted(inside)) yield { path: inside, bytes: await collect(entry as AsyncIterable<Uint8Array>) };
      else entry.resume();
    }
    await unpacked;
  };

async function* zipEntries(file: string, wanted: Wanted, guard: Guard): AsyncGenerator<Entry> {
  // From memory: from a file, yauzl reads each of its many small records on its own, which takes four times as long.
  if ((await stat(file)).size > guard.limits.totalBytes) guard.refuse('it is too large');
  const zip = await yauzl.fromBufferPromise(await readFile(file), { lazyEntries: true });
  try {
    for await (const entry of zip.eachEntry()) {
      const inside = guard.admit(entry.fileName, entry.uncompressedSize);
      guard.count(entry.uncompressedSize);
      if (((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000)
        guard.refuse(`"${entry.fileName}" is a link`);
      if (entry.fileName.endsWith('/') || !wanted(inside)) continue;
      yield { path: inside, bytes: await collect(await zip.openReadStreamPromise(entry)) };
    }
  } finally {
    zip.close();
  }
}

async function* folderEntries(folder: string, wanted: Wanted, guard: Guard): AsyncGenerator<Entry> {
  for (const name of await filesOf(folder)) {
    const inside = `${path.basename(folder)}/${name}`;
    if (!wanted(inside)) continue;
    const whole = path.join(folder, name);
    const { size } = await stat(whole);
    guard.admit(inside, size);
    guard.count(size);
    yield { path: inside, bytes: await readFile(whole) };
  }
}

/** The files below a folder, relative to it, with `/` between the parts, sorted. Links are not followed. */
export async function filesOf(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
