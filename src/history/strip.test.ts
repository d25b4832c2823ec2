import { expect, test } from 'vitest';
import { strips } from './strip.js';

const visit = (...samplesMs: readonly number[]): { samplesMs: number[]; calibrationMs: number } => ({
  samplesMs: [...samplesMs],
  calibrationMs: 1,
});

test('both samples stand on one axis, each where its timings are', () => {
  const [old = '', oldVisits = '', now = '', nowVisits = '', , ends = ''] = strips(
    [visit(1, 1, 1), visit(1, 1, 1)],
    [visit(2, 2, 2)],
  );
  // Seven signs of a margin, then sixty columns.
  expect(old.slice(0, 67)).toBe(`  old  █${' '.repeat(59)}`);
  expect(oldVisits.slice(0, 67)).toBe(`       2${' '.repeat(59)}`);
  expect(now.slice(0, 67)).toBe(`  new  ${' '.repeat(59)}█`);
  expect(nowVisits.slice(0, 67)).toBe(`       ${' '.repeat(59)}╵`);
  expect([old, oldVisits, now, nowVisits].map((line) => line.slice(69))).toEqual([
    '6 timings',
    '2 visits, 1 ms',
    '3 timings',
    '1 visit, 2 ms',
  ]);
  expect(ends).toBe(`       1 ms${'2 ms'.padStart(56)}`);
});

test('timings far out are counted, and do not press the others together', () => {
  const most = Array.from({ length: 99 }, (_, index) => 1 + index / 1000);
  const [old = '', , now = ''] = strips([visit(...most, 500)], [visit(...most)]);
  expect(old).toMatch(/ {2}100 timings, \d+ beyond$/);
  expect(old.slice(7, 67)).toBe(now.slice(7, 67));
  expect(old.slice(7, 67)).not.toContain(' ');
});

test('timings that are all the same have an axis, too', () => {
  expect(strips([visit(1)], [visit(1)])[0]).toMatch(/^ {2}old {30,34}█ /);
});
