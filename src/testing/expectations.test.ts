import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownExpectations } from './expectations.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const own = async (cells: string): Promise<string[]> => {
  const entry = { cells, status: 'fail', code: 'E_NUMERIC', reason: 'why', link: 'https://example.org/' };
  await writeFile(path.join(folder, 'expectations.json'), JSON.stringify([entry]));
  return ownExpectations({ card: { name: 'mine' } as never, folder }).map((expectation) => expectation.cells);
};

test('a model may declare failures of its own cells beside its card, and of no others', async () => {
  expect(ownExpectations({ card: { name: 'mine' } as never, folder })).toEqual([]);
  expect(await own('mine/onnx-fp32/*@*')).toEqual(['mine/onnx-fp32/*@*']);
  await expect(own('*/onnx-fp32/*@*')).rejects.toThrow(
    /E_EXPECTATION: .*"\*\/onnx-fp32\/\*@\*" does not begin with "mine\/"/,
  );
});
