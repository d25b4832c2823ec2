import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { publishedSchemas } from '../cli/commands/schema.js';
import { PlumblineError } from '../protocol/errors.js';
import {
  applyExpectation,
  expectationFor,
  matchesCell,
  parseExpectations,
  unmatchedExpectations,
  type Expectation,
} from './expectations.js';
import type { Verdict } from './judge.js';

const specs = (name: string): string => readFileSync(new URL(`../../specs/${name}`, import.meta.url), 'utf8');

const webgl: Expectation = {
  cells: 'lenet?/onnx-fp32/ort-webgl@*',
  status: 'error',
  code: 'E_RUN',
  messageIncludes: 'expected shape',
  reason: 'no symbolic batch',
  link: 'https://github.com/microsoft/onnxruntime/issues/13909',
};

describe('patterns', () => {
  test.each([
    ['lenet5/onnx-fp32/ort-webgl@firefox', 'lenet5/onnx-fp32/ort-webgl@firefox', true],
    ['lenet5/onnx-fp32/ort-webgl@firefox', 'lenet5/onnx-fp32/ort-webgl@webkit', false],
    [webgl.cells, 'lenet5/onnx-fp32/ort-webgl@firefox', true],
    [webgl.cells, 'lenet1/onnx-fp32/ort-webgl@webkit', true],
    [webgl.cells, 'lenet/onnx-fp32/ort-webgl@webkit', false],
    [webgl.cells, 'lenet15/onnx-fp32/ort-webgl@webkit', false],
    [webgl.cells, 'lenet5/onnx-fp32-b100/ort-webgl@firefox', false],
    [webgl.cells, 'lenet5/onnx-fp32/ort-webgpu@firefox', false],
    [webgl.cells, 'xlenet5/onnx-fp32/ort-webgl@firefox', false],
    ['*/*/*@*', 'lenet5/onnx-fp32/ort-wasm-t1@firefox', true],
    ['lenet5/*@firefox', 'lenet5/onnx-fp32/ort-wasm-t1@firefox', false],
    ['*/onnx-*/ort-webgpu*@*', 'lenet5/onnx-int8/ort-webgpu-jsep@chromium', true],
    ['lenet5/onnx-fp32*/ort-*@firefox', 'lenet5/onnx-fp32/ort-@firefox', true],
    ['lenet5/onnx-fp32/ort-webgl?firefox', 'lenet5/onnx-fp32/ort-webgl@firefox', false],
    ['lenet5?onnx-fp32/ort-webgl@*', 'lenet5/onnx-fp32/ort-webgl@firefox', false],
    // A dot is a dot.
    ['mobilenet.v2/onnx-fp32/ort-webgl@*', 'mobilenetxv2/onnx-fp32/ort-webgl@firefox', false],
    ['mobilenet.v2/onnx-fp32/ort-webgl@*', 'mobilenet.v2/onnx-fp32/ort-webgl@firefox', true],
  ])('%s and %s: %s', (cells, id, matches) => {
    expect(matchesCell(cells, id)).toBe(matches);
  });

  test('the first entry that matches counts', () => {
    const particular = { ...webgl, cells: 'lenet5/onnx-fp32/ort-webgl@firefox', code: 'E_MODEL_LOAD' } as const;
    expect(expectationFor([particular, webgl], particular.cells, undefined)).toBe(particular);
    expect(expectationFor([webgl, particular], particular.cells, undefined)).toBe(webgl);
    expect(expectationFor([particular, webgl], 'lenet5/onnx-fp32/ort-webgl@webkit', undefined)).toBe(webgl);
    expect(expectationFor([particular, webgl], 'lenet5/onnx-fp32/ort-wasm-t1@webkit', undefined)).toBeUndefined();
  });

  test('an entry with a GPU counts on such a one alone', () => {
    const soft = { ...webgl, gpu: 'SwiftShader' };
    const id = 'lenet5/onnx-fp32/ort-webgl@chromium';
    expect(expectationFor([soft], id, 'google swiftshader')).toBe(soft);
    expect(expectationFor([soft], id, 'nvidia ada')).toBeUndefined();
    expect(expectationFor([soft, webgl], id, 'nvidia ada')).toBe(webgl);
    expect(unmatchedExpectations([soft, webgl], [id])).toEqual([]);
    expect(unmatchedExpectations([webgl, soft], [id])).toEqual([soft]);
  });

  test('entries that count for no cell are found, those in the shadow of others too', () => {
    const ids = ['lenet1/onnx-fp32/ort-webgl@firefox', 'lenet5/onnx-fp32/ort-webgl@firefox'];
    const misspelt = { ...webgl, cells: 'lenet?/onnx-fp32/ort-webg1@*' };
    const shadowed = { ...webgl, cells: 'lenet5/onnx-fp32/ort-webgl@firefox' };
    expect(unmatchedExpectations([webgl], ids)).toEqual([]);
    expect(unmatchedExpectations([misspelt, webgl, shadowed], ids)).toEqual([misspelt, shadowed]);
    expect(unmatchedExpectations([shadowed, webgl], ids)).toEqual([]);
    expect(unmatchedExpectations([webgl], [])).toEqual([webgl]);
  });
});

describe('reading', () => {
  test('a good file', () => {
    expect(parseExpectations(JSON.stringify([webgl]))).toEqual([webgl]);
    expect(parseExpectations('[]')).toEqual([]);
  });

  const parseError = (entries: unknown): string => {
    try {
      parseExpectations(typeof entries === 'string' ? entries : JSON.stringify(entries), 'some.json');
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(PlumblineError);
      expect((thrown as PlumblineError).code).toBe('E_EXPECTATION');
      return (thrown as PlumblineError).detail;
    }
    return 'nothing was thrown';
  };

  test.each<[string, unknown, RegExp]>([
    ['no JSON', '[{', /^some\.json is not JSON: /],
    ['no list', { cells: 'x' }, /^some\.json: the file as a whole: .*array/],
    ['an unknown code', [webgl, { ...webgl, code: 'E_NOPE' }], /entry 2 \(lenet\?\/.*\), field "code": /],
    ['a missing reason', [{ ...webgl, reason: undefined }], /entry 1 \(.*\), field "reason": /],
    ['an empty reason', [{ ...webgl, reason: '' }], /field "reason"/],
    ['empty words', [{ ...webgl, messageIncludes: '' }], /field "messageIncludes"/],
    ['a link that is none', [{ ...webgl, link: '#13909' }], /field "link": an https address/],
    ['a link without https', [{ ...webgl, link: 'http://example.org' }], /field "link": an https address/],
    ['an unknown status', [{ ...webgl, status: 'unsupported' }], /field "status"/],
    ['an unknown field', [{ ...webgl, browser: 'firefox' }], /entry 1 \(.*\): .*browser/],
    ['cells that no id can match', [{ ...webgl, cells: 'lenet5/ort-webgl' }], /field "cells": a cell id/],
    ['no cells', [{ ...webgl, cells: undefined }], /entry 1, field "cells"/],
    ['no object', ['x'], /entry 1: /],
    ['a code that an error never has', [{ ...webgl, code: 'E_NUMERIC' }], /field "code": .*"error" never has/],
    ['a code that a fail never has', [{ ...webgl, status: 'fail' }], /field "code": .*"fail" never has/],
  ])('%s', (_, entries, words) => {
    expect(parseError(entries)).toMatch(words);
  });

  test('names all that is wrong at once', () => {
    const message = parseError([{ ...webgl, link: 'x', reason: '' }, webgl, { ...webgl, cells: '' }]);
    expect(message).toMatch(/entry 1 .*"reason".*entry 1 .*"link".*entry 3 .*"cells"/);
  });
});

describe('the project’s own', () => {
  test('specs/expectations.json is well-formed, and its webgl entry leaves the fixed batch alone', () => {
    const expectations = parseExpectations(specs('expectations.json'));
    expect(expectationFor(expectations, 'lenet5/onnx-fp32/ort-webgl@chromium', undefined)?.link).toMatch(/13909$/);
    expect(expectationFor(expectations, 'lenet5/onnx-fp32-b100/ort-webgl@chromium', undefined)).toBeUndefined();
  });

  test('the published schema is that of the code', () => {
    const published = publishedSchemas().find(({ file }) => file === 'specs/expectations.schema.json');
    expect(specs('expectations.schema.json'), 'run `npm run schema`').toBe(published?.text);
  });
});

describe('holding a verdict against it', () => {
  const pass: Verdict = {
    status: 'pass',
    accuracy: { n: 1, top1: 1, baselineTop1: 1, fp32Top1: 1, agreement: 1, pValue: 1 },
  };
  const error: Verdict = {
    status: 'error',
    reason: { code: 'E_RUN', message: "expected shape '[,1,28,28]'", hint: 'Look.' },
  };
  const unsupported: Verdict = {
    status: 'unsupported',
    reason: { code: 'E_BACKEND_UNAVAILABLE', message: 'no WebGL', hint: '' },
  };
  const fail: Verdict = { status: 'fail', reason: { code: 'E_NUMERIC', message: 'off', hint: 'Look.' } };

  test.each<[string, Verdict, boolean]>([
    ['pass', pass, true],
    ['fail', fail, false],
    ['error', error, false],
    ['unsupported', unsupported, true],
    ['skipped', { status: 'skipped' }, true],
  ])('nothing declared: %s', (_, verdict, ok) => {
    expect(applyExpectation(verdict, undefined)).toEqual({ ok, verdict, met: false });
  });

  test('what was declared happened', () => {
    expect(applyExpectation(error, webgl)).toEqual({ ok: true, verdict: error, met: true });
    const anyWords: Expectation = { ...webgl, messageIncludes: undefined };
    expect(applyExpectation(error, anyWords)).toEqual({ ok: true, verdict: error, met: true });
    const numeric: Expectation = { ...anyWords, status: 'fail', code: 'E_NUMERIC' };
    expect(applyExpectation(fail, numeric)).toEqual({ ok: true, verdict: fail, met: true });
  });

  test('an unexpected pass fails and keeps its numbers', () => {
    const outcome = applyExpectation(pass, webgl);
    expect(outcome).toMatchObject({
      ok: false,
      met: false,
      verdict: { status: 'fail', accuracy: pass.accuracy, reason: { code: 'E_UNEXPECTED_PASS' } },
    });
    expect(outcome.verdict.reason?.message).toContain(webgl.link);
  });

  test('where the backend is missing, nothing is met and nothing fails', () => {
    expect(applyExpectation(unsupported, webgl)).toEqual({ ok: true, verdict: unsupported, met: false });
  });

  test.each<[string, Verdict]>([
    ['another code', { ...error, reason: { code: 'E_MODEL_LOAD', message: 'expected shape', hint: 'Look.' } }],
    ['other words', { ...error, reason: { code: 'E_RUN', message: 'out of memory', hint: 'Look.' } }],
    ['another status', fail],
    ['the declared code with another status', { ...error, status: 'fail' }],
  ])('a non-pass of another kind stays what it is: %s', (_, verdict) => {
    const outcome = applyExpectation(verdict, webgl);
    expect(outcome).toMatchObject({ ok: false, met: false, verdict: { status: verdict.status } });
    expect(outcome.verdict.reason).toMatchObject({ code: verdict.reason?.code, message: verdict.reason?.message });
    expect(outcome.verdict.reason?.hint).toMatch(/^Look\. The known failure declared for this cell is another: E_RUN/);
  });
});
