/** The way back from the page: bytes posted to `/upload/<name>`, accepted only where the runner announced them. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PlumblineError } from '../protocol/errors.js';

export const TOKEN_HEADER = 'x-plumbline-token';

export interface Uploads {
  /** What the page must send in the header `x-plumbline-token`. */
  readonly token: string;
  /** Announces an upload of exactly `bytes` bytes. @returns its path on the server */
  announce(name: string, bytes: number): string;
  /** Takes what came; @throws PlumblineError `E_UPLOAD` when it never came or came short. */
  take(name: string): Buffer;
  /** Answers a request for an upload; @returns false for any other request, which is left alone. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean;
}

interface Slot {
  readonly bytes: number;
  received?: Buffer;
}

export function createUploads(token: string): Uploads {
  const slots = new Map<string, Slot>();
  const expected = Buffer.from(token);

  const authorized = (request: IncomingMessage): boolean => {
    const given = Buffer.from(String(request.headers[TOKEN_HEADER] ?? ''));
    return given.length === expected.length && timingSafeEqual(given, expected);
  };

  return {
    token,
    announce(name, bytes) {
      slots.set(name, { bytes });
      return `/upload/${encodeURIComponent(name)}`;
    },
    take(name) {
      const received = slots.get(name)?.received;
      slots.delete(name);
      if (received === undefined)
        throw new PlumblineError('E_UPLOAD', `the page never uploaded "${name}"`, { phase: 'upload' });
      return received;
    },
    handle(request, response) {
      const name = /^\/upload\/([^/?#]+)$/.exec(request.url ?? '')?.[1];
      if (name === undefined) return false;
      const refuse = (status: number, why: string): true => {
        response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
        response.end(why);
        return true;
      };
      if (request.method !== 'POST') return refuse(405, 'uploads are posted');
      if (!authorized(request)) return refuse(403, 'wrong or missing token');
      const slot = slots.get(decodeURIComponent(name));
      if (slot === undefined) return refuse(404, 'no upload of this name was announced');
      receive(request, slot, refuse, () => {
        response.writeHead(204);
        response.end();
      });
      return true;
    },
  };
}

function receive(
  request: IncomingMessage,
  slot: Slot,
  refuse: (status: number, why: string) => true,
  done: () => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size <= slot.bytes) {
      chunks.push(chunk);
      return;
    }
    // Nothing past the announced size is kept or waited for, whatever the header said.
    request.off('data', onData);
    request.resume();
    refuse(413, `${String(slot.bytes)} bytes were announced, more came`);
  };
  request.on('data', onData);
  request.on('end', () => {
    if (size > slot.bytes) return;
    if (size < slot.bytes) {
      refuse(400, `${String(slot.bytes)} bytes were announced, ${String(size)} came`);
      return;
    }
    slot.received = Buffer.concat(chunks);
    done();
  });
}
