/** The command that runs one cell again. Pure: reports in a browser show it, too. */
import type { ResultRecord } from '../protocol/record.js';

/** How each kind of record is made for one cell alone, before the `-g`. */
const COMMANDS: Readonly<Record<ResultRecord['kind'], string>> = {
  baseline: 'npx playwright test',
  accuracy: 'npx playwright test',
  performance: 'npm run perf --',
  soak: 'npm run soak --',
};

/** `npx playwright test -g '…'` for one cell: the id is a regular expression there. */
export function repeatCommand(id: string, kind: ResultRecord['kind'] = 'accuracy'): string {
  return `${COMMANDS[kind]} -g '${id.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}'`;
}
