/** Writes `reports/matrix/index.html`: one page that holds the whole matrix, and opens from the disk without a server. */
import type { ResultRecord } from '../../protocol/record.js';
import { packRecords } from './data.js';
import { fillTemplate } from './template.js';

/** Below the folder of the reports. Findings are linked to relative to it. */
export const MATRIX_PAGE = 'matrix/index.html';

/** What takes the page: a {@link ReportFolder} does. */
export interface PageFolder {
  write(file: string, content: string): void;
}

/** @returns the page as HTML; everything that it shows comes from the records */
export async function matrixPage(records: readonly ResultRecord[]): Promise<string> {
  return await fillTemplate(packRecords(records));
}

/**
 * Writes {@link MATRIX_PAGE} into `folder`. The first time after a change of the page's sources it is bundled, which takes
 * about a second; then the records are filled in.
 */
export async function writeMatrixPage(records: readonly ResultRecord[], folder: PageFolder): Promise<void> {
  folder.write(MATRIX_PAGE, await matrixPage(records));
}
