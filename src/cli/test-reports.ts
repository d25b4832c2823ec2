/** What the two test runners' own JSON reports say: how many tests ended how, and which failed for what. */
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';

export interface TestReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly TestFailure[];
}

export interface TestFailure {
  /** The test's file, from the folder of the project. */
  readonly file: string;
  readonly title: string;
  /** The first line of what it failed with. */
  readonly reason: string;
}

const vitestSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({ status: z.string(), fullName: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
});

/**
 * Reads Vitest's JSON report.
 *
 * @param root the folder that files are named from
 */
export function readVitestReport(json: string, root: string): TestReport {
  const report = vitestSchema.parse(JSON.parse(json));
  const failures = report.testResults.flatMap((result): TestFailure[] => {
    const file = path.relative(root, result.name);
    const tests = result.assertionResults.filter(({ status }) => status === 'failed');
    // A file that does not load has failed without a test.
    if (tests.length === 0) {
      return result.status === 'failed' ? [{ file, title: 'the file', reason: firstLine(result.message) }] : [];
    }
    return tests.map((test) => ({ file, title: test.fullName, reason: firstLine(test.failureMessages[0]) }));
  });
  return {
    passed: report.numPassedTests,
    failed: Math.max(report.numFailedTests, failures.length),
    skipped: report.numPendingTests,
    failures,
  };
}

const errorSchema = z.object({ message: z.string().optional() });

const specSchema = z.object({
  title: z.string(),
  file: z.string(),
  tests: z.array(
    z.object({
      projectName: z.string(),
      status: z.string(),
      results: z.array(z.object({ error: errorSchema.optional() })),
    }),
  ),
});

interface Suite {
  readonly title: string;
  readonly specs: readonly z.infer<typeof specSchema>[];
  readonly suites?: readonly Suite[] | undefined;
}

const suiteSchema: z.ZodType<Suite> = z.lazy(() =>
  z.object({ title: z.string(), specs: z.array(specSchema), suites: z.array(suiteSchema).optional() }),
);

const playwrightSchema = z.object({
  config: z.object({ rootDir: z.string() }),
  suites: z.array(suiteSchema),
  errors: z.array(errorSchema),
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number(), skipped: z.number() }),
});

/**
 * Reads Playwright's JSON report. A test that passes at the second try counts as failed: it is a defect, too.
 *
 * @param root the folder that files are named from
 */
export function readPlaywrightReport(json: string, root: string): TestReport {
  const { config, suites, errors, stats } = playwrightSchema.parse(JSON.parse(json));
  const failures: TestFailure[] = [];
  const walk = (suite: Suite, titles: readonly string[]): void => {
    for (const spec of suite.specs) {
      for (const test of spec.tests.filter(({ status }) => status === 'unexpected' || status === 'flaky')) {
        failures.push({
          file: path.relative(root, path.resolve(config.rootDir, spec.file)),
          title: [...titles, spec.title, ...(test.projectName === '' ? [] : [`[${test.projectName}]`])].join(' › '),
          reason: firstLine(test.results.find(({ error }) => error !== undefined)?.error?.message),
        });
      }
    }
    for (const child of suite.suites ?? []) walk(child, [...titles, child.title]);
  };
  // The outermost suite of a file is titled with its name.
  for (const suite of suites) walk(suite, []);
  const outside = errors.map(({ message }) => ({ file: '', title: 'outside of a test', reason: firstLine(message) }));
  return {
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky + outside.length,
    skipped: stats.skipped,
    failures: [...failures, ...outside],
  };
}

/** One line a failure, and what it failed with below. */
export function describeFailures(failures: readonly TestFailure[]): string {
  return failures
    .map(({ file, title, reason }) => `  ✗ ${file === '' ? '' : `${file} › `}${title}\n      ${reason}`)
    .join('\n');
}

function firstLine(message: string | undefined): string {
  const line = stripVTControlCharacters(message ?? '')
    .split('\n')
    .find((text) => text.trim() !== '');
  return line?.trim() ?? 'without a message';
}
