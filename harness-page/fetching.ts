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

/** @throws PlumblineError `E_CHECKSUM` when a file is not the one that the card describes. */
export async function fetchModelFile(file: FileReference): Promise<Uint8Array<ArrayBuffer>> {
  // Past the HTTP cache: the fetch is timed, and a stale file would be judged as the new one.
  const bytes = await fetchBytes(file.url, { cache: 'no-store' });
  if (bytes.byteLength !== file.bytes) {
    throw new PlumblineError(
      'E_CHECKSUM',
      `${nameOf(file.url)} has ${String(bytes.byteLength)} bytes, the card says ${String(file.bytes)}`,
    );
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (hex !== file.sha256) {
    throw new PlumblineError('E_CHECKSUM', `${nameOf(file.url)} has sha256 ${hex}, the card says ${file.sha256}`);
  }
  return bytes;
}

/** The last part of an address's path. */
export function nameOf(url: string): string {
  return new URL(url, location.href).pathname.split('/').at(-1) ?? url;
}
