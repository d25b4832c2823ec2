/** A machine described as data, for tests. */
import { dirname } from 'node:path';
import type { Host, RunResult } from './host.js';

export interface FakeMachine {
  readonly platform?: NodeJS.Platform;
  readonly env?: NodeJS.ProcessEnv;
  readonly isRoot?: boolean;
  /** Paths of the files that there are, all of them executable; a text where it matters. */
  readonly files?: readonly string[];
  readonly texts?: Readonly<Record<string, string>>;
  /** What a command line prints; one that is not named here fails. */
  readonly prints?: Readonly<Record<string, string>>;
  /** Addresses that answer. */
  readonly answering?: readonly string[];
}

/** Where Playwright's builds would be on such a machine. */
export const BUILDS = {
  chromium: '/cache/chromium-1248/chrome-linux64/chrome',
  firefox: '/cache/firefox-1555/firefox/firefox',
  webkit: '/cache/webkit-2370/pw_run.sh',
} as const;

export interface FakeHost extends Host {
  /** Command lines that were run. */
  readonly ran: string[];
}

/** A host on which only what `machine` says is there. It is read at each call, so a test may change it. */
export function fakeHost(machine: FakeMachine): FakeHost {
  const ran: string[] = [];
  const paths = (): string[] => [...(machine.files ?? []), ...Object.keys(machine.texts ?? {})];
  return {
    ran,
    platform: machine.platform ?? 'linux',
    arch: 'x64',
    env: { PATH: '/usr/bin:/usr/games', ...machine.env },
    isRoot: machine.isRoot ?? false,
    readable: (path) => paths().includes(path),
    executable: (path) => paths().includes(path),
    list: (folder) =>
      paths()
        .filter((path) => dirname(path) === folder)
        .map((path) => path.slice(folder.length + 1)),
    text: (path) => machine.texts?.[path],
    run: (command, args): Promise<RunResult> => {
      const line = [command, ...args].join(' ');
      ran.push(line);
      const stdout = machine.prints?.[line];
      return Promise.resolve(stdout === undefined ? { code: 1, stdout: '' } : { code: 0, stdout });
    },
    answers: (url) => Promise.resolve(machine.answering?.includes(url) ?? false),
    playwrightBuild: (browser) => ({ executablePath: BUILDS[browser], version: `own-${browser}` }),
  };
}

/** The files of Mesa's software rasterizers on Debian 12. */
export const RASTERIZERS = [
  '/usr/lib/x86_64-linux-gnu/dri/swrast_dri.so',
  '/usr/lib/x86_64-linux-gnu/libEGL.so.1',
  '/usr/lib/x86_64-linux-gnu/libGL.so.1',
  '/usr/lib/x86_64-linux-gnu/libGLESv2.so.2',
  '/usr/lib/x86_64-linux-gnu/libpci.so.3',
  '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json',
];

/** A Debian with all of the stock browsers. */
export const DEBIAN: FakeMachine = {
  files: [
    '/usr/bin/chromium',
    '/usr/bin/firefox-esr',
    '/usr/bin/WebKitWebDriver',
    '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
    '/usr/bin/Xvfb',
    ...RASTERIZERS,
  ],
  texts: { '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n' },
  prints: {
    '/usr/bin/chromium --version': 'Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)\n',
    '/usr/bin/firefox-esr --version': 'Mozilla Firefox 153.7.0esr\n',
    '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser --version': 'WebKitGTK 2.50.6\n',
  },
};
