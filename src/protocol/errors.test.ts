import { describe, expect, test } from 'vitest';
import { ERRORS, PlumblineError, fromErrorRecord, toErrorRecord } from './errors.js';

describe('errors', () => {
  test('every code has an owner and a sentence that says what to do', () => {
    for (const [code, { hint }] of Object.entries(ERRORS)) expect(hint, code).toMatch(/^[A-Z].*[.]$/);
  });

  test('the code leads the message, so that reports can bucket by it', () => {
    expect(new PlumblineError('E_CHECKSUM', 'file differs').message).toBe('E_CHECKSUM: file differs');
  });

  test('survive the way to plain data and back', () => {
    const error = new PlumblineError('E_RUN', 'boom', { phase: 'run', hint: 'Do this.' });
    const record = toErrorRecord(error, 'E_INTERNAL', 'launch');
    expect(record).toMatchObject({ code: 'E_RUN', message: 'boom', hint: 'Do this.', phase: 'run' });
    const back = fromErrorRecord(JSON.parse(JSON.stringify(record)) as typeof record);
    expect(back).toMatchObject({ code: 'E_RUN', detail: 'boom', hint: 'Do this.', phase: 'run', stack: error.stack });
  });

  test.each([
    [new TypeError('x is not a function'), 'x is not a function'],
    ['a string', 'a string'],
    [undefined, 'undefined'],
    [{ a: 1 }, '[object Object]'],
  ])('anything thrown gets the fallback code: %s', (thrown, message) => {
    expect(toErrorRecord(thrown, 'E_MODEL_LOAD', 'model-load')).toMatchObject({
      code: 'E_MODEL_LOAD',
      message,
      phase: 'model-load',
      hint: ERRORS.E_MODEL_LOAD.hint,
    });
  });
});
