/**
 * `plumbline tables`: from the results of the last runs `docs/accuracy.md` and the matrix in the README, where that has a
 * place for it, and `docs/performance.md`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../../paths.js';
import { messageOf, PlumblineError } from '../../protocol/errors.js';
import type { ResultRecord } from '../../protocol/record.js';
import { accuracyDoc } from '../../report/accuracy-doc.js';
import { performanceDoc } from '../../report/performance-doc.js';
import { renderMatrix } from '../../report/matrix.js';
import { paritySchema, type TrainingRuns } from '../../report/parity.js';
import { reportPaths } from '../../report/paths.js';
import { readResults } from '../../report/read-results.js';

/** Which documents: those of the matrix, or that of time and memory. */
export const TABLES = ['accuracy', 'performance'] as const;
export type Tables = (typeof TABLES)[number];

export interface TablesCommand {
  readonly what: Tables;
  /** Write nothing; exit non-zero where what is there is not what would be written. */
  readonly check: boolean;
  /** Default: `reports/results.jsonl`. */
  readonly results?: string | undefined;
  /** Folder that the documents lie in; default: the project. */
  readonly root?: string | undefined;
}

/**
 * @returns the exit code: 0, or 1 where `check` finds a document that is not the results'
 * @throws PlumblineError `E_USAGE` when there are no results or they can't be read
 */
export function tables({ what, check, results, root = PROJECT_ROOT }: TablesCommand): number {
  const records = resultsFor(results ?? reportPaths(process.cwd()).results, what);
  const documents =
    what === 'performance'
      ? [{ file: 'docs/performance.md', text: performanceDoc(records) }]
      : [
          {
            file: 'docs/accuracy.md',
            text: accuracyDoc(records, readTraining(path.join(root, 'zoo', 'logs', 'parity.json'))),
          },
          ...readmeWith(path.join(root, 'README.md'), records),
        ];
  let stale = 0;
  for (const { file, text } of documents) {
    const full = path.join(root, file);
    const same = existsSync(full) && readFileSync(full, 'utf8') === text;
    if (same) continue;
    if (check) {
      stale++;
      console.error(`${file} is not what the results make of it: run \`npm run docs:${what}\`.`);
    } else {
      writeFileSync(full, text);
      console.log(file);
    }
  }
  return stale === 0 ? 0 : 1;
}

/** The kinds of record that each document is made of, and the command that makes them. */
const SOURCES: Readonly<Record<Tables, { readonly kinds: readonly ResultRecord['kind'][]; readonly run: string }>> = {
  accuracy: { kinds: ['baseline', 'accuracy'], run: 'npm run matrix' },
  performance: { kinds: ['performance', 'soak'], run: 'npm run perf' },
};

function resultsFor(file: string, what: Tables): ResultRecord[] {
  const { kinds, run } = SOURCES[what];
  const records = readResults(file, run).filter(({ kind }) => kinds.includes(kind));
  if (records.length > 0) return records;
  throw new PlumblineError('E_USAGE', `there are no results of kind ${kinds.join(' or ')} in ${file}`, {
    hint: `Run \`${run}\` first.`,
  });
}

/** What the zoo noted of its trainings; nothing where there are no notes. */
function readTraining(file: string): TrainingRuns {
  if (!existsSync(file)) return [];
  try {
    return paritySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new PlumblineError('E_USAGE', `${file} can't be read: ${messageOf(cause)}`, { cause });
  }
}

const BEGIN = '<!-- matrix: written by `npm run docs:accuracy` -->';
const END = '<!-- matrix ends -->';

/** The README with the matrix of the run between its two marks; none where it has no marks. */
function readmeWith(file: string, records: readonly ResultRecord[]): { file: string; text: string }[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const [start, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (start < 0 || end < start) return [];
  const matrix = renderMatrix(records, { failures: false });
  const block = `${BEGIN}\n\n\`\`\`text\n${matrix}\n\`\`\`\n\n`;
  return [{ file: 'README.md', text: text.slice(0, start) + block + text.slice(end) }];
}
