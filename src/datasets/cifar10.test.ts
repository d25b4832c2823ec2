import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import yazl from 'yazl';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from './checksum.js';
import { CIFAR10_CLASSES, parseCifar10 } from './cifar10.js';

/** 32 × 32 pixels with chroma at half the resolution, as Pillow writes them (quality 60). */
const JPEG = Buffer.from(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAgACADASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDioIh8oweOxNaEMHTK4HXtRbwfN371oQxZAAHOfWsZSNYxEhi+YH8a0IIgfUYOTgUkMJBGMDjk1oxRfOPTPasZSNlEwIITwcceue1X4IxgZU9uPaiCH5cf06VoQw4wOP5USkEULbw8DAByfWr8EIIwBRBESOeefzq9DEQOQCaxcjRI/9k=',
  'base64',
);
/** What Pillow 13 (libjpeg-turbo 3.2) makes of it. */
const PILLOW = '7de9308772f73bdb34e0b712f5f44704c24f740f18f7c66bb31adda85b4207aa';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('CIFAR-10 from JPEG files', () => {
  const form = { file: 'cifar10-jpeg.zip', packing: 'zip', layout: 'jpeg' } as const;

  async function archive(entries: readonly (readonly [string, Buffer])[]): Promise<string> {
    const zip = new yazl.ZipFile();
    for (const [name, bytes] of entries) zip.addBuffer(bytes, `cifar10-jpeg/${name}`);
    zip.end();
    const file = path.join(folder, 'cifar10-jpeg.zip');
    await writeFile(file, await buffer(zip.outputStream));
    return file;
  }

  /** Another image than JPEG, and no less valid: its luminance table is another. */
  const OTHER = Buffer.from(JPEG);
  OTHER[25] = 99;

  const entries = CIFAR10_CLASSES.flatMap((name): [string, Buffer][] => [
    [`test/${name}/0002.jpg`, OTHER],
    [`test/${name}/0001.jpg`, JPEG],
    [`train/${name}/0001.jpg`, OTHER],
    [`test/${name}/readme.txt`, JPEG],
  ]);

  test('the pixels are those that Pillow gives', async () => {
    const { n, samples, sample } = await parseCifar10({ file: await archive(entries), form }, 'test', 2);
    expect(n).toBe(20);
    expect(sample).toEqual({ dtype: 'uint8', shape: [32, 32, 3] });
    expect(sha256(samples.subarray(0, 3072))).toBe(PILLOW);
  });

  test('the classes come by turns, in the order of the file names, whatever that of the archive', async () => {
    const one = await parseCifar10({ file: await archive(entries), form }, 'test', 2);
    expect([...(one.labels ?? [])]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const digests = Array.from({ length: 20 }, (_, index) =>
      sha256(one.samples.subarray(index * 3072, (index + 1) * 3072)),
    );
    expect(digests.slice(0, 10)).toEqual(Array(10).fill(PILLOW));
    expect(digests.slice(10)).not.toContain(PILLOW);
    expect(await parseCifar10({ file: await archive([...entries].reverse()), form }, 'test', 2)).toEqual(one);
  });

  test.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    ['text', () => Buffer.from('hello'), /cat\/0001\.jpg is no JPEG image/],
    ['an image of another size', shorter, /cat\/0001\.jpg is 32 × 31/],
  ])('%s in place of an image is told by name', async (_, change, words) => {
    const changed = entries.map(
      ([name, bytes]) => [name, name === 'test/cat/0001.jpg' ? change(bytes) : bytes] as const,
    );
    await expect(parseCifar10({ file: await archive(changed), form }, 'test', 2)).rejects.toThrow(words);
  });

  test('a missing image is told by its class', async () => {
    const rest = entries.filter(([name]) => name !== 'test/frog/0001.jpg');
    await expect(parseCifar10({ file: await archive(rest), form }, 'test', 2)).rejects.toThrow(
      /E_DATASET_FORMAT: .*1 images of "frog"/,
    );
  });
});

/** The same image with the same image without its last row, by its header. */
function shorter(jpeg: Buffer): Buffer {
  const changed = Buffer.from(jpeg);
  changed.writeUInt16BE(31, changed.indexOf(Buffer.from([0xff, 0xc0])) + 5);
  return changed;
}

describe('CIFAR-10 from its official batches', () => {
  const form = { file: 'cifar-10-batches-bin', packing: 'folder', layout: 'batches' } as const;

  /** A record whose pixel at (row, column) is (row, column, label). */
  const record = (label: number): Buffer => {
    const places = Array.from({ length: 1024 }, (_, place) => place);
    return Buffer.from([
      label,
      ...places.map((place) => place >> 5),
      ...places.map((place) => place & 31),
      ...places.map(() => label),
    ]);
  };

  async function unpacked(files: Readonly<Record<string, Buffer>>): Promise<{ file: string; form: typeof form }> {
    const file = path.join(folder, form.file);
    await mkdir(file, { recursive: true });
    for (const [name, bytes] of Object.entries(files)) await writeFile(path.join(file, name), bytes);
    return { file, form };
  }

  const batch = Buffer.concat([3, 1, 4, 0, 5, 9, 2, 6, 8, 7].map(record));

  test('planes become pixels, and the order stays', async () => {
    const found = await unpacked({ 'test_batch.bin': batch, 'batches.meta.txt': Buffer.from('airplane') });
    const { n, samples, labels } = await parseCifar10(found, 'test', 1);
    expect(n).toBe(10);
    expect([...(labels ?? [])]).toEqual([3, 1, 4, 0, 5, 9, 2, 6, 8, 7]);
    const pixel = (image: number, row: number, column: number): number[] => {
      const at = image * 3072 + (row * 32 + column) * 3;
      return [...samples.subarray(at, at + 3)];
    };
    expect(pixel(0, 0, 0)).toEqual([0, 0, 3]);
    expect(pixel(2, 17, 30)).toEqual([17, 30, 4]);
    expect(pixel(9, 31, 31)).toEqual([31, 31, 7]);
  });

  test('the five training batches are one split', async () => {
    const files = [1, 2, 3, 4, 5].map((index): [string, Buffer] => [`data_batch_${String(index)}.bin`, batch]);
    const found = await unpacked({ ...Object.fromEntries(files), 'test_batch.bin': batch });
    expect((await parseCifar10(found, 'train', 5)).n).toBe(50);
  });

  test.each<[string, Buffer, RegExp]>([
    ['a cut batch', batch.subarray(0, -1), /test_batch\.bin has 30729 bytes/],
    ['a label that there is not', Buffer.concat([batch, record(10)]), /test_batch\.bin has a label 10/],
    ['a lack of images', batch.subarray(0, 9 * 3073), /0 images of "horse"/],
  ])('%s is told', async (_, bytes, words) => {
    await expect(parseCifar10(await unpacked({ 'test_batch.bin': bytes }), 'test', 1)).rejects.toThrow(words);
  });
});
