/**
 * One test a cell. `SMALL_MATRIX_FAULTS` is a JSON object from cell ids to what is to happen there in place of an answer.
 */
import { writeFileSync } from 'node:fs';
import { test } from '@playwright/test';
import type { Observation } from '../../../src/protocol/observation.js';
import { ATTACHMENT, type ResultRecord } from '../../../src/protocol/record.js';
import { attachCell } from '../../../src/report/attachments.js';
import { buildFinding } from '../../../src/report/finding.js';
import { madeUpMatrix } from '../../../src/report/made-up.js';
import { endTest } from '../../../src/testing/ending.js';

type Fault = 'die' | 'hang' | 'nothing' | 'malformed' | 'leak' | 'flaky' | 'skip' | 'wait';

const faults = JSON.parse(process.env.SMALL_MATRIX_FAULTS ?? '{}') as Partial<Record<string, Fault>>;
const OUTPUT = 'output-0.bin';

function observationOf(record: ResultRecord): Observation {
  const { id, cell, dataset, timing, memory, evidence, probe, reason, accuracy } = record;
  const completed = accuracy !== undefined;
  return {
    schema: 1,
    id,
    platform: {
      runtimeVersion: cell.runtimeVersion,
      browserVersion: cell.browserVersion,
      driver: cell.driver,
      driverVersion: cell.driverVersion,
      os: cell.os,
      cpu: cell.cpu,
      gpu: cell.gpu,
    },
    outcome: completed ? 'completed' : record.status === 'unsupported' ? 'unsupported' : 'faulted',
    ...(completed || reason === undefined ? {} : { fault: reason }),
    ...(probe === undefined ? {} : { probe }),
    n: accuracy?.n ?? 0,
    dataset: dataset ?? { name: 'mnist', split: 'test', n: 10_000, sha256: '' },
    outputs: completed ? [{ name: 'logits', dtype: 'float32', shape: [2, 10], file: OUTPUT }] : [],
    timing: timing ?? {},
    memory: memory ?? {},
    ...(evidence === undefined ? {} : { evidence }),
    console: [{ level: 'warning', text: `said in ${process.cwd()}` }],
  };
}

for (const record of madeUpMatrix().filter(({ kind, cell }) => kind === 'accuracy' && cell.model === 'lenet5')) {
  const { id, expectation } = record;
  test(id, async ({}, testInfo) => {
    const fault = faults[id];
    test.skip(fault === 'skip', 'left out on purpose');
    if (fault === 'die') process.kill(process.pid, 'SIGKILL');
    if (fault === 'hang') await new Promise(() => undefined);
    if (fault === 'wait') {
      writeFileSync(process.env.SMALL_MATRIX_WAITING ?? '', '');
      await new Promise(() => undefined);
    }
    if (fault === 'nothing') return;
    if (fault === 'malformed') {
      const body = JSON.stringify({ ...record, status: 'splendid' });
      await testInfo.attach('plumbline:record', { contentType: ATTACHMENT.record, body });
      return;
    }
    const observation = observationOf(record);
    const outputs = observation.outputs.map(({ file }) => ({
      file,
      bytes: Buffer.from(new Float32Array(20).fill(0.5).buffer),
    }));
    if (fault === 'flaky' && testInfo.retry === 0) {
      const reason = { code: 'E_RUN', message: 'only the first time', hint: 'Nothing.' } as const;
      const failed: ResultRecord = { ...record, status: 'error', reason };
      await attachCell(testInfo, { record: failed, finding: buildFinding({ record: failed }) });
      endTest(failed, false);
    }
    const bad = record.status === 'fail' || record.status === 'error';
    const finding = bad ? buildFinding({ record, observation }) : undefined;
    // Within a step, where Allure would hang attachments by themselves.
    await test.step('leave the record', async () => {
      await attachCell(testInfo, { record, observation, outputs, finding });
    });
    if (fault === 'leak') throw new Error('E_LEAK: 3 tensors were left behind');
    endTest(record, !bad || expectation?.met === true);
  });
}
