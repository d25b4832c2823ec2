import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { download, type Download, type Patience } from './download.js';

const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) & 0xff));
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const HURRIED: Patience = { answerMs: 2_000, stallMs: 5_000, pauseMs: 1, attempts: 6 };

type Answer = (response: ServerResponse, from: number, request: IncomingMessage) => void;

let folder: string;
let server: Server;
let wanted: Download;
/** What the server is asked for, by the first byte of each request. */
let asked: number[];
let answer: Answer;

/** The rest of the file from a byte on, all of it or cut off after some. */
const serve = (response: ServerResponse, from: number, length = CONTENT.length): void => {
  const headers = { 'content-length': CONTENT.length - from };
  if (from > 0) response.writeHead(206, { ...headers, 'content-range': `bytes ${String(from)}-299999/300000` });
  else response.writeHead(200, headers);
  if (from + length >= CONTENT.length) response.end(CONTENT.subarray(from));
  else
    response.write(CONTENT.subarray(from, from + length), () => {
      // The client must have read what was sent before the connection goes.
      setTimeout(() => response.destroy(), 50);
    });
};

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
  vi.spyOn(console, 'error').mockReturnValue();
  asked = [];
  server = createServer((request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    asked.push(from);
    answer(response, from, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  wanted = {
    url: `http://127.0.0.1:${String(port)}/some/file.bin`,
    bytes: CONTENT.length,
    sha256: SHA256,
    file: path.join(folder, 'archives', 'file.bin'),
  };
  answer = (response, from) => {
    serve(response, from);
  };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

const content = async (): Promise<Buffer> => await readFile(wanted.file);
const left = async (): Promise<string[]> => await readdir(path.dirname(wanted.file));

/** How much of what was sent had arrived when a connection broke is the network's affair; that nothing is asked twice, ours. */
function expectResumed(): void {
  expect(asked.length).toBeGreaterThan(1);
  expect(asked).toEqual([...new Set(asked)].sort((a, b) => a - b));
}

describe('download', () => {
  test('fetches a file once, also for several at once, and leaves nothing beside it', async () => {
    await Promise.all([download(wanted, HURRIED), download(wanted, HURRIED)]);
    expect(await content()).toEqual(CONTENT);
    expect(asked).toEqual([0]);
    expect(await left()).toEqual(['file.bin']);
  });

  test('goes on where a connection broke, again and again', async () => {
    answer = (response, from) => {
      serve(response, from, 100_000);
    };
    await download(wanted, HURRIED);
    expect(await content()).toEqual(CONTENT);
    expectResumed();
  });

  test('goes on where the last run was interrupted', async () => {
    answer = (response, from) => {
      serve(response, from, 100_000);
    };
    await expect(download(wanted, { ...HURRIED, attempts: 1 })).rejects.toThrow(
      /E_DATASET_MISSING: .*can't be fetched/,
    );
    expect(await left()).toEqual(['file.bin.part']);
    await download(wanted, HURRIED);
    expectResumed();
    expect(await content()).toEqual(CONTENT);
  });

  test('starts anew with a server that cannot go on', async () => {
    let first = true;
    answer = (response) => {
      serve(response, 0, first ? 100_000 : undefined);
      first = false;
    };
    await download(wanted, HURRIED);
    expectResumed();
    expect(await content()).toEqual(CONTENT);
  });

  test('gives up a connection on which nothing comes any more, and goes on with another', async () => {
    let first = true;
    answer = (response, from) => {
      if (!first) {
        serve(response, from);
        return;
      }
      first = false;
      response.writeHead(200, { 'content-length': CONTENT.length });
      response.write(CONTENT.subarray(0, 50_000));
    };
    await download(wanted, { ...HURRIED, stallMs: 200 });
    expectResumed();
    expect(await content()).toEqual(CONTENT);
  });

  test('a file of the right size and other content is told by its digest, and not kept', async () => {
    answer = (response) => {
      response.end(Buffer.alloc(CONTENT.length));
    };
    await expect(download(wanted, HURRIED)).rejects.toThrow(/E_CHECKSUM: .*file\.bin gave sha256 [0-9a-f]{64}/);
    expect(await left()).toEqual([]);
  });

  test('what was damaged on disk between two runs is not completed in silence', async () => {
    await download(wanted, HURRIED);
    await rm(wanted.file);
    await writeFile(`${wanted.file}.part`, Buffer.alloc(1_000));
    await expect(download(wanted, HURRIED)).rejects.toThrow(/E_CHECKSUM/);
    await download(wanted, HURRIED);
    expect(await content()).toEqual(CONTENT);
  });

  test.each<[string, Answer, RegExp]>([
    ['an address that is no more', (response) => response.writeHead(404).end(), /HTTP 404/],
    [
      'a page in place of the file',
      (response) => response.end('<html>Log in</html>'),
      /it has 19 bytes, the archive 300000/,
    ],
    [
      'more than the file',
      (response) => (response.write(CONTENT), response.end('more')),
      /more comes than the archive has/,
    ],
    ['no answer', () => undefined, /nothing came for 0\.3 s/],
    ['a connection that is closed at once', (response) => response.destroy(), /other side closed|ECONNRESET/],
  ])('%s means that the file is missing, after one try', async (_, wrong, words) => {
    answer = wrong;
    const fetching = download(wanted, { ...HURRIED, answerMs: 300 });
    await expect(fetching).rejects.toMatchObject({
      code: 'E_DATASET_MISSING',
      message: expect.stringMatching(words) as string,
    });
    expect(asked).toEqual([0]);
  });

  test('no server means that the file is missing, and says how to get it by hand', async () => {
    await new Promise((resolve) => server.close(resolve));
    await expect(download(wanted, HURRIED)).rejects.toMatchObject({
      code: 'E_DATASET_MISSING',
      detail: expect.stringMatching(/file\.bin can't be fetched: .*ECONNREFUSED/) as string,
      hint: expect.stringContaining(path.dirname(wanted.file)) as string,
    });
  });

  test('a mirror is asked in place of the address', async () => {
    vi.stubEnv('PLUMBLINE_DATASETS_URL', new URL('/mirror/', wanted.url).href);
    const paths: (string | undefined)[] = [];
    answer = (response, from, { url }) => {
      paths.push(url);
      serve(response, from);
    };
    await download({ ...wanted, url: 'https://nowhere.invalid/deep/file.bin' }, HURRIED);
    expect(paths).toEqual(['/mirror/file.bin']);
  });
});
