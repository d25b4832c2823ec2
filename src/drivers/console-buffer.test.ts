import { expect, test } from 'vitest';
import { ConsoleBuffer } from './console-buffer.js';

test('lines are taken once', () => {
  const buffer = new ConsoleBuffer();
  buffer.add('log', 'a');
  buffer.add('error', 'b');
  expect(buffer.take()).toEqual([
    { level: 'log', text: 'a' },
    { level: 'error', text: 'b' },
  ]);
  expect(buffer.take()).toEqual([]);
});

test('a flood is cut: the first lines stay, the rest is counted', () => {
  const buffer = new ConsoleBuffer();
  for (let line = 0; line < 1234; line++) buffer.add('log', `line ${String(line)}`);
  const taken = buffer.take();
  expect(taken).toHaveLength(1001);
  expect(taken[0]?.text).toBe('line 0');
  expect(taken.at(-1)).toEqual({ level: 'warning', text: '… 234 more lines' });
  buffer.add('log', 'again');
  expect(buffer.take()).toEqual([{ level: 'log', text: 'again' }]);
});

test('an endless line is cut', () => {
  const buffer = new ConsoleBuffer();
  buffer.add('log', 'x'.repeat(1_000_000));
  expect(buffer.take()[0]?.text).toHaveLength(10_001);
});
