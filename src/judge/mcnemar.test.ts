import { expect, test } from 'vitest';
import { mcnemarExact } from './mcnemar.js';

// statsmodels, stats/tests/test_nonparametric.py, test_mcnemar_exact (from Vassar College's calculator), six decimals.
test.each([
  [121, 59, 0.000004],
  [70, 59, 0.378688],
  [80, 59, 0.089452],
  [30, 60, 0.00206],
  [10, 30, 0.002221],
  [10, 10, 1],
])('as statsmodels has it: %i against %i', (b, c, p) => {
  expect(mcnemarExact(b, c)).toBeCloseTo(p, 6);
});

// Exact rational arithmetic: Python's fractions.Fraction over math.comb, rounded once.
test.each([
  [0, 0, 1],
  [1, 0, 1],
  [6, 0, 0.03125],
  [0, 7, 0.015625],
  [8, 0, 0.0078125],
  [6, 1, 0.125],
  [1, 9, 0.021484375],
  [2, 12, 0.012939453125],
  [121, 59, 4.434449263755176e-6],
  [150, 86, 3.715936139571442e-5],
  [500, 400, 0.0009564441369189461],
  [1000, 1100, 0.030720707864242296],
  [1000, 0, 1.8665272370064378e-301],
  [5000, 5300, 0.003215819673645239],
  [25000, 25500, 0.026382454975594612],
  [24000, 26000, 3.8574699510318216e-19],
  [50000, 49000, 0.0014980826229749737],
  [50000, 50000, 1],
  // 6.3e-15052 is below the smallest double.
  [50000, 0, 0],
])('exact: %i against %i', (b, c, p) => {
  const got = mcnemarExact(b, c);
  if (p === 0) expect(got).toBe(0);
  else expect(Math.abs(got / p - 1)).toBeLessThan(1e-9);
});

test('is symmetric, in (0, 1], and falls as the difference grows', () => {
  for (let n = 1; n <= 60; n++) {
    let last = 0;
    for (let b = 0; 2 * b <= n; b++) {
      const p = mcnemarExact(b, n - b);
      expect(p).toBe(mcnemarExact(n - b, b));
      expect(p).toBeLessThanOrEqual(1);
      // 1 is reached twice where n is even; rounding must not make it fall.
      expect(p).toBeGreaterThanOrEqual(last);
      last = p;
    }
  }
});
