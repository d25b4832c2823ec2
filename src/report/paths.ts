/** Where reports lie. Shared by the reporters, the `report` command and whatever reads their results. */
import path from 'node:path';
import { PROJECT_ROOT } from '../paths.js';
import type { ResultRecord } from '../protocol/record.js';

export interface ReportPaths {
  /** `reports/`, or the folder that `PLUMBLINE_REPORTS` names. */
  readonly root: string;
  /** One result record a line. */
  readonly results: string;
  /** One folder a failed cell, named by its id. */
  readonly findings: string;
  /** One folder a cell, named by its id: what it did, raw, so that a verdict can be recomputed. */
  readonly observations: string;
  readonly allureResults: string;
  /** The Allure report as HTML. */
  readonly allureHtml: string;
}

/** @param base - The folder that a relative `PLUMBLINE_REPORTS` is relative to: that of the Playwright configuration. */
export function reportPaths(base: string = PROJECT_ROOT): ReportPaths {
  const root = path.resolve(base, process.env.PLUMBLINE_REPORTS ?? 'reports');
  return {
    root,
    results: path.join(root, 'results.jsonl'),
    findings: path.join(root, 'findings'),
    observations: path.join(root, 'observations'),
    allureResults: path.join(root, 'allure-results'),
    allureHtml: path.join(root, 'allure'),
  };
}

/** Kinds that have a folder of their own within that of a cell, for they are made by other runs than the matrix. */
const OWN_FOLDERS: readonly ResultRecord['kind'][] = ['performance', 'soak'];

/** Folder of a cell's finding, below the reports: of the matrix `findings/<id>`, of other runs `findings/<id>/<kind>`. */
export function findingFolder(id: string, kind: ResultRecord['kind'] | undefined): string {
  return kind !== undefined && OWN_FOLDERS.includes(kind) ? `findings/${id}/${kind}` : `findings/${id}`;
}

/**
 * The kind that a file belongs to which lies in the folder of a cell.
 * @param file below `findings/` or `observations/`
 */
export function kindOfFile(file: string): 'matrix' | 'performance' | 'soak' {
  const [, kind] = /@[a-z]+[\\/](performance|soak)(?:[\\/]|\.json$)/.exec(file) ?? [];
  return kind === 'performance' || kind === 'soak' ? kind : 'matrix';
}

/** What Playwright hands to the constructor of every reporter, beside the options of the configuration. */
export interface ReporterOptions {
  /** Folder of the Playwright configuration. */
  readonly configDir?: string;
  /** `list` where tests are only listed and nothing may be touched; `merge` in `merge-reports`. */
  readonly _mode?: 'test' | 'list' | 'merge';
}
