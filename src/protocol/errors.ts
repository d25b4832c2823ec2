/**
 * The stable error codes and the one error class that carries them, shared by page and runner.
 *
 * A code never changes its meaning; new ones are added. `owner` says whose fault the code points at, and is what
 * Allure's categories bucket by.
 */

/** Whose fault an error code points at. */
export type ErrorOwner =
  /** The runtime, browser or model under test. */
  | 'product'
  /** Plumbline itself, or its server or driver. */
  | 'harness'
  /** The machine: a browser not installed, a disk that is full. */
  | 'environment'
  /** What the user gave: a card, a dataset, a flag. */
  | 'input';

interface ErrorInfo {
  readonly owner: ErrorOwner;
  /** The sentence that says what to do. */
  readonly hint: string;
}

const info = (owner: ErrorOwner, hint: string): ErrorInfo => ({ owner, hint });

/** Every code there is, with its owner and its default hint. */
export const ERRORS = {
  // Launching and steering a browser.
  E_BROWSER_MISSING: info('environment', 'Run `npm run setup` to install the browser.'),
  E_BROWSER_LAUNCH: info('environment', 'Run `npm run setup -- --check`; the message holds what the browser said.'),
  E_LAUNCH_TIMEOUT: info(
    'environment',
    'The browser did not start in time: check the load of the machine and its display.',
  ),
  E_DISPLAY: info('environment', 'Install Xvfb (`npm run setup` does) or set DISPLAY to a running X server.'),
  E_BROWSER_CRASHED: info(
    'product',
    'Repeat the cell alone; if the browser dies again, file the finding with the browser.',
  ),
  E_DRIVER: info(
    'harness',
    'The driver lost its browser or answered out of turn; repeat the cell, then look at the console log.',
  ),
  E_PAGE_TIMEOUT: info(
    'product',
    'The page stopped answering: look for a busy loop or a dead-lock in the runtime under test.',
  ),
  E_PAGE_READY: info('harness', 'Run `npm run build` and open the harness page by hand (`npm run serve`).'),
  E_PAGE_NAVIGATED: info(
    'harness',
    'Something navigated the harness page away in mid-call; see the console log for what.',
  ),
  E_PROTOCOL: info(
    'harness',
    'The page and the runner disagree on a message: run `npm run build` so that both are of one version.',
  ),
  E_SERVER_GONE: info('harness', 'The harness server stopped answering; see whether something ended its process.'),

  // The phases of a cell.
  E_RUNTIME_LOAD: info('product', 'The runtime did not load; the message is its own.'),
  E_BACKEND_UNAVAILABLE: info(
    'product',
    'The probe found the backend, but the runtime could not start it; the message is its own.',
  ),
  E_BACKEND_NOT_USED: info(
    'product',
    'The runtime answered without the backend that was asked for: look for a silent fall-back.',
  ),
  E_MODEL_LOAD: info('product', 'The runtime refused the model; the message is its own.'),
  E_MODEL_LOAD_TIMEOUT: info(
    'product',
    'Loading the model took too long: raise the deadline (`PLUMBLINE_DEADLINES`) or report the runtime.',
  ),
  E_RUN: info('product', 'The runtime failed while it ran the model; the message is its own.'),
  E_RUN_TIMEOUT: info(
    'product',
    'Running took longer than the budget and its grace: report the runtime or raise the deadline.',
  ),
  E_UPLOAD: info('harness', 'The outputs could not be brought back; see whether the harness server still runs.'),
  E_UPLOAD_TIMEOUT: info('harness', 'The outputs were not brought back in time; see the load of the machine.'),
  E_UPLOAD_REJECTED: info('harness', 'The server refused the upload: a wrong token, name or size.'),
  E_GPU_DEVICE_LOST: info(
    'product',
    'The GPU device was lost: repeat the cell alone, then report the browser or the runtime.',
  ),
  E_OUT_OF_MEMORY: info('product', 'Run with a smaller batch, or report the memory that the runtime asked for.'),
  E_LEAK: info(
    'product',
    'Memory grows, or tensors or sessions were left behind after dispose: look at the curve, then report the runtime.',
  ),
  E_CLOCK: info(
    'harness',
    'A timing was zero or had no end: the clock of this page is too coarse or stands still; see its `environment`.',
  ),
  E_REPEAT: info('product', 'The same input gave other outputs when it was inferred again: report the runtime.'),

  // What came back.
  E_OUTPUT_SHAPE: info(
    'product',
    'The outputs have another shape, length or dtype than the card says: check the card, then the runtime.',
  ),
  E_OUTPUT_NONFINITE: info('product', 'The outputs hold NaN or infinities that the PC does not have.'),
  E_NUMERIC: info(
    'product',
    'The outputs differ from the PC by more than the tolerance: the report names the worst one.',
  ),
  E_ACCURACY: info('product', 'Accuracy differs from the PC by more than chance: the report names the samples.'),
  E_AGREEMENT: info(
    'product',
    'More samples have another class than on the PC than ties can explain: the report names the first.',
  ),
  E_QUANTIZATION: info(
    'product',
    'Quantization costs the artifact more than its kind may: calibrate on other data, quantize fewer operators, or declare it.',
  ),
  E_UNEXPECTED_PASS: info(
    'input',
    'The cell passes although it is declared as a known failure: remove its expectation.',
  ),
  E_EXPECTATION: info('input', 'Correct the entry in specs/expectations.json.'),

  // What the user gave.
  E_CARD: info('input', 'Correct the field of model.json that the message names.'),
  E_CHECKSUM: info(
    'input',
    'The file is not the one that was recorded: restore it, or record its new sha256 on purpose.',
  ),
  E_DATASET_MISSING: info('input', 'Put the dataset where the message says, or set PLUMBLINE_DATASETS to its folder.'),
  E_DATASET_FORMAT: info('input', 'The dataset file is not in its documented format: fetch it anew.'),
  E_PACKAGE_MISSING: info(
    'environment',
    'Run it again with a network, or put the tarball of the package where the message says.',
  ),
  E_BASELINE: info('harness', 'The PC baseline could not be computed; the message says why.'),
  E_USAGE: info('input', 'See `npx plumbline --help`.'),
  E_HISTORY: info('input', 'A saved baseline is damaged: restore the file, or delete it and save anew.'),
  E_MODEL_FILE: info(
    'input',
    'Give a whole .onnx, .tflite or TensorFlow.js model.json, with its weight files beside it: export or fetch it anew.',
  ),
  E_MODEL_TENSOR: info(
    'input',
    'Inputs and outputs are tensors of float32, float16, int32, int64, uint8, int8 or bool, of a shape that does not ' +
      'depend on the data: export the model with such ones.',
  ),
  E_INPUT_DATA: info(
    'input',
    'Give one array an input, named as the input is: of its shape, or with an axis of samples in front.',
  ),

  // Reporting.
  E_REPORT_WRITE: info(
    'environment',
    'Free disk space or make reports/ writable; what was gathered is kept where the message says.',
  ),
  E_NOT_RUN: info('harness', 'The cell never ran: see the error that ended the run before it.'),
  E_INTERNAL: info('harness', 'This is a defect of Plumbline: please report it with the stack.'),
} as const satisfies Record<`E_${string}`, ErrorInfo>;

export type ErrorCode = keyof typeof ERRORS;

/** The steps of a cell's life; an error says in which one it arose. */
export const PHASES = [
  'launch',
  'page-ready',
  'probe',
  'runtime-load',
  'model-load',
  'run',
  'upload',
  'dispose',
  'judge',
] as const;
export type Phase = (typeof PHASES)[number];

/** An error as plain data: what travels from page to runner and into records. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly phase?: Phase | undefined;
  readonly stack?: string | undefined;
}

export interface PlumblineErrorOptions {
  readonly hint?: string;
  readonly phase?: Phase;
  readonly cause?: unknown;
}

/** The only error that Plumbline throws on purpose. Its message starts with the code, so that reports can bucket by it. */
export class PlumblineError extends Error {
  override readonly name = 'PlumblineError';
  readonly hint: string;
  readonly phase: Phase | undefined;

  constructor(
    readonly code: ErrorCode,
    /** What happened, without the code. */
    readonly detail: string,
    options: PlumblineErrorOptions = {},
  ) {
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint ?? ERRORS[code].hint;
    this.phase = options.phase;
  }
}

/** @returns whether `code` is one of the stable codes. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && code in ERRORS;
}

/** What a thrown value says of itself, whatever it is. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof PlumblineError) return thrown.detail;
  if (thrown instanceof Error) return thrown.message === '' ? thrown.name : thrown.message;
  return String(thrown);
}

/** Turns anything thrown into an {@link ErrorRecord}; what is not a {@link PlumblineError} gets `fallback` as its code. */
export function toErrorRecord(thrown: unknown, fallback: ErrorCode, phase?: Phase): ErrorRecord {
  const code = thrown instanceof PlumblineError ? thrown.code : fallback;
  const where = thrown instanceof PlumblineError ? (thrown.phase ?? phase) : phase;
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  return {
    code,
    message: messageOf(thrown),
    hint: thrown instanceof PlumblineError ? thrown.hint : ERRORS[code].hint,
    ...(where === undefined ? {} : { phase: where }),
    ...(stack === undefined ? {} : { stack }),
  };
}

/** The way back: an {@link ErrorRecord} as something to throw. */
export function fromErrorRecord(record: ErrorRecord): PlumblineError {
  const error = new PlumblineError(record.code, record.message, {
    hint: record.hint,
    ...(record.phase === undefined ? {} : { phase: record.phase }),
  });
  if (record.stack !== undefined) error.stack = record.stack;
  return error;
}
