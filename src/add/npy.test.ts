import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import yazl from 'yazl';
import { parseNpy, readArrays } from './npy.js';

/** As numpy.save writes it, version 1.0. */
function npy(descr: string, shape: string, data: Uint8Array, order = 'False'): Uint8Array {
  const literal = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
  const header = Buffer.from(literal.padEnd(117) + '\n', 'latin1');
  const front = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([front, header, data]);
}
const bytes = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-npy-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('parseNpy', () => {
  test.each([
    ['<f4', 'float32', Float32Array.of(1, -2.5)],
    ['<f8', 'float64', Float64Array.of(0.1, 2)],
    ['<f2', 'float16', Uint16Array.of(0x3c00, 0x8000)],
    ['<i4', 'int32', Int32Array.of(-1, 2)],
    ['<i8', 'int64', BigInt64Array.of(-1n, 2n ** 60n)],
    ['|u1', 'uint8', Uint8Array.of(0, 255)],
    ['|i1', 'int8', Int8Array.of(-128, 127)],
    ['|b1', 'bool', Uint8Array.of(0, 1)],
  ] as const)('%s is %s', (descr, dtype, data) => {
    const array = parseNpy(npy(descr, '2, 1', bytes(data)), 'x');
    expect({ ...array, data: [...array.data] }).toEqual({ dtype, shape: [2, 1], data: [...data] });
  });

  test('a scalar has no axis, a row has one', () => {
    expect(parseNpy(npy('<f4', '', bytes(Float32Array.of(3))), 'x').shape).toEqual([]);
    expect(parseNpy(npy('<f4', '1,', bytes(Float32Array.of(3))), 'x').shape).toEqual([1]);
  });

  test.each([
    ['no .npy', Buffer.from('hello, this is text'), /E_INPUT_DATA: array "x" is no \.npy/],
    ['another type', npy('<c8', '1,', new Uint8Array(8)), /"x" is of NumPy type <c8/],
    ['big-endian', npy('>f4', '1,', new Uint8Array(4)), /"x" is of NumPy type >f4/],
    ['Fortran order', npy('<f4', '1, 1', new Uint8Array(4), 'True'), /"x" is in Fortran order/],
    ['not all of it', npy('<f4', '3,', new Uint8Array(8)), /"x" holds 8 bytes, its shape takes 12/],
  ])('%s is refused', (_, file, message) => {
    expect(() => parseNpy(file, 'x')).toThrow(message);
  });
});

describe('readArrays', () => {
  const a = npy('<f4', '2,', bytes(Float32Array.of(1, 2)));
  const b = npy('<i8', '1,', bytes(BigInt64Array.of(7n)));

  test('an .npz, by the names of its members, packed or not', async () => {
    const zip = new yazl.ZipFile();
    zip.addBuffer(Buffer.from(a), 'a.npy');
    zip.addBuffer(Buffer.from(b), 'b.npy', { compress: false });
    zip.end();
    const file = path.join(folder, 'inputs.npz');
    await pipeline(zip.outputStream, createWriteStream(file));
    const arrays = await readArrays(file);
    expect([...arrays].map(([name, { dtype, data }]) => [name, dtype, [...data]])).toEqual([
      ['a', 'float32', [1, 2]],
      ['b', 'int64', [7n]],
    ]);
  });

  test('a folder of .npy files', async () => {
    await writeFile(path.join(folder, 'a.npy'), a);
    await writeFile(path.join(folder, 'b.npy'), b);
    expect([...(await readArrays(folder)).keys()]).toEqual(['a', 'b']);
  });

  test('what is no archive, is not there, or holds nothing', async () => {
    const text = path.join(folder, 'text.npz');
    await writeFile(text, 'no zip');
    await expect(readArrays(text)).rejects.toMatchObject({ code: 'E_INPUT_DATA' });
    await expect(readArrays(path.join(folder, 'none.npz'))).rejects.toMatchObject({ code: 'E_INPUT_DATA' });
    const empty = await mkdtemp(path.join(folder, 'empty-'));
    await expect(readArrays(empty)).rejects.toThrow(/E_INPUT_DATA: .*holds no \.npy arrays/);
  });
});
