/** IEEE 754 binary16 by its bits, for engines have no array of it that all of them share. */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * The bits of the binary16 nearest to a float32, ties to even; beyond 65,504 an infinity, as IEEE 754-2019 rounds.
 * A number of double precision is rounded to float32 first, as in `x.astype(float32).astype(float16)`.
 */
export function encodeFloat16(value: number): number {
  float[0] = value;
  const word = bits[0] as number;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  // 65,520 lies halfway between the largest binary16 and the next power of two: it rounds to an infinity.
  if (magnitude >= 0x477f_f000) return sign | 0x7c00;
  // Below 2^-14 binary16 counts in steps of 2^-24; the product is exact, so that this rounds once.
  if (magnitude < 0x3880_0000) return sign | roundHalfToEven(Math.abs(float[0]) * 2 ** 24);
  // The exponent's bias is smaller by 112, and 13 bits of the fraction go; a carry moves into the exponent, as it must.
  const rebased = magnitude - (112 << 23);
  return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
