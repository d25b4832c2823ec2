/** The IDX format of the MNIST files (http://yann.lecun.com/exdb/mnist/): big-endian header, then uint8 values. */
import { PlumblineError } from '../protocol/errors.js';

export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const UINT8 = 0x08;

/**
 * Reads an IDX file of unsigned bytes.
 * @throws PlumblineError `E_DATASET_FORMAT` that names the file and what is wrong with it
 */
export function parseIdx(bytes: Uint8Array, file: string): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wrong = (what: string): PlumblineError =>
    new PlumblineError('E_DATASET_FORMAT', `${file} is not an IDX file of uint8: ${what}`);
  if (bytes.byteLength < 4 || view.getUint16(0) !== 0) throw wrong('it does not start with two zero bytes');
  if (view.getUint8(2) !== UINT8) throw wrong(`its type is 0x${view.getUint8(2).toString(16)}, not 0x08`);
  const rank = view.getUint8(3);
  const header = 4 + 4 * rank;
  if (bytes.byteLength < header) throw wrong('it ends within its header');
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (bytes.byteLength !== header + size) {
    throw wrong(`its header says ${String(size)} values, ${String(bytes.byteLength - header)} follow`);
  }
  return { shape, data: bytes.subarray(header) };
}
