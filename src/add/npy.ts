/** Arrays as NumPy writes them: .npy files, and .npz archives of them. */
import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { entriesOf } from '../datasets/archives.js';
import type { Dtype } from '../protocol/card.js';
import { PlumblineError, messageOf } from '../protocol/errors.js';
import { ARRAYS } from '../protocol/observation.js';

/** The types of arrays that are read; float64 for NumPy makes it where nothing else is said. */
export type NpyDtype = Dtype | 'float64';

export interface NpyArray {
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  /** In C order; float16 as its bits. */
  readonly data: InstanceType<(typeof ARRAYS)[Dtype]> | Float64Array;
}

const DTYPES: Readonly<Record<string, NpyDtype>> = {
  '<f4': 'float32',
  '<f2': 'float16',
  '<f8': 'float64',
  '<i4': 'int32',
  '<i8': 'int64',
  '|i1': 'int8',
  '|u1': 'uint8',
  '|b1': 'bool',
};

/**
 * The format is that of numpy.lib.format: magic, version, length of the header, the header as a Python literal, values.
 * @param name how the array is called in messages
 * @throws PlumblineError `E_INPUT_DATA` for what is no such array, or of a type or order that is not read
 */
export function parseNpy(bytes: Uint8Array, name: string): NpyArray {
  const fail = (what: string): PlumblineError => new PlumblineError('E_INPUT_DATA', `array "${name}" ${what}`);
  if (bytes.byteLength < 10 || Buffer.from(bytes.subarray(0, 6)).toString('latin1') !== '\x93NUMPY')
    throw fail('is no .npy file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = bytes[6] === 1 ? 10 : 12;
  const length = start === 10 ? view.getUint16(8, true) : view.getUint32(8, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + length));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const shapeText = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (descr === undefined || shapeText === undefined) throw fail('has a header that says neither type nor shape');
  const dtype = DTYPES[descr];
  if (dtype === undefined)
    throw fail(`is of NumPy type ${descr}; use float32, float16, int32, int64, uint8, int8 or bool`);
  if (/'fortran_order':\s*True/.test(header)) throw fail('is in Fortran order; save np.ascontiguousarray(…) of it');
  const shape = shapeText
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const type = dtype === 'float64' ? Float64Array : ARRAYS[dtype];
  const size = shape.reduce((product, dimension) => product * dimension, type.BYTES_PER_ELEMENT);
  const values = bytes.subarray(start + length);
  if (values.byteLength !== size)
    throw fail(`holds ${String(values.byteLength)} bytes, its shape takes ${String(size)}`);
  // A copy is aligned for every type.
  return { dtype, shape, data: new type(Uint8Array.from(values).buffer) };
}

/**
 * The arrays of an .npz archive, or of the .npy files of a folder, by name.
 * @throws PlumblineError `E_INPUT_DATA` that names the file or the array
 */
export async function readArrays(file: string): Promise<Map<string, NpyArray>> {
  const arrays = new Map<string, NpyArray>();
  const add = (entry: string, bytes: Uint8Array): void => {
    const name = path.basename(entry, '.npy');
    arrays.set(name, parseNpy(bytes, name));
  };
  const about = await stat(file).catch((error: unknown) => {
    throw new PlumblineError('E_INPUT_DATA', `${file}: ${messageOf(error)}`, { cause: error });
  });
  if (about.isDirectory()) {
    for (const entry of (await readdir(file)).filter((name) => name.endsWith('.npy')).sort())
      add(entry, await readFile(path.join(file, entry)));
  } else {
    try {
      for await (const { path: entry, bytes } of entriesOf(file, 'zip', (entry) => entry.endsWith('.npy'), NPZ_LIMITS))
        add(entry, bytes);
    } catch (error) {
      if (error instanceof PlumblineError && error.code === 'E_INPUT_DATA') throw error;
      throw new PlumblineError('E_INPUT_DATA', `${file} is no .npz archive: ${messageOf(error)}`, { cause: error });
    }
  }
  if (arrays.size === 0) throw new PlumblineError('E_INPUT_DATA', `${file} holds no .npy arrays`);
  return arrays;
}

const NPZ_LIMITS = { entries: 1_000, entryBytes: 2 ** 30, totalBytes: 2 ** 30 };
