import { expect, it } from 'vitest';
import { bytes, count, duration, float, headline, percent, points } from './format.js';

it.each([
  [points(0), '+0.00'],
  [points(-0.000_01), '+0.00'],
  [points(-0.8753), '-87.53'],
  [points(0.012), '+1.20'],
  [percent(0.9897), '98.97%'],
  [percent(1), '100.00%'],
  [duration(0.44), '0.4 ms'],
  [duration(999), '999 ms'],
  [duration(1_184), '1.2 s'],
  [duration(245_400), '4 min 05 s'],
  [bytes(999), '999 B'],
  [bytes(33_554_432), '33.6 MB'],
  [bytes(412_000_000), '412 MB'],
  [count(0), '0'],
  [count(999), '999'],
  [count(10_000), '10,000'],
  [count(1_234_567), '1,234,567'],
  [float(0), '0'],
  [float(-0), '-0'],
  [float(NaN), 'NaN'],
  [float('-Infinity'), '-Infinity'],
  [float(1 / 3), '0.333333'],
  [float(11.204_506, 9), '11.204506'],
  [float(3.8e-6), '3.8e-6'],
  [float(-1.234_56e9), '-1.235e+9'],
  [headline('first\nsecond'), 'first'],
  [headline('abcdef', 4), 'abc…'],
])('%s', (text, expected) => {
  expect(text).toBe(expected);
});
