/**
 * A .tflite on the PC. Node has no runtime of its own for it, so its outputs are recorded when the model is added: by
 * Python's interpreter where there is one, which is native and owes nothing to the browser's build; else by LiteRT.js's
 * wasm in Node, which shares its kernels with the cells.
 */
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { tensorFromBytes } from '../observations/tensors.js';
import { dtypeSchema } from '../protocol/card.js';
import { PlumblineError } from '../protocol/errors.js';
import type { TensorData } from '../protocol/observation.js';

const HERE = path.dirname(fileURLToPath(import.meta.url));

const resultSchema = z.strictObject({
  tool: z.string(),
  version: z.string(),
  outputs: z.array(z.strictObject({ dtype: dtypeSchema, shape: z.array(z.int()), file: z.string() })),
});

export interface TfliteRun {
  readonly tool: string;
  readonly version: string;
  /** All samples stacked on a new first axis. */
  readonly outputs: readonly TensorData[];
}

export interface TfliteJob {
  readonly model: string;
  readonly n: number;
  readonly inputs: readonly { readonly dtype: string; readonly shape: readonly number[]; readonly file: string }[];
  /** Folder for what comes out. */
  readonly out: string;
}

/**
 * @param names of the outputs, by position
 * @throws PlumblineError `E_BASELINE` with the interpreter's words when none of them ran the model
 */
export async function runTflite(job: TfliteJob, names: readonly string[]): Promise<TfliteRun> {
  const jobFile = path.join(job.out, 'job.json');
  await writeFile(jobFile, JSON.stringify(job));
  const python = process.env.PLUMBLINE_PYTHON ?? 'python3';
  const attempts: readonly (readonly [string, string])[] = [
    [python, path.join(HERE, 'tflite_run.py')],
    [process.execPath, path.join(HERE, 'tflite-run.cjs')],
  ];
  const said: string[] = [];
  for (const [command, script] of attempts) {
    const { code, words } = await run(command, [script, jobFile]);
    if (code === 0) return await readResult(job, names);
    // A Python that is missing, or has no interpreter, is no failure of the model's.
    if (code !== undefined && code !== 3 && words !== '') said.push(`${path.basename(script)}: ${words}`);
  }
  throw new PlumblineError('E_BASELINE', `no interpreter ran ${path.basename(job.model)}: ${said.join('; ')}`, {
    hint: 'Set PLUMBLINE_PYTHON to a Python that has ai-edge-litert, tflite-runtime or tensorflow.',
  });
}

async function readResult(job: TfliteJob, names: readonly string[]): Promise<TfliteRun> {
  const text = await readFile(path.join(job.out, 'result.json'), 'utf8');
  const { tool, version, outputs } = resultSchema.parse(JSON.parse(text));
  return {
    tool,
    version,
    outputs: await Promise.all(
      outputs.map(async ({ dtype, shape, file }, index) =>
        tensorFromBytes(names[index] ?? `output ${String(index)}`, dtype, [job.n, ...shape], await readFile(file)),
      ),
    ),
  };
}

/** @returns `code` undefined when the command is not there; `words` is the last line that it said */
function run(command: string, args: readonly string[]): Promise<{ code: number | undefined; words: string }> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return new Promise((resolve) => {
    child
      .on('error', () => {
        resolve({ code: undefined, words: '' });
      })
      .on('close', (code) => {
        resolve({ code: code ?? 1, words: errors.trim().split('\n').at(-1) ?? '' });
      });
  });
}
