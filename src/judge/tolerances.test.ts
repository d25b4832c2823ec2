import { expect, test } from 'vitest';
import { BACKENDS, PRECISIONS } from '../protocol/cell.js';
import { TOLERANCES, toleranceFor } from './tolerances.js';

test('every precision on every backend has exactly one row', () => {
  for (const precision of PRECISIONS) {
    for (const backend of BACKENDS) {
      const rows = TOLERANCES.filter((row) => row.precision === precision && row.backends.includes(backend));
      expect(rows, `${precision} on ${backend}`).toHaveLength(1);
      expect(toleranceFor(precision, { backend })).toBe(rows[0]);
    }
  }
});

test('rows have names of their own, reasons, and both parts', () => {
  expect(new Set(TOLERANCES.map(({ name }) => name)).size).toBe(TOLERANCES.length);
  for (const { name, reason, relative, absolute } of TOLERANCES) {
    expect(reason.length, name).toBeGreaterThan(40);
    expect(relative, name).toBeGreaterThan(0);
    expect(absolute, name).toBeGreaterThan(0);
  }
});

test('an error of 1e-3 is far beyond every fp32 row, for the median element too', () => {
  for (const { name, relative, absolute } of TOLERANCES.filter(({ precision }) => precision === 'fp32')) {
    expect(1e-3 / (relative + absolute), name).toBeGreaterThanOrEqual(5);
  }
});
