/** `plumbline report --matrix`: the page of the matrix anew, from the results of the last runs, opened where there is a desktop. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ReportFolder } from '../../report/folder.js';
import { MATRIX_PAGE, writeMatrixPage } from '../../report/matrix-page/write.js';
import { reportPaths } from '../../report/paths.js';
import { readResults } from '../../report/read-results.js';
import { hasDesktop, show } from './report.js';

export interface MatrixCommand {
  /** Default: `reports/results.jsonl`. */
  readonly results?: string | undefined;
  /** Whether to show the page in the user's browser; it is only done where there is a desktop. */
  readonly open: boolean;
}

/**
 * Writes `reports/matrix/index.html`; of a file of results that is named, the page stands in `matrix/` beside that file,
 * where the findings are that it links to.
 * @throws PlumblineError `E_USAGE` when there are no results or they can't be read, `E_REPORT_WRITE` when the page can't be written
 */
export async function matrix({ results, open }: MatrixCommand): Promise<void> {
  const file = path.resolve(results ?? reportPaths(process.cwd()).results);
  const folder = new ReportFolder(path.dirname(file));
  await writeMatrixPage(readResults(file, 'npm run matrix'), folder);
  folder.raise();
  const page = path.join(folder.root, MATRIX_PAGE);
  console.log(`${page}\n${pathToFileURL(page).href}`);
  if (open && hasDesktop()) await show(page);
}
