import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestResult } from '@playwright/test/reporter';
import { afterAll, describe, expect, it } from 'vitest';
import { ATTACHMENT } from '../protocol/record.js';
import { isPrivate, readAttachments } from './attachments.js';
import { madeUpRecord } from './made-up.js';
import { madeUpMeasurement, madeUpSoaking } from './made-up-performance.js';

type Attachment = TestResult['attachments'][number];

const folder = mkdtempSync(path.join(os.tmpdir(), 'plumbline-attachments-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const resultWith = (...attachments: Attachment[]): TestResult => ({ attachments }) as TestResult;
const json = (contentType: string, value: unknown, name = 'plumbline:x'): Attachment => ({
  name,
  contentType,
  body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});
const record = madeUpRecord('lenet5/onnx-fp32/ort-wasm-t1@firefox');

describe('readAttachments', () => {
  it('reads a record from a body and from a file', () => {
    const file = path.join(folder, 'record.json');
    writeFileSync(file, JSON.stringify(record));
    const fromFile = { name: 'plumbline:record', contentType: ATTACHMENT.record, path: file };
    expect(readAttachments(resultWith(json(ATTACHMENT.record, record), fromFile)).records).toEqual([record, record]);
  });

  it('reads what was measured and soaked, each by its type', () => {
    const measured = madeUpMeasurement(record.id);
    const soaked = madeUpSoaking(record.id);
    const read = readAttachments(resultWith(json(ATTACHMENT.performance, measured), json(ATTACHMENT.soak, soaked)));
    expect([read.performances, read.soaks, read.problems]).toEqual([[measured], [soaked], []]);
    const mixed = readAttachments(resultWith(json(ATTACHMENT.performance, soaked)));
    expect([mixed.performances.length, mixed.problems.length]).toEqual([0, 1]);
  });

  it.each<[string, Attachment]>([
    ['no JSON', json(ATTACHMENT.record, '{')],
    ['a field too many', json(ATTACHMENT.record, { ...record, surprise: 1 })],
    ['a status that there is not', json(ATTACHMENT.record, { ...record, status: 'splendid' })],
    ['an id that leads out of the reports', json(ATTACHMENT.record, { ...record, id: '../../etc/passwd' })],
    ['neither body nor path', { name: 'plumbline:record', contentType: ATTACHMENT.record }],
    ['a file that is gone', { name: 'x', contentType: ATTACHMENT.record, path: path.join(folder, 'gone') }],
    ['a file name that leads out', json(ATTACHMENT.outputs, 'abc', 'plumbline:outputs/../../x')],
    [
      'a picture that leads out',
      json(ATTACHMENT.finding, { schema: 1, id: record.id, markdown: '', json: {}, pictures: { '../x.png': '' } }),
    ],
    ['an observation of nothing', json(ATTACHMENT.observation, {})],
  ])('makes an error record of %s', (_, attachment) => {
    const read = readAttachments(resultWith(attachment, json(ATTACHMENT.record, record)));
    expect(read.problems).toHaveLength(1);
    expect(read.problems[0]?.error).toMatchObject({ code: 'E_INTERNAL' });
    expect(read.problems[0]?.error.message).toContain(attachment.name);
    // What is well formed is read all the same.
    expect(read.records).toEqual([record]);
  });

  it('reads the bytes of outputs when they are asked for', () => {
    const file = path.join(folder, 'output-0.bin');
    writeFileSync(file, Buffer.of(1, 2, 3));
    const attachment = { name: 'plumbline:outputs/output-0.bin', contentType: ATTACHMENT.outputs, path: file };
    const [output] = readAttachments(resultWith(attachment)).outputs;
    expect(output?.file).toBe('output-0.bin');
    expect([...(output?.bytes ?? [])]).toEqual([1, 2, 3]);
  });
});

it('tells private attachments from those for people', () => {
  for (const contentType of Object.values(ATTACHMENT)) expect(isPrivate({ name: 'x', contentType })).toBe(true);
  expect(isPrivate({ name: 'report.md', contentType: 'text/markdown' })).toBe(false);
  expect(isPrivate({ name: 'sample-1.png', contentType: 'image/png' })).toBe(false);
});
