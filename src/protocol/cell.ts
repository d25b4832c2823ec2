/**
 * Cells and their ids. The id is a cell's name everywhere: test title, folder of its finding, anchor in a report.
 *
 *     lenet5/onnx-fp32-b100/ort-wasm-t2@firefox
 *     model  format precision variant  runtime backend threads browser
 *
 * A target whose runtime runs in a worker of the page's ends in `-worker`: `ort-wasm-t1-worker`.
 */
import { PlumblineError } from './errors.js';

export const FORMATS = ['onnx', 'tfjs', 'tflite'] as const;
export const PRECISIONS = ['fp32', 'fp16', 'int8'] as const;
export const RUNTIMES = ['ort', 'tfjs', 'litert'] as const;
export const BACKENDS = ['wasm', 'webgl', 'webgpu', 'webgpu-jsep', 'webnn', 'cpu', 'native'] as const;
export const BROWSERS = ['chromium', 'firefox', 'webkit'] as const;
/** Where a cell runs: one of the browsers, or the PC itself (baseline cells). */
export const PLATFORMS = [...BROWSERS, 'pc'] as const;

export type Format = (typeof FORMATS)[number];
export type Precision = (typeof PRECISIONS)[number];
export type RuntimeName = (typeof RUNTIMES)[number];
export type Backend = (typeof BACKENDS)[number];
export type BrowserName = (typeof BROWSERS)[number];
export type Platform = (typeof PLATFORMS)[number];

/** Which runtime, on which of its backends, with how many threads (`undefined`: the backend has no thread setting). */
export interface Target {
  readonly runtime: RuntimeName;
  readonly backend: Backend;
  readonly threads?: number | undefined;
  /** `true`: in a worker of the page's, so that the main thread stays free. */
  readonly worker?: boolean | undefined;
}

/** The parts of an artifact's name. */
export interface ArtifactKey {
  readonly model: string;
  readonly format: Format;
  readonly precision: Precision;
  /** Tells apart two artifacts of one format and precision, such as `b100` for a batch fixed at 100. */
  readonly variant?: string | undefined;
}

export interface CellKey extends ArtifactKey, Target {
  readonly browser: Platform;
}

/** `onnx-fp32`, `onnx-fp32-b100`. */
export function artifactSlug(key: Omit<ArtifactKey, 'model'>): string {
  const base = `${key.format}-${key.precision}`;
  return key.variant === undefined ? base : `${base}-${key.variant}`;
}

/** `ort-wasm-t2`, `ort-webgpu-jsep`, `tfjs-webgl`. */
export function targetSlug(target: Target): string {
  const base = `${target.runtime}-${target.backend}`;
  const threads = target.threads === undefined ? '' : `-t${String(target.threads)}`;
  return `${base}${threads}${target.worker === true ? '-worker' : ''}`;
}

/** The id of a cell, as at the top of this file. */
export function cellId(key: CellKey): string {
  return `${key.model}/${artifactSlug(key)}/${targetSlug(key)}@${key.browser}`;
}

const alternatives = (words: readonly string[]): string =>
  // Longest first, so that `webgpu-jsep` is not read as `webgpu`.
  [...words].sort((a, b) => b.length - a.length).join('|');

const CELL_ID = new RegExp(
  '^(?<model>[a-z0-9][a-z0-9._-]*)' +
    `/(?<format>${alternatives(FORMATS)})-(?<precision>${alternatives(PRECISIONS)})(?:-(?<variant>[a-z0-9.]+))?` +
    `/(?<runtime>${alternatives(RUNTIMES)})-(?<backend>${alternatives(BACKENDS)})(?:-t(?<threads>[1-9][0-9]*))?(?<worker>-worker)?` +
    `@(?<browser>${alternatives(PLATFORMS)})$`,
);

/**
 * Reads a cell id back into its parts.
 * @throws PlumblineError `E_USAGE` when `id` is not a cell id.
 */
export function parseCellId(id: string): CellKey {
  const groups = CELL_ID.exec(id)?.groups;
  if (groups === undefined) {
    throw new PlumblineError('E_USAGE', `"${id}" is not a cell id`, {
      hint: 'A cell id reads model/format-precision/runtime-backend@browser, such as lenet5/onnx-fp32/ort-wasm-t1@firefox.',
    });
  }
  const { model, format, precision, variant, runtime, backend, threads, worker, browser } = groups;
  return {
    model: model as string,
    format: format as Format,
    precision: precision as Precision,
    ...(variant === undefined ? {} : { variant }),
    runtime: runtime as RuntimeName,
    backend: backend as Backend,
    ...(threads === undefined ? {} : { threads: Number(threads) }),
    ...(worker === undefined ? {} : { worker: true }),
    browser: browser as Platform,
  };
}

/** Whether `pattern`, an entry of an artifact's `targets`, names the target: `ort-webgl`, `ort-wasm` (any threads). */
export function namesTarget(pattern: string, target: Target): boolean {
  return pattern === targetSlug(target) || pattern === targetSlug({ runtime: target.runtime, backend: target.backend });
}
