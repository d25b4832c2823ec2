import { describe, expect, test } from 'vitest';
import { PADDING, tokenize, UNKNOWN, Vocabulary } from './text.js';

describe('tokenize', () => {
  test.each([
    ['', []],
    ['...!?', []],
    ['The cat SAT.', ['the', 'cat', 'sat']],
    ['one<br /><br />two<br>three<BR/>four', ['one', 'two', 'three', 'four']],
    ["don't o'neil's 'quoted' rock'n'roll", ["don't", "o'neil's", 'quoted', "rock'n'roll"]],
    ['well-made 10/10 3.5', ['well', 'made', '10', '10', '3', '5']],
    ['Amélie, naïve; ÉTÉ', ['amélie', 'naïve', 'été']],
    ['snake_case a&b', ['snake', 'case', 'a', 'b']],
  ])('%j', (text, words) => {
    expect(tokenize(text)).toEqual(words);
  });
});

describe('Vocabulary', () => {
  const texts = [
    ['b', 'a', 'b', 'Z'],
    ['b', 'c', 'a', 'é'],
  ];

  test('ranks by frequency, and equals by their code units; the first two ids are special', () => {
    const { words } = Vocabulary.of(texts);
    expect(words).toEqual(['<padding>', '<unknown>', 'b', 'a', 'Z', 'c', 'é']);
    expect(Vocabulary.of([...texts].reverse()).words).toEqual(words);
  });

  test('has as many words as asked for, the special ones among them', () => {
    expect(Vocabulary.of(texts, 4).words).toEqual(['<padding>', '<unknown>', 'b', 'a']);
  });

  test('encodes the end of a text, padded in front', () => {
    const vocabulary = Vocabulary.of(texts, 4);
    expect([...vocabulary.encode(['b', 'c', 'a'], 5)]).toEqual([PADDING, PADDING, 2, UNKNOWN, 3]);
    expect([...vocabulary.encode(['b', 'b', 'c', 'a'], 2)]).toEqual([UNKNOWN, 3]);
    expect([...vocabulary.encode([], 2)]).toEqual([PADDING, PADDING]);
    expect(vocabulary.encode(['a'])).toHaveLength(200);
  });

  test('a text cannot hold the special words', () => {
    const vocabulary = Vocabulary.of([tokenize('<padding> <unknown>')]);
    expect([...vocabulary.encode(tokenize('<padding>'), 1)]).toEqual([2]);
  });

  test('as a text, the number of a line is its id', () => {
    const lines = Vocabulary.of(texts).toText().split('\n');
    expect(lines.indexOf('b')).toBe(2);
    expect(lines.at(-1)).toBe('');
  });
});
