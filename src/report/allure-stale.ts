/** Which files of `allure-results` a run replaces: those of its own runs' tests, and what nothing refers to. Pure. */
import { LabelName, type TestResult } from 'allure-js-commons';
import { runOf } from './collect.js';

type Results = Pick<TestResult, 'labels'>;

/** What allure-playwright says of where a test stands: `" > project > file"`. */
const TITLE_PATH = 'titlePath';
const PARENT_SUITE: string = LabelName.PARENT_SUITE;

/**
 * @param results - The texts of `*-result.json`, by file name
 * @param runs - What is run now
 * @returns whether a file of the folder goes
 */
export function staleFiles(
  results: ReadonlyMap<string, string>,
  runs: ReadonlySet<ReturnType<typeof runOf>>,
): (file: string) => boolean {
  const kept = new Map([...results].filter(([, text]) => !runs.has(runOfResult(text))));
  // Attachments are named by the results; their names are unique, so that a search for them in the text cannot err.
  const referred = new Set([...kept.values()].flatMap((text) => text.match(/[\w-]+-attachment\.\w+/g) ?? []));
  return (file) => !kept.has(file) && !referred.has(file);
}

/** What cannot be read is of the matrix, which replaces it. */
function runOfResult(text: string): ReturnType<typeof runOf> {
  try {
    const { labels } = JSON.parse(text) as Results;
    const place = labels.find(({ name }) => name === TITLE_PATH)?.value;
    const suite = labels.find(({ name }) => name === PARENT_SUITE)?.value;
    return runOf(place === undefined ? suite : place.split(' > ')[1]?.trim());
  } catch {
    return 'matrix';
  }
}
