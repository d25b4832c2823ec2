/**
 * The harness server: http-server over a few mounted folders, with the headers that make the page cross-origin
 * isolated, and one way back: uploads that the runner announced.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { realpathSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer, type Options } from 'http-server';
import { createUploads, type Uploads } from './uploads.js';

/** COOP and COEP make `crossOriginIsolated`; CORP lets the page's own workers load their files under COEP. */
const ISOLATION_HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
};

/** A name with a content hash, or a path with a version in it: such a file never changes. */
const IMMUTABLE = /-[A-Z0-9]{8}\.(js|css)(\.map)?$|^\/page\/vendor\/[^/]+-\d|^\/datasets\/[^/]+-[0-9a-f]{12}\//;

export interface ServerOptions {
  /** Folder by the name under which it is served: `{ page: '/…/dist/harness-page' }` is `/page/`. */
  readonly mounts: Readonly<Record<string, string>>;
  /** What `/catalog.json` holds: models, datasets and targets, for a person at the page. */
  readonly catalog?: unknown;
  /** Default: a free port. */
  readonly port?: number;
}

export interface HarnessServer {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  readonly uploads: Uploads;
  isListening(): boolean;
  /** Stops listening and ends open connections. May be called twice. */
  close(): Promise<void>;
}

/** Starts a server on 127.0.0.1; it serves the mounted folders and nothing outside of them. */
export async function startServer(options: ServerOptions): Promise<HarnessServer> {
  // http-server has one root, so the mounts are gathered under one as links.
  const root = await realpath(await mkdtemp(path.join(tmpdir(), 'plumbline-root-')));
  const mounts = Object.entries(options.mounts);
  for (const [name, folder] of mounts) await symlink(await realpath(folder), path.join(root, name), 'junction');
  await writeFile(path.join(root, 'catalog.json'), JSON.stringify(options.catalog ?? {}));

  const allowed = await Promise.all(mounts.map(([, folder]) => realpath(folder)));
  const uploads = createUploads(randomBytes(16).toString('hex'));
  const before = [redirectToPage, uploads.handle, refuseOutside(root, allowed)] as unknown as NonNullable<
    Options['before']
  >;
  const server = createServer({
    root,
    // The strings are http-server's own spelling of false.
    showDir: 'false',
    showDotfiles: false,
    headers: { ...ISOLATION_HEADERS },
    // A function is what http-server's core takes, although its types know numbers alone.
    cache: cachePolicy as unknown as number,
    before,
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    // http-server hands its arguments on to `listen`, but has no `once`: the net server behind it has.
    const inner = (server as unknown as { server: Server }).server;
    inner.once('error', reject);
    inner.listen(options.port ?? 0, '127.0.0.1', () => {
      resolve();
    });
  });
  const inner = (server as unknown as { server: Server }).server;
  const { port } = inner.address() as AddressInfo;
  let closed = false;
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    uploads,
    isListening: () => inner.listening,
    async close() {
      if (closed) return;
      closed = true;
      await new Promise<void>((resolve) => {
        inner.close(() => {
          resolve();
        });
        inner.closeAllConnections();
      });
      await rm(root, { recursive: true, force: true });
    },
  };
}

function cachePolicy(pathname: string): string {
  return IMMUTABLE.test(pathname) ? 'public, max-age=31536000, immutable' : 'no-cache';
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const next = (response: ServerResponse): void => {
  response.emit('next');
};

const redirectToPage: Handler = (request, response) => {
  if (request.url !== '/') {
    next(response);
    return;
  }
  response.writeHead(302, { location: '/page/' });
  response.end();
};

/** A link inside a mounted folder could lead out of it; what does not really lie below a mount is not there. */
function refuseOutside(root: string, allowed: readonly string[]): Handler {
  const below = (file: string, folder: string): boolean => file === folder || file.startsWith(folder + path.sep);
  return (request, response) => {
    let real: string;
    try {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      real = realpathSync(path.join(root, decodeURIComponent(pathname)));
    } catch {
      // Not there, or not a path: http-server's own answer (404, 400) is right.
      next(response);
      return;
    }
    if (real === path.join(root, 'catalog.json') || allowed.some((folder) => below(real, folder))) {
      next(response);
      return;
    }
    response.writeHead(404);
    response.end();
  };
}
