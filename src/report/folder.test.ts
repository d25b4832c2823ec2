import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlumblineError } from '../protocol/errors.js';
import { ReportFolder } from './folder.js';

let scratch: string;
let said: PlumblineError[];
const made: string[] = [];

beforeEach(() => {
  scratch = mkdtempSync(path.join(os.tmpdir(), 'plumbline-folder-'));
  said = [];
});
afterEach(() => {
  for (const folder of [scratch, ...made.splice(0)]) rmSync(folder, { recursive: true, force: true });
});

function open(root: string): ReportFolder {
  return new ReportFolder(root, (error) => {
    said.push(error);
    made.push(/results go to (\S+)$/.exec(error.detail)?.[1] ?? scratch);
  });
}

describe('a folder that can be written', () => {
  it('is made, emptied and filled', () => {
    const root = path.join(scratch, 'deep', 'reports');
    const folder = open(root);
    folder.start('results.jsonl');
    expect(readFileSync(path.join(root, 'results.jsonl'), 'utf8')).toBe('');
    folder.append('results.jsonl', 'a\n');
    folder.append('results.jsonl', 'b\n');
    folder.write('findings/x/report.md', 'text');
    expect(readFileSync(path.join(root, 'results.jsonl'), 'utf8')).toBe('a\nb\n');
    expect(readFileSync(path.join(root, 'findings/x/report.md'), 'utf8')).toBe('text');
    folder.clear('findings');
    expect(existsSync(path.join(root, 'findings'))).toBe(false);
    expect(said).toEqual([]);
    expect(() => {
      folder.raise();
    }).not.toThrow();
  });

  it('is one for all who share it', () => {
    expect(ReportFolder.shared(scratch)).toBe(ReportFolder.shared(scratch));
    expect(ReportFolder.fresh(scratch)).toBe(ReportFolder.shared(scratch));
  });
});

describe('a folder that can’t be written', () => {
  const full = (): string => {
    const root = path.join(scratch, 'reports');
    mkdirSync(root);
    symlinkSync('/dev/full', path.join(root, 'results.jsonl'));
    return root;
  };

  it('is known to be full at the start', () => {
    const folder = open(full());
    folder.start('results.jsonl');
    expect(folder.failure).toMatchObject({ code: 'E_REPORT_WRITE' });
    expect(folder.failure?.message).toContain('ENOSPC');
  });

  it('moves to a fallback at the first failure, says so once, and keeps what is written', () => {
    const root = full();
    const folder = open(root);
    folder.append('results.jsonl', 'a\n');
    folder.write('results.jsonl', 'b\n');
    expect(said).toHaveLength(1);
    expect(said[0]?.detail).toContain(root);
    expect(said[0]?.detail).toContain(folder.root);
    expect(folder.root).not.toBe(root);
    expect(readFileSync(path.join(folder.root, 'results.jsonl'), 'utf8')).toBe('b\n');
  });

  it('is raised once', () => {
    writeFileSync(path.join(scratch, 'file'), '');
    const folder = open(path.join(scratch, 'file'));
    folder.start('results.jsonl');
    const raise = (): void => {
      folder.raise();
    };
    expect(raise).toThrow(/^E_REPORT_WRITE: /);
    expect(raise).not.toThrow();
  });

  it('hears of the failures of others', () => {
    const folder = open(scratch);
    folder.report(Object.assign(new Error('ENOSPC: no space left on device'), { errno: -28 }));
    expect(folder.failure?.message).toContain('ENOSPC');
    expect(folder.root).not.toBe(scratch);
  });
});
