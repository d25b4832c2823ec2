/**
 * The private attachments by which everything reaches the reporters: how a test leaves them, how a reporter reads them.
 *
 * They are ordinary Playwright attachments of content types of our own, so shards, blob reports and `merge-reports`
 * carry them. What a reporter reads may come from another machine and another version: all of it is validated, and what
 * does not fit becomes an {@link ErrorRecord}, never an exception.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestInfo } from '@playwright/test';
import type { TestResult } from '@playwright/test/reporter';
import { z } from 'zod';
import { parseCellId } from '../protocol/cell.js';
import { messageOf, type ErrorRecord } from '../protocol/errors.js';
import { observationSchema, type Observation } from '../protocol/observation.js';
import {
  performanceObservationSchema,
  soakObservationSchema,
  type PerformanceObservation,
  type SoakObservation,
} from '../protocol/performance.js';
import { ATTACHMENT, RECORD_KINDS, resultRecordSchema, type Finding, type ResultRecord } from '../protocol/record.js';

/** All names of private attachments start so; by this a reporter that shows attachments to people passes over them. */
export const PRIVATE_PREFIX = 'plumbline:';

const PRIVATE_TYPES = new Set<string>(Object.values(ATTACHMENT));

type Attachment = TestResult['attachments'][number];

export function isPrivate(attachment: { readonly name: string; readonly contentType: string }): boolean {
  return PRIVATE_TYPES.has(attachment.contentType) || attachment.name.startsWith(PRIVATE_PREFIX);
}

const fileNameSchema = z.string().regex(/^[\w][\w.-]*$/, 'a plain file name');

const findingSchema = z.strictObject({
  schema: z.literal(1),
  id: z.string(),
  kind: z.enum(RECORD_KINDS).optional(),
  markdown: z.string(),
  json: z.record(z.string(), z.unknown()),
  pictures: z.record(fileNameSchema, z.base64()),
});

/** The bytes of one output tensor: the `file` of an {@link Observation}'s output. */
export interface OutputFile {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** What one attempt of a test left. */
export interface PrivateAttachments {
  readonly records: readonly ResultRecord[];
  readonly observations: readonly Observation[];
  readonly performances: readonly PerformanceObservation[];
  readonly soaks: readonly SoakObservation[];
  readonly outputs: readonly OutputFile[];
  readonly findings: readonly Finding[];
  /** One entry an attachment that could not be read; `name` is the attachment's. */
  readonly problems: readonly { readonly name: string; readonly type: string; readonly error: ErrorRecord }[];
}

function bytesOf(attachment: Attachment): Buffer {
  if (attachment.body !== undefined) return attachment.body;
  if (attachment.path !== undefined) return readFileSync(attachment.path);
  throw new Error('it has neither a body nor a path');
}

function parse<T extends { id: string }>(attachment: Attachment, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(JSON.parse(bytesOf(attachment).toString('utf8')));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error).replaceAll('\n', ' '));
  parseCellId(parsed.data.id); // Ids become folders: nothing else may.
  return parsed.data;
}

const seen = new WeakMap<TestResult, PrivateAttachments>();

/** Reads the private attachments of a finished attempt. Never throws. Each result is read once. */
export function readAttachments(result: TestResult): PrivateAttachments {
  const known = seen.get(result);
  if (known !== undefined) return known;
  const found = {
    records: [] as ResultRecord[],
    observations: [] as Observation[],
    performances: [] as PerformanceObservation[],
    soaks: [] as SoakObservation[],
    outputs: [] as OutputFile[],
    findings: [] as Finding[],
    problems: [] as { name: string; type: string; error: ErrorRecord }[],
  };
  for (const attachment of result.attachments) {
    try {
      switch (attachment.contentType) {
        case ATTACHMENT.record:
          found.records.push(parse(attachment, resultRecordSchema));
          break;
        case ATTACHMENT.observation:
          found.observations.push(parse(attachment, observationSchema));
          break;
        case ATTACHMENT.performance:
          found.performances.push(parse(attachment, performanceObservationSchema));
          break;
        case ATTACHMENT.soak:
          found.soaks.push(parse(attachment, soakObservationSchema));
          break;
        case ATTACHMENT.finding:
          found.findings.push(findingOf(parse(attachment, findingSchema)));
          break;
        case ATTACHMENT.outputs:
          found.outputs.push(lazyOutput(attachment));
          break;
        default:
      }
    } catch (thrown) {
      const { name, contentType: type } = attachment;
      found.problems.push({
        name,
        type,
        error: {
          code: 'E_INTERNAL',
          message: `the attachment "${name}" can't be read: ${messageOf(thrown)}`,
          hint: 'Shards and the merge must run one version of Plumbline; if they do, please report this.',
        },
      });
    }
  }
  seen.set(result, found);
  return found;
}

/** As the type has it: `kind` is absent, not `undefined`. */
const findingOf = ({ kind, ...finding }: z.infer<typeof findingSchema>): Finding => ({
  ...finding,
  ...(kind === undefined ? {} : { kind }),
});

/** Outputs are megabytes: they are read when somebody asks for the bytes, and not kept. */
function lazyOutput(attachment: Attachment): OutputFile {
  const file = fileNameSchema.parse(attachment.name.replace(`${PRIVATE_PREFIX}outputs/`, ''));
  return {
    file,
    get bytes() {
      return bytesOf(attachment);
    },
  };
}

/** What a test leaves of its cell. */
export interface CellAttachments {
  readonly record: ResultRecord;
  readonly observation?: Observation | undefined;
  readonly performance?: PerformanceObservation | undefined;
  readonly soak?: SoakObservation | undefined;
  readonly outputs?: readonly OutputFile[] | undefined;
  readonly finding?: Finding | undefined;
}

/**
 * Leaves a cell's record, and what belongs to it, with the test. The finding's report and pictures are attached openly as
 * well, so that Playwright's own reports and Allure show them on the failed test.
 *
 * Outputs travel as files, which Playwright doesn't keep in memory; where no file can be written, they travel in memory.
 */
export async function attachCell(testInfo: TestInfo, cell: CellAttachments): Promise<void> {
  const json = (value: unknown): string => JSON.stringify(value);
  const { record, outputs = [], finding } = cell;
  await testInfo.attach(`${PRIVATE_PREFIX}record`, { contentType: ATTACHMENT.record, body: json(record) });
  for (const kind of ['observation', 'performance', 'soak'] as const) {
    const observed = cell[kind];
    if (observed === undefined) continue;
    await testInfo.attach(`${PRIVATE_PREFIX}${kind}`, { contentType: ATTACHMENT[kind], body: json(observed) });
  }
  for (const { file, bytes } of outputs) {
    const name = `${PRIVATE_PREFIX}outputs/${fileNameSchema.parse(file)}`;
    const contentType = ATTACHMENT.outputs;
    try {
      const target = testInfo.outputPath(file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, bytes);
      testInfo.attachments.push({ name, contentType, path: target });
    } catch {
      await testInfo.attach(name, { contentType, body: Buffer.from(bytes) });
    }
  }
  if (finding === undefined) return;
  await testInfo.attach(`${PRIVATE_PREFIX}finding`, { contentType: ATTACHMENT.finding, body: json(finding) });
  await testInfo.attach('report.md', { contentType: 'text/markdown', body: finding.markdown });
  for (const [name, picture] of Object.entries(finding.pictures)) {
    const contentType = name.endsWith('.svg') ? 'image/svg+xml' : 'image/png';
    await testInfo.attach(name, { contentType, body: Buffer.from(picture, 'base64') });
  }
}
