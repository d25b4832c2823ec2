import { describe, expect, it } from 'vitest';
import { describeFailures, readPlaywrightReport, readVitestReport } from './test-reports.js';

const vitest = (testResults: readonly object[], failed = 1): string =>
  JSON.stringify({ numPassedTests: 7, numFailedTests: failed, numPendingTests: 2, testResults });

describe('readVitestReport', () => {
  it('counts, and names each failed test with the first line of its error', () => {
    const json = vitest([
      {
        name: '/project/src/a.test.ts',
        status: 'failed',
        message: '',
        assertionResults: [
          { status: 'passed', fullName: 'a holds', failureMessages: [] },
          {
            status: 'failed',
            fullName: 'a breaks',
            failureMessages: ['\u001b[31mAssertionError: 1 is 2\u001b[39m\n  at x'],
          },
        ],
      },
    ]);
    expect(readVitestReport(json, '/project')).toEqual({
      passed: 7,
      failed: 1,
      skipped: 2,
      failures: [{ file: 'src/a.test.ts', title: 'a breaks', reason: 'AssertionError: 1 is 2' }],
    });
  });

  it('a file that does not load is a failure, although no test in it failed', () => {
    const json = vitest(
      [{ name: '/project/src/b.test.ts', status: 'failed', message: '\nSyntaxError: no', assertionResults: [] }],
      0,
    );
    expect(readVitestReport(json, '/project')).toMatchObject({
      failed: 1,
      failures: [{ file: 'src/b.test.ts', title: 'the file', reason: 'SyntaxError: no' }],
    });
  });
});

const playwright = (status: string, errors: readonly object[] = []): string =>
  JSON.stringify({
    config: { rootDir: '/project/tests' },
    suites: [
      {
        title: 'x/a.spec.ts',
        specs: [],
        suites: [
          {
            title: 'outer',
            specs: [
              {
                title: 'inner',
                file: 'x/a.spec.ts',
                tests: [
                  {
                    projectName: 'tests',
                    status,
                    results: [{ error: { message: 'Error: why\n\nexpect' } }, {}],
                  },
                ],
              },
            ],
          },
        ],
      },
    ],
    errors,
    stats: {
      expected: 3,
      unexpected: status === 'unexpected' ? 1 : 0,
      flaky: status === 'flaky' ? 1 : 0,
      skipped: 4,
    },
  });

describe('readPlaywrightReport', () => {
  it.each(['unexpected', 'flaky'])(
    'a test that is %s has failed, and is named by file, titles and project',
    (status) => {
      expect(readPlaywrightReport(playwright(status), '/project')).toEqual({
        passed: 3,
        failed: 1,
        skipped: 4,
        failures: [{ file: 'tests/x/a.spec.ts', title: 'outer › inner › [tests]', reason: 'Error: why' }],
      });
    },
  );

  it('a test that fails as it should is none of them', () => {
    expect(readPlaywrightReport(playwright('expected'), '/project')).toMatchObject({ failed: 0, failures: [] });
  });

  it('an error outside of all tests counts', () => {
    const json = playwright('expected', [{ message: 'Error: the set-up broke' }]);
    expect(readPlaywrightReport(json, '/project')).toMatchObject({
      failed: 1,
      failures: [{ title: 'outside of a test', reason: 'Error: the set-up broke' }],
    });
  });
});

describe('describeFailures', () => {
  it('gives each failure a line, and its reason one below', () => {
    const failures = [
      { file: 'a.test.ts', title: 't', reason: 'r' },
      { file: '', title: 'outside of a test', reason: 's' },
    ];
    expect(describeFailures(failures)).toBe('  ✗ a.test.ts › t\n      r\n  ✗ outside of a test\n      s');
  });
});
