import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sha256 } from './checksum.js';
import { datasetFolders, downloads, findForm, type Form } from './find.js';

const CONTENT = 'the archive';
const FORMS: readonly Form[] = [
  {
    file: 'toy.tar.gz',
    packing: 'tar.gz',
    sha256: sha256(CONTENT),
    official: { url: 'https://nowhere.invalid/toy.tar.gz', bytes: CONTENT.length },
  },
  { file: 'toy', packing: 'folder' },
];

let folder: string;
let own: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
  own = path.join(folder, 'own');
  vi.stubEnv('PLUMBLINE_CACHE', path.join(folder, 'cache'));
  vi.stubEnv('PLUMBLINE_DATASETS', own);
  // An address where nobody listens: no test here asks the real one.
  vi.stubEnv('PLUMBLINE_DATASETS_URL', 'http://127.0.0.1:9/');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

async function put(place: string, name: string, content = CONTENT): Promise<string> {
  const file = path.join(place, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

describe('findForm', () => {
  test('looks into the folder of the user, then the cache, then the one beside the project', async () => {
    expect(datasetFolders('toy').slice(0, 3)).toEqual([path.join(own, 'toy'), own, downloads()]);
    expect(datasetFolders('toy').at(-1)).toMatch(/shared.datasets$/);
    const cached = await put(downloads(), 'toy.tar.gz');
    expect(await findForm('toy', FORMS)).toMatchObject({ file: cached, digest: sha256(CONTENT) });
    const given = await put(own, 'toy.tar.gz');
    expect((await findForm('toy', FORMS)).file).toBe(given);
    const named = await put(path.join(own, 'toy'), 'toy.tar.gz');
    expect((await findForm('toy', FORMS)).file).toBe(named);
    vi.stubEnv('PLUMBLINE_DATASETS', '');
    expect((await findForm('toy', FORMS)).file).toBe(cached);
  });

  test('an archive that is another one is an error, not passed over', async () => {
    await put(downloads(), 'toy.tar.gz');
    const wrong = await put(own, 'toy.tar.gz', 'the archivE');
    await expect(findForm('toy', FORMS)).rejects.toMatchObject({
      code: 'E_CHECKSUM',
      detail: `${wrong} has sha256 ${sha256('the archivE')}, that of toy.tar.gz is ${sha256(CONTENT)}`,
    });
  });

  test('an archive that was changed after the last look is looked at again', async () => {
    const file = await put(own, 'toy.tar.gz');
    await findForm('toy', FORMS);
    await writeFile(file, 'the archivE');
    await utimes(file, new Date(), new Date(Date.now() + 5_000));
    await expect(findForm('toy', FORMS)).rejects.toThrow(/E_CHECKSUM/);
  });

  test('a folder is known by its files, their sizes and times', async () => {
    const place = path.join(own, 'toy');
    const file = await put(place, 'a.txt', 'one');
    const { digest, form } = await findForm('toy', FORMS);
    expect(form.packing).toBe('folder');
    expect((await findForm('toy', FORMS)).digest).toBe(digest);
    await utimes(file, new Date(), new Date(Date.now() + 5_000));
    const touched = (await findForm('toy', FORMS)).digest;
    await put(place, 'b.txt');
    const grown = (await findForm('toy', FORMS)).digest;
    expect(new Set([digest, touched, grown]).size).toBe(3);
  });

  test('without a network the dataset is missing, and where there is no official one that is said, too', async () => {
    await expect(findForm('toy', FORMS)).rejects.toThrow(/E_DATASET_MISSING: .*toy\.tar\.gz can't be fetched/);
    await expect(findForm('toy', FORMS.slice(1))).rejects.toThrow(/E_DATASET_MISSING: none of toy is in .*own/);
  });

  test('what is nowhere is fetched into the cache, once', async () => {
    vi.spyOn(console, 'error').mockReturnValue();
    let requests = 0;
    const server: Server = createServer((_, response) => {
      requests++;
      response.end(CONTENT);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      vi.stubEnv('PLUMBLINE_DATASETS_URL', `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
      const first = await findForm('toy', FORMS);
      expect(first).toMatchObject({ file: path.join(downloads(), 'toy.tar.gz'), digest: sha256(CONTENT) });
      expect(await findForm('toy', FORMS)).toEqual(first);
      expect(requests).toBe(1);
      expect(await readdir(downloads())).toEqual(['toy.tar.gz']);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
