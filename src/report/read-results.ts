/** Reads `reports/results.jsonl` back. */
import { readFileSync } from 'node:fs';
import { messageOf, PlumblineError } from '../protocol/errors.js';
import { resultRecordSchema, type ResultRecord } from '../protocol/record.js';

/**
 * The records of a file of results, each of them checked.
 *
 * @param run - The command that makes them: a hint for whoever has none
 * @throws PlumblineError `E_USAGE` when there are none, or a line is no record
 */
export function readResults(file: string, run: string): ResultRecord[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new PlumblineError('E_USAGE', `there are no results in ${file}`, { hint: `Run \`${run}\` first.`, cause });
  }
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [resultRecordSchema.parse(JSON.parse(line))];
    } catch (cause) {
      throw new PlumblineError('E_USAGE', `${file}, line ${String(index + 1)} is no record: ${messageOf(cause)}`, {
        hint: `The results are of another version of Plumbline, or were cut off: run \`${run}\` again.`,
        cause,
      });
    }
  });
}
