import { describe, expect, test } from 'vitest';
import { sampleLimit } from './limits.js';

describe('sample limits', () => {
  test('are by dataset', () => {
    expect(sampleLimit('mnist', undefined)).toBe(Infinity);
    expect(sampleLimit('cifar10', undefined)).toBe(1000);
    expect(sampleLimit('imdb', undefined)).toBe(1000);
  });

  test('can be set for all', () => {
    expect(sampleLimit('mnist', '50')).toBe(50);
    expect(sampleLimit('cifar10', 'all')).toBe(Infinity);
    for (const setting of ['0', '1.5', 'many', '']) expect(() => sampleLimit('mnist', setting)).toThrow(/E_USAGE/);
  });
});
