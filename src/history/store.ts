/**
 * The history of performance results: a folder with one file a save. Kept beside the caches of the user, not in the
 * project: it belongs to the machine, and every clone and branch on it is compared with the same past.
 */
import { mkdir, readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../datasets/replace.js';
import type { VisitSample } from '../judge/regression.js';
import { cacheDir } from '../paths.js';
import { PlumblineError, messageOf } from '../protocol/errors.js';
import type { ResultRecord } from '../protocol/record.js';
import { fingerprintOf, fingerprintSchema } from './fingerprint.js';

const visitSchema = z.strictObject({
  samplesMs: z.array(z.number().positive()).min(1),
  calibrationMs: z.number().positive(),
});

/** Version 1 of a saved run. A later one keeps reading it. */
export const savedRunSchema = z.strictObject({
  schema: z.literal(1),
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dots, dashes and underscores'),
  /** ISO 8601. */
  at: z.iso.datetime(),
  fingerprint: fingerprintSchema,
  cells: z.array(z.strictObject({ id: z.string(), visits: z.array(visitSchema).min(1) })).min(1),
});
export type SavedRun = z.infer<typeof savedRunSchema>;

/** A file of the history that can't be read, and why. */
export interface BadFile {
  readonly file: string;
  readonly error: PlumblineError;
}

/** The folder of the history: `PLUMBLINE_HISTORY`, else `history` in the cache. */
export function historyDir(): string {
  return process.env.PLUMBLINE_HISTORY ?? path.join(cacheDir(), 'history');
}

/**
 * What of a run is kept: the batch-1 timings of every cell that passed.
 * @throws PlumblineError `E_USAGE` when there is no such cell, or for a name that is no file name
 */
export function runFromRecords(records: readonly ResultRecord[], name: string, at: Date): SavedRun {
  const measured = records.filter(({ kind, status }) => kind === 'performance' && status === 'pass');
  const cells = measured.flatMap((record) => {
    const visits = visitsOf(record);
    return visits.length === 0 ? [] : [{ id: record.id, visits }];
  });
  if (cells.length === 0) {
    throw new PlumblineError('E_USAGE', 'the results hold no cell whose time was measured', {
      hint: 'Run `npm run perf` first.',
    });
  }
  const run = savedRunSchema.safeParse({
    schema: 1,
    name,
    at: at.toISOString(),
    fingerprint: fingerprintOf(measured),
    cells,
  });
  if (!run.success) throw new PlumblineError('E_USAGE', `"${name}" can't be saved: ${issuesOf(run.error)}`);
  return run.data;
}

/** The pooled timings, divided into their visits again. */
function visitsOf({ performance }: ResultRecord): VisitSample[] {
  const { samplesMs = [], visits = [] } = performance?.latency ?? {};
  let from = 0;
  return visits.map(({ n, calibrationMs }) => ({ samplesMs: samplesMs.slice(from, (from += n)), calibrationMs }));
}

/**
 * Writes a run into the history, whole or not at all.
 * @returns the file
 * @throws PlumblineError `E_USAGE` when there is a save of that name, `E_REPORT_WRITE` when it can't be written
 */
export async function saveRun(run: SavedRun, folder = historyDir()): Promise<string> {
  const file = path.join(folder, `${run.name}.json`);
  try {
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).includes(path.basename(file))) {
      throw new PlumblineError('E_USAGE', `there is a baseline "${run.name}" already: ${file}`, {
        hint: 'Give another --name, or delete that file.',
      });
    }
    await replaceFile(file, `${JSON.stringify(run)}\n`);
  } catch (cause) {
    if (cause instanceof PlumblineError) throw cause;
    throw new PlumblineError('E_REPORT_WRITE', `${file} can't be written: ${messageOf(cause)}`, {
      hint: 'Free disk space, or set PLUMBLINE_HISTORY to a folder that can be written to.',
      cause,
    });
  }
  return file;
}

/** All saves of a history, the newest first; a file that can't be read is told and takes no other down. */
export async function readHistory(folder = historyDir()): Promise<{ runs: SavedRun[]; bad: BadFile[] }> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new PlumblineError('E_HISTORY', `${folder} can't be read: ${messageOf(error)}`, { cause: error });
  });
  const runs: SavedRun[] = [];
  const bad: BadFile[] = [];
  for (const name of names.filter((entry) => entry.endsWith('.json')).sort()) {
    const file = path.join(folder, name);
    try {
      runs.push(await readRun(file));
    } catch (error) {
      if (!(error instanceof PlumblineError)) throw error;
      bad.push({ file, error });
    }
  }
  return { runs: runs.sort((a, b) => b.at.localeCompare(a.at)), bad };
}

/** @throws PlumblineError `E_HISTORY` when it can't be read or is no saved run of this version */
async function readRun(file: string): Promise<SavedRun> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new PlumblineError('E_HISTORY', `${file}: ${messageOf(cause)}`, { cause });
  }
  const { schema } = z.object({ schema: z.unknown() }).catch({ schema: undefined }).parse(json);
  if (typeof schema === 'number' && schema > 1) {
    throw new PlumblineError('E_HISTORY', `${file} is of schema ${String(schema)}; this version reads 1`, {
      hint: 'Use the newer version of Plumbline that wrote it.',
    });
  }
  const run = savedRunSchema.safeParse(json);
  if (!run.success) throw new PlumblineError('E_HISTORY', `${file}: ${issuesOf(run.error)}`);
  const name = path.basename(file, '.json');
  if (run.data.name !== name) {
    throw new PlumblineError('E_HISTORY', `${file} holds the baseline "${run.data.name}"`, {
      hint: `Name the file ${run.data.name}.json.`,
    });
  }
  return run.data;
}

/** The first few things that do not fit, each with its place. */
const issuesOf = ({ issues }: z.ZodError): string =>
  issues
    .slice(0, 3)
    .map(({ path: place, message }) => `${place.map(String).join('.') || 'the file'}: ${message}`)
    .join('; ');
