/** Serves the conformance page, isolated, with bytes to fetch, a place to send bytes to, and gates to wait at. */
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const FILES: Record<string, { file: string; type: string }> = {
  '/': { file: 'index.html', type: 'text/html' },
  '/bridge.js': { file: 'bridge.js', type: 'text/javascript' },
};

export interface ConformanceServer {
  /** Of the page, with a slash at its end. Under it: */
  readonly url: string;
  /** What `bytes` serves. */
  readonly bytes: Buffer;
  /** The SHA-256 of what was last sent to `upload`. */
  uploaded(): string | undefined;
  close(): Promise<void>;
}

/** @param size of the bytes that are served, in bytes. */
export async function startServer(size: number): Promise<ConformanceServer> {
  const bytes = pattern(size);
  const gates = new Map<string, { opened: Promise<void>; open: () => void }>();
  let uploaded: string | undefined;

  const gate = (name: string): { opened: Promise<void>; open: () => void } => {
    let known = gates.get(name);
    if (known === undefined) {
      let open = (): void => undefined;
      const opened = new Promise<void>((resolve) => (open = resolve));
      gates.set(name, (known = { opened, open }));
    }
    return known;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const page = FILES[pathname];
    if (page !== undefined) {
      response.setHeader('Content-Type', page.type);
      response.end(await readFile(fileURLToPath(new URL(`page/${page.file}`, import.meta.url))));
    } else if (pathname === '/bare') {
      response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>no bridge</title>');
    } else if (pathname === '/bytes') {
      response.end(bytes);
    } else if (pathname === '/upload') {
      const hash: Hash = createHash('sha256');
      for await (const chunk of request as AsyncIterable<Buffer>) hash.update(chunk);
      uploaded = hash.digest('hex');
      response.end();
    } else if (pathname === '/wait') {
      await gate(searchParams.get('gate') ?? '').opened;
      response.end('open');
    } else if (pathname === '/open') {
      gate(searchParams.get('gate') ?? '').open();
      response.end('opened');
    } else {
      response.writeHead(404).end();
    }
  };

  const server = createServer((request, response) => {
    // A page that is killed in the middle of a transfer breaks it; that is its test's concern.
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`,
    bytes,
    uploaded: () => uploaded,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Bytes that compress badly and have no period, always the same (xorshift32). */
function pattern(size: number): Buffer {
  const words = new Uint32Array(size / 4);
  let state = 2463534242;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return Buffer.from(words.buffer);
}
