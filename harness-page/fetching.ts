/** Fetching model files, each checked against the digest that the card gives. */
import { PlumblineError, messageOf } from '../src/protocol/errors.js';
import type { LoadModelRequest } from '../src/protocol/messages.js';

type FileReference = LoadModelRequest['files'][number];

/** @throws PlumblineError `E_MODEL_LOAD` when the server does not have it, `E_SERVER_GONE` when there is no server. */
export async function fetchBytes(url: string, init?: RequestInit): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    throw new PlumblineError('E_SERVER_GONE', `fetching ${url} failed: ${messageOf(error)}`, { cause: error });
  }
  if (!response.ok)
    throw new PlumblineError(
      'E_MODEL_LOAD',
      `fetching ${url} answered ${String(response.status)} ${response.statusText}`,
    );
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new PlumblineError('E_SERVER_GONE', `fetching ${url} broke off: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Samples `from` to `to` (not included) of a field's file.
 * @param width bytes of one sample
 * @throws PlumblineError `E_DATASET_FORMAT` when other than their bytes came
 */
export async function fetchSamples(
  url: string,
  width: number,
  from: number,
  to: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await fetchBytes(url, {
    headers: { range: `bytes=${String(from * width)}-${String(to * width - 1)}` },
  });
  if (bytes.byteLength !== (to - from) * width) {
    throw new PlumblineError(
      'E_DATASET_FORMAT',
      `samples ${String(from)} to ${String(to)} of ${nameOf(url)}: ${String(bytes.byteLength)} bytes came`,
    );
  }
  return bytes;
}

/** What the server puts in front of a path while a cold start is measured: the files below it never change. */
const UNDER_PREFIX = /^\/~[0-9a-f]+\//;

/**
 * A model's file, as it came: see {@link checkModelFile}. Past the HTTP cache, for the fetch is timed; under a prefix
 * that is made for it through the cache, which is what is measured there.
 */
export function fetchModelFile({ url }: FileReference): Promise<Uint8Array<ArrayBuffer>> {
  const throughCache = UNDER_PREFIX.test(new URL(url, location.href).pathname);
  return fetchBytes(url, { cache: throughCache ? 'default' : 'no-store' });
}

/** @throws PlumblineError `E_CHECKSUM` when a file is not the one that the card describes. */
export async function checkModelFile(file: FileReference, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (bytes.byteLength !== file.bytes) {
    throw new PlumblineError(
      'E_CHECKSUM',
      `${nameOf(file.url)} has ${String(bytes.byteLength)} bytes, the card says ${String(file.bytes)}`,
    );
  }
  const sha256 = await sha256Of(bytes);
  if (sha256 !== file.sha256) {
    throw new PlumblineError('E_CHECKSUM', `${nameOf(file.url)} has sha256 ${sha256}, the card says ${file.sha256}`);
  }
}

/** @returns 64 hexadecimal digits */
export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The last part of an address's path. */
export function nameOf(url: string): string {
  return new URL(url, location.href).pathname.split('/').at(-1) ?? url;
}
