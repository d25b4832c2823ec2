import { mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';
import yazl from 'yazl';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { entriesOf, LIMITS, type Limits, type Packing, type Wanted } from './archives.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const TEXTS = { 'a/x.txt': 'hello', 'a/y.txt': 'world!' };

/** The same two files, packed by GNU tar and xz: nothing in the registry packs .xz without native code. */
const XZ =
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/AINdADCLvBunjDRE4cIHdej848CShFlwYZdGM9R4wNQ5faDNFTCDyhHyXy3Dsbva5G8r0XIReFwzMIMKd5I5ilD2TD7+qOUGrS2v5gyY9z3+tzOHExqmLm+IduzEhu3nB/8Uxmv+ZkWO9vmRyVrSTPx3ysM4WmSmHqFb0hS9yPdgolb6GVUAAAASOiWOObADSAABnwGAUAAAcMHgk7HEZ/sCAAAAAARZWg==';

type Header = Parameters<ReturnType<typeof tar.pack>['entry']>[0];

/** A .tar.gz of entries with these headers; those of files hold "content". */
async function tarGz(headers: readonly (Header & { content?: string })[]): Promise<string> {
  const pack = tar.pack();
  for (const { content = 'content', ...header } of headers) {
    if (header.type === undefined || header.type === 'file') pack.entry(header, content);
    else pack.entry(header);
  }
  pack.finalize();
  return await written('t.tar.gz', gzipSync(await buffer(pack)));
}

/** A zip of files; then `patch` changes names in its bytes, to others as long, for yazl packs no bad ones. */
async function zip(
  files: Readonly<Record<string, string>>,
  patch: readonly [string, string] = ['', ''],
  mode = 0o100644,
): Promise<string> {
  const packed = new yazl.ZipFile();
  for (const [name, content] of Object.entries(files)) packed.addBuffer(Buffer.from(content), name, { mode });
  packed.end();
  const bytes = (await buffer(packed.outputStream)).toString('latin1');
  return await written('z.zip', Buffer.from(bytes.replaceAll(patch[0], patch[1]), 'latin1'));
}

async function written(name: string, bytes: Uint8Array): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, bytes);
  return file;
}

async function read(
  file: string,
  packing: Packing,
  wanted: Wanted = () => true,
  limits: Limits = LIMITS,
): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for await (const entry of entriesOf(file, packing, wanted, limits))
    texts[entry.path] = Buffer.from(entry.bytes).toString();
  return texts;
}

const makers: Readonly<Record<Packing, () => Promise<string>>> = {
  'tar.gz': () =>
    tarGz([
      { name: 'a/', type: 'directory' },
      ...Object.entries(TEXTS).map(([name, content]) => ({ name: `./${name}`, content })),
    ]),
  'tar.xz': () => written('t.tar.xz', Buffer.from(XZ, 'base64')),
  zip: () => zip(TEXTS),
  folder: async () => {
    const place = path.join(folder, 'a');
    await mkdir(place);
    for (const [name, text] of Object.entries(TEXTS)) await writeFile(path.join(folder, name), text);
    return place;
  },
};
const PACKINGS = Object.keys(makers) as Packing[];
const ARCHIVES = PACKINGS.filter((packing) => packing !== 'folder');

describe('entriesOf', () => {
  test.each(PACKINGS)('%s: gives the wanted files', async (packing) => {
    const file = await makers[packing]();
    expect(await read(file, packing)).toEqual(TEXTS);
    expect(await read(file, packing, (name) => name.endsWith('y.txt'))).toEqual({ 'a/y.txt': 'world!' });
  });

  test.each(PACKINGS)('%s: a reader that stops early leaves nothing open', async (packing) => {
    for await (const entry of entriesOf(await makers[packing](), packing, () => true)) {
      expect(entry.path).toBe('a/x.txt');
      break;
    }
  });

  test.each(PACKINGS)('%s: that is not there is told by name', async (packing) => {
    const reading = read(path.join(folder, `none.${packing}`), packing);
    await expect(reading).rejects.toThrow(/E_DATASET_FORMAT: .*none\.[a-z.]+ can't be read: ENOENT/);
  });

  test.each(ARCHIVES)('%s: that is another file under this name is told', async (packing) => {
    const file = await written(`html.${packing}`, Buffer.from('<html>Not found</html>'.repeat(100)));
    await expect(read(file, packing)).rejects.toThrow(/E_DATASET_FORMAT: .*html\.[a-z.]+ can't be read: ./);
  });

  test.each(ARCHIVES)('%s: that is cut is told, wherever it is cut', async (packing) => {
    const file = await makers[packing]();
    const whole = await readFile(file);
    for (const share of [0, 0.1, 0.5, 0.9]) {
      await writeFile(file, whole);
      await truncate(file, Math.floor(whole.length * share));
      await expect(read(file, packing), `cut at ${String(share)}`).rejects.toThrow(/E_DATASET_FORMAT/);
    }
  });

  test.each<[string, Packing, RegExp, Limits]>([
    ['too many entries', 'tar.gz', /more than 2 entries/, { ...LIMITS, entries: 2 }],
    ['too many entries', 'zip', /more than 1 entries/, { ...LIMITS, entries: 1 }],
    ['too many entries', 'folder', /more than 1 entries/, { ...LIMITS, entries: 1 }],
    ['a large entry', 'tar.gz', /y\.txt" has 6 bytes/, { ...LIMITS, entryBytes: 5 }],
    ['a large entry', 'tar.xz', /y\.txt" has 6 bytes/, { ...LIMITS, entryBytes: 5 }],
    ['a large entry', 'zip', /y\.txt" has 6 bytes/, { ...LIMITS, entryBytes: 5 }],
    ['too much in all', 'tar.gz', /unpacks to more than 2000 bytes/, { ...LIMITS, totalBytes: 2_000 }],
    ['too much in all', 'tar.xz', /unpacks to more than 2000 bytes/, { ...LIMITS, totalBytes: 2_000 }],
    ['too much in all', 'folder', /unpacks to more than 10 bytes/, { ...LIMITS, totalBytes: 10 }],
  ])('refuses %s (%s)', async (_, packing, words, limits) => {
    await expect(read(await makers[packing](), packing, () => packing === 'folder', limits)).rejects.toThrow(words);
  });

  test('refuses a zip of which skipped files alone unpack to too much', async () => {
    const bomb = await zip({ 'a/zeros': '\0'.repeat(100_000), 'a/more': '\0'.repeat(100_000) });
    const reading = read(bomb, 'zip', () => false, { ...LIMITS, totalBytes: 150_000 });
    await expect(reading).rejects.toThrow(/unpacks to more than 150000 bytes/);
  });

  test.each(['../evil', 'a/../../evil', '/etc/evil', 'C:/evil', 'a\\..\\..\\evil'])(
    'refuses the name %s',
    async (name) => {
      await expect(read(await tarGz([{ name }]), 'tar.gz')).rejects.toThrow(/E_DATASET_FORMAT/);
      const plain = 'x'.repeat(name.length);
      await expect(read(await zip({ [plain]: '' }, [plain, name]), 'zip')).rejects.toThrow(/E_DATASET_FORMAT/);
    },
  );

  test.each<[string, Header]>([
    ['a symlink', { name: 'a/x.txt', type: 'symlink', linkname: '/etc/passwd' }],
    ['a hard link', { name: 'a/x.txt', type: 'link', linkname: 'a/y.txt' }],
    ['a device', { name: 'a/x.txt', type: 'character-device' }],
    ['a fifo', { name: 'a/x.txt', type: 'fifo' }],
  ])('refuses %s in a tar', async (_, header) => {
    await expect(read(await tarGz([header]), 'tar.gz')).rejects.toThrow(/"a\/x\.txt" is a/);
  });

  test('refuses a link in a zip', async () => {
    await expect(read(await zip({ 'a/x.txt': '/etc/passwd' }, undefined, 0o120777), 'zip')).rejects.toThrow(
      /is a link/,
    );
  });

  test('does not follow a link in a folder', async () => {
    const place = await makers.folder();
    await writeFile(path.join(folder, 'outside.txt'), 'secret');
    await symlink(path.join(folder, 'outside.txt'), path.join(place, 'z.txt'));
    expect(await read(place, 'folder')).toEqual(TEXTS);
  });
});
