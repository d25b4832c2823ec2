import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startServer, type HarnessServer } from './server.js';

let folder: string;
let server: HarnessServer;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
  await mkdir(path.join(folder, 'page', 'vendor', 'rt-1.2.3'), { recursive: true });
  await mkdir(path.join(folder, 'page', 'empty'));
  await writeFile(path.join(folder, 'page', 'index.html'), '<p>page</p>');
  await writeFile(path.join(folder, 'page', 'main-ABCD1234.js'), '1');
  await writeFile(path.join(folder, 'page', 'vendor', 'rt-1.2.3', 'rt.wasm'), '1');
  await writeFile(path.join(folder, 'secret.txt'), 'secret');
  await writeFile(path.join(folder, 'page', '.hidden'), 'secret');
  await symlink(path.join(folder, 'secret.txt'), path.join(folder, 'page', 'way-out.txt'));
  server = await startServer({ mounts: { page: path.join(folder, 'page') }, catalog: { models: [] } });
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** A request whose path is sent as it is; `fetch` would tidy it up. */
function raw(target: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(server.origin);
    const asked = request({ host: '127.0.0.1', port, path: target, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
    asked.on('error', reject).end();
  });
}

describe('files', () => {
  test('carry the headers that make a page cross-origin isolated', async () => {
    const { headers, status } = await fetch(`${server.origin}/page/`);
    expect(status).toBe(200);
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
  });

  test.each([
    ['/page/main-ABCD1234.js', 'public, max-age=31536000, immutable'],
    ['/page/vendor/rt-1.2.3/rt.wasm', 'public, max-age=31536000, immutable'],
    ['/page/index.html', 'no-cache'],
    ['/catalog.json', 'no-cache'],
  ])('%s is cached as %s', async (file, policy) => {
    const response = await fetch(server.origin + file);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe(policy);
  });

  test('come in ranges', async () => {
    const response = await fetch(`${server.origin}/page/index.html`, { headers: { range: 'bytes=3-6' } });
    expect([response.status, await response.text()]).toEqual([206, 'page']);
  });

  test('the root leads to the page', async () => {
    expect(await (await fetch(server.origin)).text()).toBe('<p>page</p>');
  });

  test.each([
    '/page/../secret.txt',
    '/page/%2e%2e/secret.txt',
    '/page/..%2fsecret.txt',
    '/page/..%5csecret.txt',
    '//page/../../secret.txt',
    '/page/way-out.txt',
    '/page/.hidden',
    '/../../../../etc/passwd',
    '/secret.txt',
    '/page/%00',
    '/page/%',
  ])('%s is not there', async (target) => {
    const { status, body } = await raw(target);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).not.toContain('secret');
    expect(body).not.toContain('root:');
  });

  test('folders are not listed', async () => {
    const { status, body } = await raw('/page/empty/');
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).not.toContain('Index of');
  });
});

describe('prefixes', () => {
  test.each(['/page/index.html', '/page/main-ABCD1234.js', '/catalog.json'])(
    '%s is the same under a prefix, isolated, and kept for ever',
    async (file) => {
      const bare = await fetch(server.origin + file);
      const under = await fetch(`${server.origin}/~0a1b${file}`);
      expect(under.status).toBe(200);
      expect(await under.text()).toBe(await bare.text());
      expect(under.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(under.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    },
  );

  test.each(['/~0a1b/page/../secret.txt', '/~0a1b/page/way-out.txt', '/~0a1b/~0a1b/page/index.html', '/~xyz/page/'])(
    '%s is not there',
    async (target) => {
      const { status, body } = await raw(target);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body).not.toContain('secret');
    },
  );

  test('count what was sent, each its own', async () => {
    const get = async (target: string, headers = {}): Promise<string> =>
      await (await fetch(server.origin + target, { headers })).text();
    await get('/page/index.html');
    await get('/~aa/page/index.html');
    await get('/~aa/page/main-ABCD1234.js');
    await get('/~bb/page/index.html', { range: 'bytes=3-6' });
    await expect.poll(() => ['aa', 'bb', 'cc'].map((token) => server.sentUnder(token))).toEqual([12, 4, 0]);
  });

  test('take uploads', async () => {
    const url = server.uploads.announce('x', 4);
    const headers = { 'x-plumbline-token': server.uploads.token };
    expect((await fetch(`${server.origin}/~aa${url}`, { method: 'POST', body: '1234', headers })).status).toBe(204);
    expect(server.uploads.take('x').toString()).toBe('1234');
  });
});

describe('uploads', () => {
  const post = (url: string, body: Uint8Array<ArrayBuffer> | string, token = server.uploads.token): Promise<Response> =>
    fetch(server.origin + url, { method: 'POST', body, headers: { 'x-plumbline-token': token } });

  test('arrive as they were sent', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const url = server.uploads.announce('a/b@c#0', bytes.byteLength);
    expect((await post(url, bytes)).status).toBe(204);
    expect(Buffer.compare(server.uploads.take('a/b@c#0'), bytes)).toBe(0);
  });

  test.each([
    ['a wrong token', 403, 'wrong', '1234'],
    ['a token of the right length', 403, '0'.repeat(32), '1234'],
  ])('%s is refused', async (_, status, token, body) => {
    const url = server.uploads.announce('x', 4);
    expect((await post(url, body, token)).status).toBe(status);
    expect(() => server.uploads.take('x')).toThrow(/E_UPLOAD/);
  });

  test('other names, sizes and methods are refused', async () => {
    const url = server.uploads.announce('x', 4);
    expect((await post('/upload/y', '1234')).status).toBe(404);
    expect((await post(url, '123')).status).toBe(400);
    expect((await post(url, '12345')).status).toBe(413);
    expect((await fetch(server.origin + url)).status).toBe(405);
    expect(() => server.uploads.take('x')).toThrow(/E_UPLOAD: the page never uploaded "x"/);
  });
});

test('a closed server is known to be gone, and closes twice', async () => {
  expect(server.isListening()).toBe(true);
  await server.close();
  await server.close();
  expect(server.isListening()).toBe(false);
  await expect(fetch(server.origin)).rejects.toThrow();
});
