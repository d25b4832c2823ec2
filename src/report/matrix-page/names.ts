/** What things are called on the page. */
import type { Platform, RuntimeName } from '../../protocol/cell.js';
import { millis } from '../format.js';
import type { Outcome } from '../outcome.js';

export const RUNTIME_TITLES: Readonly<Record<RuntimeName, string>> = {
  ort: 'onnxruntime',
  tfjs: 'TensorFlow.js',
  litert: 'LiteRT',
};

export const BROWSER_TITLES: Readonly<Record<Platform, string>> = {
  pc: 'PC',
  chromium: 'Chromium',
  firefox: 'Firefox',
  webkit: 'WebKit',
};

export const OUTCOME_TITLES: Readonly<Record<Outcome, string>> = {
  pass: 'Pass',
  known: 'Known failure',
  unsupported: 'Unsupported',
  skipped: 'Skipped',
  fail: 'Fail',
  error: 'Error',
};

/** What each outcome means, in a sentence. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  pass: 'answers as the PC does',
  known: 'fails as was declared',
  unsupported: 'the browser lacks the backend, its probe says',
  skipped: 'did not run',
  fail: 'answers otherwise than the PC, or passes although declared as failing',
  error: 'gave no answer to judge',
};

/** `1 cell`, `842 cells`. */
export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${String(n).replace(/\B(?=(\d{3})+$)/g, ',')} ${n === 1 ? one : many}`;

/** `18.2 ms`: three significant digits, so that the ends of an interval are told apart. */
export const inMs = (ms: number): string => `${millis(ms)} ms`;
