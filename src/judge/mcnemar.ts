/**
 * McNemar's exact test: whether two classifiers that saw the same samples differ in accuracy by more than chance.
 *
 * Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
 * Psychometrika 12 (1947), 153–157; the exact conditional form as in M. W. Fagerland, S. Lydersen, P. Laake, "The McNemar
 * test for binary matched-pairs data", BMC Medical Research Methodology 13:91 (2013).
 */

/**
 * The exact two-sided p-value. Only the samples that one alone gets right tell anything; if neither is better, each of
 * those is a fair coin, and
 *
 *     p = min(1, 2 * sum_{k=0}^{m} C(n, k) / 2^n),   n = b + c,   m = min(b, c).
 *
 * The limit to 1 is for b = c, where the sum counts the middle term for both sides. The largest term is taken in log
 * space and the others as ratios to it, so that nothing overflows.
 *
 * @param b samples that the first alone gets right (a non-negative integer)
 * @param c samples that the second alone gets right (a non-negative integer)
 * @returns p in [0, 1]; 1 where nothing tells them apart. A p below 5e-324 is 0.
 */
export function mcnemarExact(b: number, c: number): number {
  const n = b + c;
  const m = Math.min(b, c);
  // ln C(n, m) - n ln 2, as a sum of logarithms: m of them are enough and quick.
  let logTerm = -n * Math.LN2;
  for (let i = 1; i <= m; i++) logTerm += Math.log((n - m + i) / i);

  // C(n, k-1) / C(n, k) = k / (n - k + 1), which is below 1 for k <= m <= n/2: the terms shrink.
  let sum = 1;
  let ratio = 1;
  for (let k = m; k > 0; k--) {
    ratio *= k / (n - k + 1);
    if (ratio < Number.EPSILON * sum * 1e-3) break;
    sum += ratio;
  }
  return Math.min(1, Math.exp(logTerm + Math.log(2 * sum)));
}

/**
 * A difference in accuracy with a p below this is taken for real. At 0.01, one in a hundred cells of equal accuracy would go
 * red by chance if samples flipped like coins; but a cell comes to this test only when its logits are within tolerance,
 * where hardly a sample flips, so that false alarms are far rarer.
 */
export const ACCURACY_ALPHA = 0.01;
