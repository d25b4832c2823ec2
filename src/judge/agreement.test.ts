import { describe, expect, test } from 'vitest';
import { NO_CLASS, top1 } from './accuracy.js';
import { agreementFailure, agreementOf, type Flip } from './agreement.js';
import type { Agreement } from '../protocol/record.js';
import { float32 } from './testing.js';

const tolerance = { name: 'test', relative: 1e-3, absolute: 1e-3 };

function agree(got: number[], want: number[], more = {}): { agreement: Agreement; first: Flip | undefined } {
  const shape = [got.length / 2, 2];
  const [ours, theirs] = [float32(got, shape), float32(want, shape)];
  return agreementOf(top1(ours, got.length / 2), top1(theirs, got.length / 2), theirs, { ...tolerance, ...more });
}

describe('agreement', () => {
  test('counts flips, and tells those that a tie explains', () => {
    // Median magnitude 1: two tolerances on both sides are 0.004.
    expect(agree([1, 0.5, 1, 1.002, 1, 3], [1, 0.5, 1.002, 1, 1.5, 1]).agreement).toEqual({
      n: 3,
      share: 1 / 3,
      flips: 2,
      beyondTies: 1,
    });
  });

  test('names the first that no tie explains', () => {
    expect(agree([2, 1, 1, 2, 1, 2], [2, 1, 2, 1.5, 5, 1]).first).toEqual({ sample: 1, got: 1, want: 0, margin: 0.5 });
  });

  test('a sample that lost its class, or found one, is no tie', () => {
    expect(agree([NaN, NaN], [1, 2])).toMatchObject({
      agreement: { flips: 1, beyondTies: 1 },
      first: { got: NO_CLASS },
    });
    expect(agree([1, 2], [NaN, NaN])).toMatchObject({ agreement: { flips: 1, beyondTies: 1 } });
    // The PC has none either.
    expect(agree([NaN, NaN], [NaN, NaN])).toMatchObject({ agreement: { flips: 1, beyondTies: 0, share: 0 } });
  });

  test('of integers only equal scores are a tie', () => {
    const scores = { name: 'y', dtype: 'int8', shape: [2, 2], data: Int8Array.of(100, 99, 7, 7) } as const;
    expect(agreementOf(Int32Array.of(1, 1), Int32Array.of(0, 0), scores, tolerance).agreement).toMatchObject({
      flips: 2,
      beyondTies: 1,
    });
  });

  test('no samples', () => {
    expect(agree([], []).agreement).toEqual({ n: 0, share: 0, flips: 0, beyondTies: 0 });
  });
});

describe('failure', () => {
  const flips = (beyondTies: number, n = 200): Parameters<typeof agreementFailure> => [
    { n, share: (n - beyondTies) / n, flips: beyondTies, beyondTies },
    { sample: 17, got: 3, want: 5, margin: 0.25 },
    tolerance,
  ];
  const outliers = { share: 0.01, factor: 10 };

  test('one is one too many where no element may be beyond tolerance', () => {
    expect(agreementFailure(...flips(0))).toBeUndefined();
    expect(agreementFailure(...flips(1))?.message).toBe(
      '1 of 200 samples have another class than on the PC where no tie explains it, 0 may: test (99.5 % agree). ' +
        'The first is sample 17: class 3, the PC has class 5, 0.25 ahead.',
    );
  });

  test('two per cent where some elements may be', () => {
    const [agreement, first] = flips(4);
    expect(agreementFailure(agreement, first, { ...tolerance, outliers })).toBeUndefined();
    const [more] = flips(5);
    expect(agreementFailure(more, first, { ...tolerance, outliers })?.code).toBe('E_AGREEMENT');
    // Of few samples, none.
    expect(agreementFailure(...([flips(1, 49)[0], first, { ...tolerance, outliers }] as const))?.code).toBe(
      'E_AGREEMENT',
    );
  });
});
