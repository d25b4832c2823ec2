import { describe, expect, test } from 'vitest';
import type { Teeth } from '../protocol/record.js';
import type { TensorData } from '../protocol/observation.js';
import { top1 } from './accuracy.js';
import { compareTensors, exceeds, limitsOf, type Tolerance } from './compare.js';
import { judgeAccuracy } from './judge.js';
import { MUTANTS } from './mutants.js';
import { seeded, seedOf } from '../protocol/random.js';
import { summarizeTeeth, teethOf, TEETH_MINIMUM, type TeethCase } from './teeth.js';
import { float32, logits, mapped, passingCase } from './testing.js';

const NAMES = MUTANTS.map(({ name }) => name);
const WITHOUT_WEIGHT = NAMES.filter((name) => name !== 'one wrong weight');
const strict: Tolerance = { name: 'test', relative: 1e-5, absolute: 1e-5 };
const loose: Tolerance = { name: 'loose', relative: 2e-2, absolute: 5e-2 };

function caseOf(want: TensorData, changes: Partial<TeethCase> = {}): TeethCase {
  return {
    id: 'lenet5/onnx-fp32/ort-wasm-t1@firefox',
    pairs: [{ got: want, want, element: 'logit #' }],
    tolerance: strict,
    classes: top1(want, want.shape[0] ?? 0),
    labels: undefined,
    wrongWeight: undefined,
    ...changes,
  };
}

const survivorsOf = (teeth: Teeth | undefined): string[] => (teeth?.survivors ?? []).map(({ mutant }) => mutant);

describe('mutants', () => {
  const values = float32([1, 5, 2, 9, 3, 3, -1, 0, 4, -2, -3, -4], [4, 3]);
  const made = (name: string, tensor = values, wrongWeight?: TeethCase['wrongWeight']): number[] | undefined => {
    const mutant = MUTANTS.find((one) => one.name === name)?.make({
      values: tensor.data as Float32Array,
      samples: tensor.shape[0] ?? 0,
      row: tensor.shape[1] ?? 1,
      random: seeded(1),
      wrongWeight,
    });
    return mutant && [...mutant];
  };

  test.each(WITHOUT_WEIGHT)('%s: differs, and leaves what it was made from alone', (name) => {
    const before = [...(values.data as Float32Array)];
    const mutant = made(name);
    expect(mutant).toHaveLength(12);
    expect(mutant).not.toEqual(before);
    expect([...(values.data as Float32Array)]).toEqual(before);
    // The same each time.
    expect(made(name)).toEqual(mutant);
  });

  test('each is the fault that it is called', () => {
    const differing = (name: string): number =>
      made(name)?.filter((value, i) => !Object.is(value, values.data[i])).length ?? -1;
    expect(made('shifted by one sample')).toEqual([-2, -3, -4, 1, 5, 2, 9, 3, 3, -1, 0, 4]);
    expect(made('zeroed')).toEqual(Array.from({ length: 12 }, () => 0));
    expect(differing('one logit negated')).toBe(1);
    expect(differing('one NaN')).toBe(1);
    expect(differing('top-1 flipped in 0.5 % of samples')).toBe(2);
    const swapped = made('two classes swapped') ?? [];
    for (let start = 0; start < 12; start += 3) {
      expect(swapped.slice(start, start + 3).sort()).toEqual(
        [...values.data.slice(start, start + 3)].map(Number).sort(),
      );
    }
  });

  test('top-1 is flipped in as many samples as it says, each in another', () => {
    const many = logits(2_000, 10, seeded(3));
    const flipped = made('top-1 flipped in 0.5 % of samples', many) ?? [];
    const [before, after] = [top1(many, 2_000), top1({ ...many, data: Float32Array.from(flipped) }, 2_000)];
    expect(before.filter((winner, sample) => winner !== after[sample])).toHaveLength(10);
  });

  test('one sample or one class cannot have some of the faults', () => {
    expect(made('shifted by one sample', float32([1, 2], [1, 2]))).toBeUndefined();
    expect(made('two classes swapped', float32([1, 2], [2, 1]))).toBeUndefined();
    expect(made('top-1 flipped in 0.5 % of samples', float32([1, 2], [2, 1]))).toBeUndefined();
  });

  test('a wrong weight adds what it adds to the original, on the samples where that is known', () => {
    const right = float32([1, 1, 1, 2, 2, 2], [2, 3]);
    const wrong = float32([1, 1.5, 1, 2, 2, 1], [2, 3]);
    expect(made('one wrong weight', values, { what: 'w', right, wrong })).toEqual([
      1, 5.5, 2, 9, 3, 2, -1, 0, 4, -2, -3, -4,
    ]);
    expect(made('one wrong weight')).toBeUndefined();
    const other = float32([1, 2], [1, 2]);
    expect(made('one wrong weight', values, { what: 'w', right: other, wrong: other })).toBeUndefined();
  });
});

describe('teeth', () => {
  test('a strict tolerance kills every mutant', () => {
    const want = logits(200, 10, seeded(11));
    expect(teethOf(caseOf(want))).toEqual({ killed: 7, total: 7, tried: WITHOUT_WEIGHT, survivors: [] });
    const right = logits(50, 10, seeded(12));
    const wrong = mapped(right, (value, i) => (i % 10 === 4 ? value + 0.01 : value));
    expect(teethOf(caseOf(want, { wrongWeight: { what: 'w', right, wrong } }))).toMatchObject({ killed: 8, total: 8 });
  });

  test('a loose one lets some through, and says by how much each is below the noise', () => {
    const want = logits(200, 10, seeded(11));
    const teeth = teethOf(caseOf(want, { tolerance: loose }));
    expect(survivorsOf(teeth)).toEqual(['scaled by 1.01']);
    const [element, sample, from, to, allowed] = (
      /^it changes 2000 of 2000 elements, logit (\d+) of sample (\d+) the most: from (\S+) to (\S+), where the PC has \S+ give or take (\S+)$/.exec(
        teeth?.survivors[0]?.reason ?? '',
      ) ?? []
    )
      .slice(1)
      .map(Number) as [number, number, number, number, number];
    expect(from).toBeCloseTo(want.data[sample * 10 + element] as number, 5);
    expect(to / from).toBeCloseTo(1.01, 4);
    expect(Math.abs(to - from)).toBeLessThan(allowed);
    // A gain of its own gives it away.
    expect(teethOf(caseOf(want, { tolerance: { ...loose, gain: 5e-3 } }))?.survivors).toEqual([]);
  });

  test('what passes as one of the few that may be beyond tolerance is told with their share', () => {
    const want = float32(
      Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 1 : 1.2)),
      [200, 2],
    );
    const few = { name: 'few', relative: 0.01, absolute: 0.01, outliers: { share: 0.5, factor: 20 } };
    const teeth = teethOf(caseOf(want, { tolerance: few }));
    const flipped = teeth?.survivors.find(({ mutant }) => mutant.startsWith('top-1'));
    expect(flipped?.reason).toMatch(/give or take 0\.4(4)?, as up to 50 % of the elements may be off$/);
    const scaled = teeth?.survivors.find(({ mutant }) => mutant.startsWith('scaled'));
    expect(scaled?.reason).toMatch(/give or take 0\.02\d*$/);
  });

  test('a tolerance that passes anything has none', () => {
    const want = logits(100, 10, seeded(5));
    const blind = { ...loose, relative: 1e9, absolute: 1e9 };
    // A NaN is beyond any tolerance.
    expect(survivorsOf(teethOf(caseOf(want, { tolerance: blind })))).toEqual(
      WITHOUT_WEIGHT.filter((name) => name !== 'one NaN'),
    );
  });

  test('labels kill what closeness lets through', () => {
    const want = logits(100, 10, seeded(5));
    const classes = top1(want, 100);
    const blind = { ...loose, relative: 1e9, absolute: 1e9 };
    const left = survivorsOf(teethOf(caseOf(want, { tolerance: blind, labels: Uint8Array.from(classes) })));
    for (const name of ['zeroed', 'shifted by one sample']) expect(left).not.toContain(name);
    expect(left).toContain('scaled by 1.01');
  });

  test.each<[string, TensorData, string[]]>([
    ['zeros', float32(new Float32Array(40), [4, 10]), WITHOUT_WEIGHT.filter((name) => name !== 'one NaN')],
    ['one sample', float32([1, 2, 7, 3]), []],
    ['one element', float32([3], [1, 1]), []],
    ['the same sample each time', float32([1, 2, 1, 2, 1, 2], [3, 2]), ['shifted by one sample']],
  ])('%s', (_, want, survivors) => {
    const teeth = teethOf(caseOf(want));
    expect(survivorsOf(teeth)).toEqual(survivors);
    for (const { reason } of teeth?.survivors ?? []) expect(reason).toMatch(/changes nothing/);
    expect(teeth?.killed).toBe((teeth?.total ?? 0) - survivors.length);
  });

  test('integers alone, or nothing at all, have nothing to mutate', () => {
    const ints: TensorData = { name: 'y', dtype: 'int32', shape: [2, 2], data: Int32Array.of(1, 2, 3, 4) };
    expect(teethOf(caseOf(ints, { classes: undefined }))).toBeUndefined();
    expect(teethOf(caseOf(float32([], [0, 10])))).toBeUndefined();
    expect(teethOf({ ...caseOf(ints), pairs: [] })).toBeUndefined();
  });

  test('NaN that the PC has too stays the same', () => {
    const want = mapped(logits(20, 10, seeded(1)), (value, i) => (i === 7 ? NaN : value));
    expect(teethOf(caseOf(want))?.total).toBe(7);
  });

  test('is the same each time, and another for another cell', () => {
    const want = logits(50, 10, seeded(2));
    const blind = { ...loose, relative: 1e9, absolute: 1e9 };
    const teeth = (id: string): Teeth | undefined => teethOf(caseOf(want, { id, tolerance: blind }));
    expect(teeth('a')).toEqual(teeth('a'));
    expect(teeth('a')).not.toEqual(teeth('b'));
    expect(seedOf('a')).not.toBe(seedOf('b'));
    expect(seedOf('')).toBe(0x811c9dc5);
  });

  test('a verdict holds them where it is a pass, and only there', () => {
    expect(judgeAccuracy(passingCase()).teeth).toMatchObject({ killed: 7, total: 7 });
    const failing = passingCase();
    const outputs = failing.outputs.map((tensor) => mapped(tensor, (value, i) => (i === 1 ? value + 1 : value)));
    expect(judgeAccuracy({ ...failing, outputs }).teeth).toBeUndefined();
    expect(judgeAccuracy({ ...failing, target: { runtime: 'ort', backend: 'webgpu' } }).teeth).toBeUndefined();
  });
});

test('the quick check and the comparison are of one mind', () => {
  const random = seeded(77);
  const tolerances: Tolerance[] = [
    strict,
    loose,
    { ...loose, outliers: { share: 0.02, factor: 4 } },
    { ...loose, outliers: { share: 0.3, factor: 30 }, gain: 1e-3 },
  ];
  let killed = 0;
  for (let round = 0; round < 400; round++) {
    const want = logits(1 + Math.floor(random() * 30), 7, random);
    const size = 10 ** (-6 + 6 * random());
    const share = random();
    const got = mapped(want, (value) =>
      random() > share ? value : random() < 0.002 ? NaN : value * (1 + size * (random() - 0.4)),
    );
    for (const tolerance of tolerances) {
      const quick = exceeds(
        got.data as Float32Array,
        want.data as Float32Array,
        limitsOf(want.data as Float32Array, tolerance),
      );
      expect(quick).toBe(!compareTensors(got, want, tolerance).matched);
      if (quick) killed++;
    }
  }
  // Neither all nor none: the comparison above is one of both answers.
  expect(killed).toBeGreaterThan(400);
  expect(killed).toBeLessThan(1_200);
});

describe('the teeth of a run', () => {
  const teeth = (killed: number, total: number): Teeth => ({ killed, total, tried: [], survivors: [] });

  test('adds up, and judges what is enough to be judged', () => {
    expect(summarizeTeeth([])).toEqual({ killed: 0, total: 0, share: 1, ok: true });
    expect(summarizeTeeth([teeth(7, 8), undefined])).toEqual({ killed: 7, total: 8, share: 0.875, ok: true });
    expect(summarizeTeeth([teeth(94, TEETH_MINIMUM)])).toMatchObject({ share: 0.94, ok: false });
    expect(summarizeTeeth([teeth(95, TEETH_MINIMUM)])).toMatchObject({ share: 0.95, ok: true });
  });
});
