import { describe, expect, test } from 'vitest';
import { DEFAULT_DEADLINES, budgetMs, deadlinesFrom } from './settings.js';

describe('deadlines', () => {
  test('are the defaults, changed by name', () => {
    expect(deadlinesFrom(undefined)).toEqual(DEFAULT_DEADLINES);
    expect(deadlinesFrom('upload=5, runGrace=1000')).toEqual({ ...DEFAULT_DEADLINES, upload: 5, runGrace: 1000 });
  });

  test.each(['uplaod=5', 'upload', 'upload=-1', 'upload=soon', 'toString=1'])(
    'refuse %j with the names there are',
    (setting) => {
      expect(() => deadlinesFrom(setting)).toThrow(
        expect.objectContaining({ code: 'E_USAGE', hint: expect.stringContaining('runGrace') as string }),
      );
    },
  );
});

describe('budgets', () => {
  const wasm = { runtime: 'ort', backend: 'wasm', threads: 1 } as const;
  test('are longer where all samples are to be run', () => {
    expect(budgetMs(wasm, undefined)).toBeGreaterThan(budgetMs({ runtime: 'ort', backend: 'webgpu' }, undefined));
  });

  test('can be set for all', () => {
    expect(budgetMs(wasm, '250')).toBe(250);
    expect(() => budgetMs(wasm, 'much')).toThrow(/E_USAGE/);
  });
});
