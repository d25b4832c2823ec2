/** Reasons of verdicts, and how numbers stand in them. */
import { ERRORS, type ErrorCode, type ErrorRecord } from '../protocol/errors.js';

/** A reason that the judge found, with the code's own hint unless another is given. */
export const because = (
  code: ErrorCode,
  message: string,
  options: Partial<Pick<ErrorRecord, 'hint' | 'phase'>> = {},
): ErrorRecord => ({ code, message, hint: ERRORS[code].hint, phase: 'judge', ...options });

/** Seven significant digits: what a float32 holds. */
export const show = (value: number): string => String(Number(value.toPrecision(7)));

/** A share in [0, 1]: `98.12 %`. */
export const percent = (share: number): string => `${String(Number((100 * share).toFixed(2)))} %`;
