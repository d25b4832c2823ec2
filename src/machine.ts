/** What this machine is, in words for records; nothing that names its owner. */
import { readFileSync } from 'node:fs';
import os from 'node:os';

export interface Machine {
  /** "Debian GNU/Linux 12 (bookworm), x64" */
  readonly os: string;
  /** "AMD EPYC 7B13 × 2" */
  readonly cpu: string;
}

let known: Machine | undefined;

export function machine(): Machine {
  known ??= { os: `${osName()}, ${process.arch}`, cpu: cpuName() };
  return known;
}

function osName(): string {
  try {
    const pretty = /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    if (pretty !== undefined) return pretty;
  } catch {
    // Not a Linux of today: what the kernel says is good enough.
  }
  return `${os.type()} ${os.release()}`;
}

function cpuName(): string {
  const cpus = os.cpus();
  return `${cpus[0]?.model.trim() ?? 'unknown CPU'} × ${String(cpus.length)}`;
}
