import { expect, it } from 'vitest';
import { markdownTable } from './markdown-table.js';

it('pads its columns, escapes what would end a cell, and fills short rows up', () => {
  expect(markdownTable(['a', 'number'], [['≡ x|y', '1'], ['two\nlines']], ['left', 'right'])).toBe(
    ['| a         | number |', '| --------- | -----: |', '| ≡ x\\|y    |      1 |', '| two lines |        |'].join(
      '\n',
    ),
  );
});

it('has three signs at least below each head', () => {
  expect(markdownTable(['n'], [])).toBe('| n   |\n| --- |');
});
