/**
 * The proof of the gate: the same code run twice must not be called slower, an adapter that takes ten percent longer must
 * be. Each comparison is of two runs of its own, one after the other. What was measured is kept line by line, so that a
 * proof may be made in several sittings, and judged anew.
 */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { compareRuns, type Change, type Comparison, type RegressionRule } from '../../src/judge/regression.js';
import { PlumblineError } from '../../src/protocol/errors.js';

/** `same`: the same page twice. `slow`: the second one is the mutant. */
export const KINDS = ['same', 'slow'] as const;
export type Kind = (typeof KINDS)[number];

/** How many comparisons of each kind make the proof of a cell, and how many may end otherwise than they should. */
export const DEMANDS = { same: { comparisons: 20, wrong: 1 }, slow: { comparisons: 10, wrong: 1 } } as const;

const visitSchema = z.strictObject({ samplesMs: z.array(z.number().positive()), calibrationMs: z.number().positive() });

/** One line of the ledger: a comparison, raw. */
export const entrySchema = z.strictObject({
  schema: z.literal(1),
  cell: z.string(),
  kind: z.enum(KINDS),
  /** Of its cell and kind, from 0. */
  number: z.int().nonnegative(),
  at: z.iso.datetime(),
  /** CPU, system, page, browser and runtime with their versions, and what a run is made of: different ones do not mix. */
  setting: z.string(),
  older: z.array(visitSchema),
  newer: z.array(visitSchema),
});
export type Entry = z.infer<typeof entrySchema>;

export interface Planned {
  readonly cell: string;
  readonly kind: Kind;
  readonly number: number;
}

/** Every comparison of the proof in the order in which it is made: kinds take turns, so that a slow hour falls on both. */
export function planProof(cells: readonly string[]): Planned[] {
  const { same, slow } = DEMANDS;
  const turns = Array.from({ length: same.comparisons }, (_, number): Omit<Planned, 'cell'>[] => {
    const isSlowDue = (number + 1) % (same.comparisons / slow.comparisons) === 0;
    const mutant = { kind: 'slow', number: Math.floor((number * slow.comparisons) / same.comparisons) } as const;
    return [{ kind: 'same', number }, ...(isSlowDue ? [mutant] : [])];
  }).flat();
  return cells.flatMap((cell) => turns.map((turn) => ({ cell, ...turn })));
}

export const isDone = (entries: readonly Entry[], { cell, kind, number }: Planned): boolean =>
  entries.some((entry) => entry.cell === cell && entry.kind === kind && entry.number === number);

/**
 * What was measured so far; nothing where there is no file. A line that was cut off is dropped: its comparison is made
 * again.
 * @throws PlumblineError `E_USAGE` for a line that holds something else
 */
export async function readLedger(file: string): Promise<Entry[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line, index) => {
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      return [];
    }
    const entry = entrySchema.safeParse(json);
    if (entry.success) return [entry.data];
    throw new PlumblineError('E_USAGE', `${file}, line ${String(index + 1)}: ${entry.error.message}`, {
      hint: 'Start anew: `npm run prove:gate -- --fresh`.',
    });
  });
}

/** The line begins with its own break, so that it is not lost to one that was cut off before it. */
export async function appendToLedger(file: string, entry: Entry): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await appendFile(file, `\n${JSON.stringify(entry)}`);
}

export interface ProvenCell {
  readonly cell: string;
  readonly kind: Kind;
  readonly comparisons: number;
  readonly demanded: number;
  /** False alarms, or slowdowns that were not found. */
  readonly wrong: number;
  readonly allowed: number;
  readonly held: boolean;
  readonly ends: readonly (Planned & Pick<Comparison, 'change' | 'ratio' | 'machine'> & { readonly right: boolean })[];
}

/** A claim of either direction about the same code is a false alarm; of the mutant only `slower` is right. */
const isRight = (kind: Kind, change: Change): boolean =>
  kind === 'slow' ? change === 'slower' : change === 'same' || change === 'unclear';

/** Judges what was measured, by cell and kind. Pure. */
export function judgeProof(entries: readonly Entry[], rule?: RegressionRule): ProvenCell[] {
  const cells = [...new Set(entries.map(({ cell }) => cell))];
  return cells.flatMap((cell) =>
    KINDS.map((kind) => {
      const ends = entries
        .filter((entry) => entry.cell === cell && entry.kind === kind)
        .map(({ number, older, newer }) => {
          const comparison = compareRuns(older, newer, rule);
          return { cell, kind, number, ...comparison, right: isRight(kind, comparison.change) };
        });
      const { comparisons: demanded, wrong: allowed } = DEMANDS[kind];
      const wrong = ends.filter(({ right }) => !right).length;
      const held = ends.length >= demanded && wrong <= allowed;
      return { cell, kind, comparisons: ends.length, demanded, wrong, allowed, held, ends };
    }),
  );
}
