/** Ends and ticks of logarithmic axes. Pure. */

/** The 1, 2 or 5 times a power of ten that is nearest to `value`, but not above it (`down`) or not below it. */
function round(value: number, down: boolean): number {
  const power = Math.floor(Math.log10(value));
  const choices = [1, 2, 5, 10].map((digit) => Number(`${String(digit)}e${String(power)}`));
  return (down ? choices.findLast((choice) => choice <= value) : choices.find((choice) => choice >= value)) ?? value;
}

/** The ends of an axis that holds all `values` greater than zero; `[1, 10]` where there are none. */
export function logDomain(values: readonly number[]): [number, number] {
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) return [1, 10];
  // A little is added, so that what lies at an end is seen whole.
  return [round(Math.min(...positive) / 1.08, true), round(Math.max(...positive) * 1.08, false)];
}

/** Where a log axis is labelled: at 1, 2 and 5 of each decade if those are few, else at decades, and not too many. */
export function logTicks([low, high]: readonly [number, number], most: number): number[] {
  const within = (digits: readonly number[], step: number): number[] => {
    const ticks: number[] = [];
    for (let power = Math.floor(Math.log10(low) / step) * step; 10 ** power <= high; power += step) {
      for (const digit of digits) {
        const tick = Number(`${String(digit)}e${String(power)}`);
        if (tick >= low && tick <= high) ticks.push(tick);
      }
    }
    return ticks;
  };
  const choices = [
    within([1, 2, 3, 4, 5, 6, 8], 1),
    within([1, 2, 5], 1),
    within([1, 3], 1),
    within([1], 1),
    within([1], 2),
  ];
  return choices.find((ticks) => ticks.length <= most) ?? within([1], 3);
}
