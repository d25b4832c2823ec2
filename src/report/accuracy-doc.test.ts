import { check, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import type { ResultRecord } from '../protocol/record.js';
import { resultRecordSchema } from '../protocol/record.js';
import { accuracyDoc } from './accuracy-doc.js';
import { madeUpFault, madeUpMatrix, madeUpRecord, madeUpZoo, reasonOf } from './made-up.js';

const zoo = madeUpZoo();
const doc = accuracyDoc(zoo);
const lineOf = (text: string, ...words: string[]): string =>
  text.split('\n').find((line) => words.every((word) => line.includes(word))) ?? '';
/** The table below a heading, as cells. */
function tableBelow(text: string, heading: string): string[][] {
  const lines = text.slice(text.indexOf(`${heading}\n`)).split('\n');
  const start = lines.findIndex((line) => line.startsWith('|'));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('the document', () => {
  it('is made of valid records, and in part looks as it did', () => {
    for (const record of zoo) resultRecordSchema.parse(record);
    const some = zoo.filter(({ cell }) => cell.model === 'lenet5' || cell.model === 'textrnn-gru');
    expect(`\n${accuracyDoc(some)}`).toMatchSnapshot();
  });

  it('is the same whatever the order of the records', () => {
    expect(accuracyDoc([...zoo].reverse())).toBe(doc);
    const shuffled = [...zoo].sort((a, b) =>
      a.id.length === b.id.length ? (a.id < b.id ? 1 : -1) : a.id.length - b.id.length,
    );
    expect(accuracyDoc(shuffled)).toBe(doc);
  });

  it('is formatted as everything else', async () => {
    const options = await resolveConfig(import.meta.filename);
    expect(await check(doc, { ...options, parser: 'markdown' })).toBe(true);
  });

  it('has a row for each artifact of a runtime and engine, a column for each backend that is there', () => {
    const table = tableBelow(doc, '### onnxruntime-web in WebKit 2.50.1');
    expect(table[0]).toEqual(['model', 'artifact', 'PC', 'wasm-t1', 'webgl']);
    expect(table).toHaveLength(2 + 6 * 5);
    expect(doc).toContain('Not there, as the probe in that browser says: wasm-t2 (SharedArrayBuffer is undefined);');
  });

  it('says nothing of nothing', () => {
    expect(accuracyDoc([])).not.toContain('##');
  });
});

describe('a cell', () => {
  const id = 'lenet5/onnx-fp32/ort-wasm-t1@firefox';
  const shown = (changes: Partial<ResultRecord>): string =>
    // Beside one that ran all samples.
    tableBelow(
      accuracyDoc([{ ...madeUpRecord(id), ...changes }, madeUpRecord('lenet5/onnx-fp32/ort-wasm-t1@webkit')]),
      '### onnxruntime-web in Firefox 153.0',
    )[2]?.[3] ?? '';
  const accuracy = { n: 10_000, top1: 0.9897, baselineTop1: 0.9897, fp32Top1: 0.9897, agreement: 1, pValue: 1 };

  it.each<[string, Partial<ResultRecord>, string]>([
    ['a pass', {}, '98.97'],
    ['a drift', { accuracy: { ...accuracy, top1: 0.9885 } }, '98.85 (-0.12)'],
    ['a part', { accuracy: { ...accuracy, n: 3_200 } }, '98.97 <sub>3,200</sub>'],
    ['a failure', { status: 'fail', reason: reasonOf('E_NUMERIC', 'far') }, '**98.97 E_NUMERIC**'],
    ['a skip', { status: 'skipped' }, 'skipped'],
  ])('%s', (_, changes, text) => {
    expect(shown(changes)).toBe(text);
  });

  it('known failures are numbered, explained and linked', () => {
    const expectation = {
      status: 'error',
      code: 'E_RUN',
      reason: 'a_known | defect',
      link: 'https://example.org/1',
      met: true,
    } as const;
    const text = accuracyDoc([
      madeUpFault(id, reasonOf('E_RUN', 'no'), { expectation }),
      madeUpFault('lenet5/onnx-fp16/ort-wasm-t1@firefox', reasonOf('E_RUN', 'no'), { expectation }),
    ]);
    expect(text.match(/`E_RUN` \[\(1\)\]\(#known-failures\)/g)).toHaveLength(2);
    expect(lineOf(text, '1. `E_RUN`')).toBe('1. `E_RUN`: a\\_known | defect ([report](https://example.org/1))');
    expect(text).not.toContain('2. ');
  });
});

describe('loss and drift', () => {
  it('loss is the PC’s own, drift that of the furthest cell within tolerance', () => {
    const row = tableBelow(doc, '## Quantization loss and platform drift').find(
      (cells) => cells[0] === 'lenet5' || cells[1] === 'onnx-int8-dynamic',
    );
    expect(row).toEqual([
      '',
      'onnx-int8-dynamic',
      '10,000',
      '98.97',
      '98.47',
      '-0.50',
      '0.002',
      '99.00',
      '0.024',
      '9 of 9',
      '+0.00',
      '100.00',
      '2.1e-5',
    ]);
  });

  it('the furthest is the furthest, and what is beyond its tolerance does not count', () => {
    const far = zoo.map((record): ResultRecord => {
      const { quantization } = record;
      if (quantization === undefined || !record.id.startsWith('lenet5/onnx-int8-dynamic/ort-wasm-')) return record;
      const distance = record.id.endsWith('t1@firefox') ? 0.012 : 0.001;
      const failed = record.id.endsWith('t2@firefox')
        ? ({ status: 'fail', reason: reasonOf('E_NUMERIC', 'far') } as const)
        : {};
      const drift = { ...quantization.drift, distance: 'status' in failed ? 7 : distance, agreement: 1 - distance };
      return { ...record, ...failed, quantization: { ...quantization, drift } };
    });
    const table = tableBelow(accuracyDoc(far), '## Quantization loss and platform drift');
    const start = table.findIndex((cells) => cells[0] === 'lenet5');
    expect(table[start + 1]?.slice(9)).toEqual(['8 of 9', '+0.00', '98.80', '0.012']);
  });

  it('without labels there are agreement and distance', () => {
    const table = tableBelow(doc, '## Quantization loss and platform drift');
    const start = table.findIndex((cells) => cells[0] === 'textrnn-gru');
    expect(table[start]?.slice(3, 7)).toEqual(['', '', '', '']);
    expect(table[start]?.slice(7, 9)).toEqual(['99.00', '0.024']);
  });

  it('what moved is said of each cell beyond its tolerance', () => {
    expect(lineOf(doc, '- `lenet5/onnx-int8-qdq/ort-webgpu-jsep@chromium`')).toContain('It is the browser that moved.');
    expect(accuracyDoc(madeUpMatrix())).not.toContain('Which side moved');
  });
});

describe('training', () => {
  const run = (framework: string, top1: number, test: number[]): Parameters<typeof accuracyDoc>[1] => [
    {
      model: 'resnet20',
      framework,
      versions: framework === 'torch' ? { torch: '2.15.0+cu132' } : { tensorflow: '2.19.0' },
      recipe: { dataset: 'cifar10', epochs: 2 },
      data: { test: { n: 10_000 } },
      top1,
      curve: test.map((value, index) => ({ epoch: index + 1, test: value })),
    },
  ];

  it('stands side by side, with where the curves part most', () => {
    const text = accuracyDoc(zoo, [
      ...(run('torch', 0.8502, [0.4, 0.6, 0.85]) ?? []),
      ...(run('keras', 0.8437, [0.35, 0.5, 0.8437]) ?? []),
    ]);
    expect(tableBelow(text, '## The same training on the PC’s frameworks')).toEqual([
      ['model', 'dataset', 'epochs', 'n', 'PyTorch', 'Keras', 'apart', 'widest apart'],
      ['--------', '-------', '-----:', '-----:', '------:', '----:', '----:', '-------------:'].map(
        () => expect.stringMatching(/^-+:?$/) as unknown as string,
      ),
      ['resnet20', 'cifar10', '2', '10,000', '85.02', '84.37', '0.65', '10.00 (epoch 2)'],
    ]);
    expect(text).toContain('Keras 2.19.0 and PyTorch 2.15.0');
  });

  it('one framework alone has nothing to be apart from', () => {
    const text = accuracyDoc(zoo, run('torch', 0.8502, [0.4, 0.85]));
    expect(tableBelow(text, '## The same training on the PC’s frameworks')[2]).toEqual([
      'resnet20',
      'cifar10',
      '2',
      '10,000',
      '85.02',
      '',
      '',
    ]);
    expect(doc).not.toContain('The same training');
  });
});
