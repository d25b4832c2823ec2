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
import { createServer } from 'http-server';
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

const FOR_EVER = 'public, max-age=31536000, immutable';

/**
 * A prefix, `/~0123abcd/`, in front of any path: the same file under an address that no cache has seen before. What a
 * page loads relative to itself comes under its prefix as well. Nothing changes under a prefix while it is in use.
 */
const PREFIX = /^\/~([0-9a-f]{1,32})(?=\/)/;

/** http-server's middleware reads a property that Node deprecates; nobody here can change that, so nobody need read of it. */
const UNION_DEPRECATION = 'DEP0066';

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
  /** Bytes of files that were sent under a prefix so far: by this a page that came from a cache can be told. */
  sentUnder(token: string): number;
  isListening(): boolean;
  /** Stops listening and ends open connections. May be called twice. */
  close(): Promise<void>;
}

function silenceUnion(): void {
  const emitWarning = process.emitWarning.bind(process) as (...rest: unknown[]) => void;
  process.emitWarning = (...rest: unknown[]): void => {
    if (!rest.includes(UNION_DEPRECATION)) emitWarning(...rest);
  };
}

silenceUnion();

/** Starts a server on 127.0.0.1; it serves the mounted folders and nothing outside of them. */
export async function startServer(options: ServerOptions): Promise<HarnessServer> {
  // http-server has one root, so the mounts are gathered under one as links.
  const root = await realpath(await mkdtemp(path.join(tmpdir(), 'plumbline-root-')));
  const mounts = Object.entries(options.mounts);
  for (const [name, folder] of mounts) await symlink(await realpath(folder), path.join(root, name), 'junction');
  await writeFile(path.join(root, 'catalog.json'), JSON.stringify(options.catalog ?? {}));

  const allowed = await Promise.all(mounts.map(([, folder]) => realpath(folder)));
  const uploads = createUploads(randomBytes(16).toString('hex'));
  const { inner, serveFile } = fileServer(root, cachePolicy);
  const { serveFile: serveForEver } = fileServer(root, () => FOR_EVER);
  const sent = new Map<string, number>();
  const front: Handler = (request, response) => {
    const token = PREFIX.exec(request.url ?? '')?.[1];
    if (token !== undefined) {
      request.url = (request.url ?? '').replace(PREFIX, '');
      countBody(response, (bytes) => sent.set(token, (sent.get(token) ?? 0) + bytes));
    }
    if (uploads.handle(request, response)) return;
    if (request.url === '/') redirect(response, '/page/');
    else if (leadsOutside(request.url ?? '/', root, allowed)) notThere(response);
    else (token === undefined ? serveFile : serveForEver)(request, response);
  };
  inner.on('request', front);
  // A page that computes for long leaves its connection idle, and may find it closed just as it asks again.
  inner.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    inner.once('error', reject);
    inner.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = inner.address() as AddressInfo;
  let closed = false;
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    uploads,
    sentUnder: (token) => sent.get(token) ?? 0,
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
  return IMMUTABLE.test(pathname) ? FOR_EVER : 'no-cache';
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * http-server wraps a server of node:http, and hands bodies on only after it has looked at them: what is ours is to be
 * answered in front of it, so it is taken apart into the server and what serves a file.
 */
function fileServer(root: string, cache: (pathname: string) => string): { inner: Server; serveFile: Handler } {
  const files = createServer({
    root,
    // The strings are http-server's own spelling of false.
    showDir: 'false',
    showDotfiles: false,
    headers: { ...ISOLATION_HEADERS },
    // A function is what http-server's core takes, although its types know numbers alone.
    cache: cache as unknown as number,
  });
  const inner = (files as unknown as { server: Server }).server;
  const serveFile = inner.listeners('request')[0] as Handler;
  inner.removeAllListeners('request');
  return { inner, serveFile };
}

/** Tells the length of a body once it has been sent; one that stays as it was (304) has none. */
function countBody(response: ServerResponse, tell: (bytes: number) => void): void {
  response.once('finish', () => {
    tell(response.statusCode === 304 ? 0 : Number(response.getHeader('content-length') ?? 0));
  });
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location });
  response.end();
}

function notThere(response: ServerResponse): void {
  response.writeHead(404);
  response.end();
}

/** Whether a path is hidden, or exists and lies in no mounted folder: a link inside of one could lead out of it. */
function leadsOutside(url: string, root: string, allowed: readonly string[]): boolean {
  let real: string;
  try {
    const { pathname } = new URL(url, 'http://localhost');
    const decoded = decodeURIComponent(pathname);
    if (decoded.includes('/.')) return true;
    real = realpathSync(path.join(root, decoded));
  } catch {
    // Not there, or not a path: http-server's own answer (404, 400) is right.
    return false;
  }
  const inside = allowed.some((folder) => real === folder || real.startsWith(folder + path.sep));
  return !inside && real !== path.join(root, 'catalog.json');
}
