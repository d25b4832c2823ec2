/** What the plan rests on: every model card can be read, every declared failure is a failure of a cell that exists. */
import { expect, readPlan, test, unmatched } from '../../src/testing/index.js';

const plan = readPlan();

test('every model card is valid', () => {
  expect(plan.badCards.map(({ error }) => error.message)).toEqual([]);
});

test('there are cells', () => {
  expect(plan.cells.length).toBeGreaterThan(0);
});

test('every expectation names a cell of the plan', () => {
  expect(unmatched([...plan.baselines, ...plan.cells].map((cell) => cell.id))).toEqual([]);
});
