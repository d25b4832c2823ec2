import { test } from '@playwright/test';
import { PlumblineError } from '../../../src/protocol/errors.js';
import { attachCell } from '../../../src/report/attachments.js';
import { madeUpMatrix } from '../../../src/report/made-up.js';

for (const record of madeUpMatrix().filter(({ kind, cell }) => kind === 'baseline' && cell.model === 'lenet5')) {
  test(record.id, async ({}, testInfo) => {
    if (process.env.SMALL_MATRIX_BASELINE === 'broken') throw new PlumblineError('E_DATASET_MISSING', 'no mnist here');
    await attachCell(testInfo, { record });
  });
}
