/** Digests, of bytes and of files. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cacheDir } from '../paths.js';
import { replaceFile } from './replace.js';

/** SHA-256 of bytes in memory, lower-case hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of a file of any size. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex');
}

/** As {@link sha256OfFile}, but a file of the same size and time as at the last look is not read again. */
export async function knownSha256OfFile(file: string): Promise<string> {
  const whole = path.resolve(file);
  const { size, mtimeMs } = await stat(whole);
  const seen = `${whole}\n${String(size)}\n${String(mtimeMs)}`;
  const note = path.join(cacheDir(), 'checksums', sha256(seen));
  const noted = await readFile(note, 'utf8').catch(() => '');
  if (/^[0-9a-f]{64}$/.test(noted)) return noted;
  const digest = await sha256OfFile(whole);
  await mkdir(path.dirname(note), { recursive: true });
  await replaceFile(note, digest);
  return digest;
}
