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
  /** A `before` handler of http-server. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
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
      const match = /^\/upload\/([^/?#]+)$/.exec(request.url ?? '');
      if (match?.[1] === undefined) {
        response.emit('next');
        return;
      }
      const refuse = (status: number, why: string): void => {
        response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
        response.end(why);
      };
      if (request.method !== 'POST') {
        refuse(405, 'uploads are posted');
        return;
      }
      if (!authorized(request)) {
        refuse(403, 'wrong or missing token');
        return;
      }
      const slot = slots.get(decodeURIComponent(match[1]));
      if (slot === undefined) {
        refuse(404, 'no upload of this name was announced');
        return;
      }
      const chunks: Buffer[] = [];
      let size = 0;
      request.on('data', (chunk: Buffer) => {
        size += chunk.length;
        // Nothing past the announced size is kept, whatever the header said.
        if (size <= slot.bytes) chunks.push(chunk);
        else if (!response.writableEnded) refuse(413, `${String(slot.bytes)} bytes were announced, more came`);
      });
      request.on('end', () => {
        if (response.writableEnded) return;
        if (size < slot.bytes) {
          refuse(400, `${String(slot.bytes)} bytes were announced, ${String(size)} came`);
          return;
        }
        slot.received = Buffer.concat(chunks);
        response.writeHead(204);
        response.end();
      });
    },
  };
}
