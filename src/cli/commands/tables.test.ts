import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { madeUpMatrix, madeUpRecord } from '../../report/made-up.js';
import { madeUpPerformance } from '../../report/made-up-performance.js';
import { tables, type Tables } from './tables.js';

let root = '';
const file = (name: string): string => path.join(root, name);
const write = (name: string, text: string): void => {
  mkdirSync(path.dirname(file(name)), { recursive: true });
  writeFileSync(file(name), text);
};
const run = (check: boolean, what: Tables = 'accuracy'): number =>
  tables({ what, check, root, results: file('results.jsonl') });
const lines = (records: readonly unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'tables-'));
  mkdirSync(file('docs'));
  write('results.jsonl', lines(madeUpMatrix()));
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
  vi.restoreAllMocks();
});

test('writes the document; then a check finds nothing, until the results are others', () => {
  expect(run(true)).toBe(1);
  expect(() => readFileSync(file('docs/accuracy.md'))).toThrow();
  expect(run(false)).toBe(0);
  expect(readFileSync(file('docs/accuracy.md'), 'utf8')).toContain('### TensorFlow.js in Firefox 153.0');
  expect(run(true)).toBe(0);
  write('results.jsonl', lines([madeUpRecord('lenet5/onnx-fp32/ort-wasm-t1@firefox')]));
  expect(run(true)).toBe(1);
  expect(console.error).toHaveBeenLastCalledWith(expect.stringContaining('docs/accuracy.md is not what'));
});

test('the README’s matrix stands between its marks, and nothing else is touched', () => {
  const mark = '<!-- matrix: written by `npm run docs:accuracy` -->';
  write('README.md', `# A\n\n${mark}\nold\n<!-- matrix ends -->\n\nrest\n`);
  expect(run(true)).toBe(1);
  expect(run(false)).toBe(0);
  const text = readFileSync(file('README.md'), 'utf8');
  expect(text.startsWith(`# A\n\n${mark}\n\n\`\`\`text\n──`)).toBe(true);
  expect(text.endsWith('\n```\n\n<!-- matrix ends -->\n\nrest\n')).toBe(true);
  expect(text).not.toContain('old');
  expect(text).not.toContain('Not as expected');
  expect(run(true)).toBe(0);
  write('README.md', 'no marks\n');
  expect(run(false)).toBe(0);
  expect(readFileSync(file('README.md'), 'utf8')).toBe('no marks\n');
});

test('each document is made of its own kinds of record alone', () => {
  const id = 'lenet5/onnx-fp32/ort-wasm-t1@firefox';
  expect(() => run(false, 'performance')).toThrow(/^E_USAGE: there are no results of kind performance or soak/);
  const measured = madeUpPerformance(id);
  write('results.jsonl', lines([...madeUpMatrix(), measured]));
  expect(run(false, 'performance')).toBe(0);
  const text = readFileSync(file('docs/performance.md'), 'utf8');
  expect(text).toContain('### Firefox 153.0');
  expect(text).not.toContain('### Chromium');
  expect(run(true, 'performance')).toBe(0);
  run(false);
  const accuracy = readFileSync(file('docs/accuracy.md'), 'utf8');
  write('results.jsonl', lines(madeUpMatrix()));
  run(false);
  expect(readFileSync(file('docs/accuracy.md'), 'utf8')).toBe(accuracy);
  write('results.jsonl', lines([{ ...measured, status: 'error' }]));
  expect(run(true, 'performance')).toBe(1);
  expect(console.error).toHaveBeenLastCalledWith(expect.stringContaining('run `npm run docs:performance`'));
});

test('takes the zoo’s trainings where there are any', () => {
  write('zoo/logs/parity.json', JSON.stringify([{ model: 'lenet1', framework: 'torch', top1: 0.9898, more: 1 }]));
  run(false);
  expect(readFileSync(file('docs/accuracy.md'), 'utf8')).toContain('## The same training on the PC’s frameworks');
});

test.each<[string, string | undefined, RegExp]>([
  ['no results', undefined, /^E_USAGE: there are no results in /],
  ['a line cut off', '{"schema":1,"kin', /^E_USAGE: .*results\.jsonl, line 1 is no record/],
  ['another kind of line', '\n{"schema":2}', /^E_USAGE: .*line 2 is no record/],
])('%s', (_, text, message) => {
  if (text === undefined) rmSync(file('results.jsonl'));
  else write('results.jsonl', text);
  expect(() => run(false)).toThrow(message);
});
