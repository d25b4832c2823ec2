import { expect, test } from 'vitest';
import type { ModelCard } from '../protocol/card.js';
import { assertSound } from './sound.js';

const claim = (n: number, top1: number): NonNullable<ModelCard['accuracy']> => ({
  dataset: 'cifar10',
  split: 'test',
  n,
  top1,
});
const card = {
  name: 'toy',
  accuracy: claim(10_000, 0.9),
  artifacts: [
    { precision: 'int8', accuracy: claim(1_000, 0.5) },
    { precision: 'fp32', accuracy: claim(1_000, 0.88) },
  ],
} as unknown as ModelCard;

test.each([
  [0.9, 10_000],
  [0.9005, 10_000],
  [0.88, 1_000],
  [0.878, 1_000],
])('%d over %d samples is what the card says, to a sample or two', (top1, n) => {
  assertSound(card, top1, n);
});

test.each([
  [0.9006, 10_000],
  [0.5, 1_000],
  [0.877, 1_000],
])('%d over %d samples is not', (top1, n) => {
  expect(() => {
    assertSound(card, top1, n);
  }).toThrow(/E_BASELINE.*toy reaches/);
});

test('over another number of samples the card says nothing', () => {
  assertSound(card, 0.1, 37);
});
