import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BUILDS, DEBIAN, fakeHost, RASTERIZERS, type FakeMachine } from './host.fake.js';
import { install, type Installed } from './install.js';
import { surveyMachine } from './survey.js';
import { watch, type Outcome, type Watch } from './watch.js';

/** A machine that changes while it is set up. */
type Machine = { -readonly [Key in keyof FakeMachine]: FakeMachine[Key] };

/** What a command line does: to the machine, and to its own end. */
type Effect = (line: string, say: (line: string) => void) => Outcome | undefined;

interface Story {
  readonly result: Installed;
  /** The command lines of installers, without Node and paths. */
  readonly commands: string[];
  readonly said: string[];
}

/** Sets a machine up with an installer that answers by `effect`; a command that it does not know works. */
async function tell(machine: Machine, effect: Effect, interactive = false): Promise<Story> {
  const host = fakeHost(machine);
  const commands: string[] = [];
  const said: string[] = [];
  // A fresh host each time, as what was asked of one is remembered.
  const survey = () => surveyMachine(fakeHost(machine));
  const fakeWatch: Watch = (command, options) => {
    const line = command.join(' ').replace(/^.*@playwright\/test\/cli\.js/, 'playwright');
    commands.push(line);
    return Promise.resolve(effect(line, options?.onLine ?? (() => undefined)) ?? 'done');
  };
  const result = await install(await survey(), {
    host,
    watch: fakeWatch,
    survey,
    say: (line) => said.push(line),
    stallMs: 20_000,
    interactive,
  });
  return { result, commands, said };
}

const offline: Effect = (line, say) => {
  if (!line.startsWith('playwright install')) return undefined;
  say('Error: getaddrinfo ENOTFOUND cdn.playwright.dev');
  return 'failed';
};

const policy = (...names: string[]): string => names.map((name) => `${name}:\n  Candidate: 1.0\n`).join('');
const ALL = ['chromium', 'firefox-esr', 'webkit2gtk-driver', 'xvfb'];
const RENDERING = ['libgl1-mesa-dri', 'libegl1', 'libgl1', 'libgles2', 'libpci3', 'mesa-vulkan-drivers'];
const policyOf = (...names: string[]): string => `env LC_ALL=C apt-cache policy ${names.join(' ')}`;

/** A Debian with apt and nothing else. */
const bare = (more: Machine = {}): Machine => ({
  isRoot: true,
  files: ['/usr/bin/apt-get'],
  ...more,
  prints: { [policyOf(...ALL, ...RENDERING)]: policy(...ALL, ...RENDERING), ...more.prints },
});

/** Makes the machine a Debian with browsers when apt installs. */
const installsDebian =
  (machine: Machine, before: Effect): Effect =>
  (line, say) => {
    if (line.includes('apt-get') && line.includes(' install ')) {
      machine.files = ['/usr/bin/apt-get', ...(DEBIAN.files ?? [])];
      machine.prints = { ...machine.prints, ...DEBIAN.prints };
    }
    return before(line, say);
  };

describe('install', () => {
  it('falls back to apt at once when the download fails, and asks the network no second time', async () => {
    const machine = bare();
    const { result, commands, said } = await tell(machine, installsDebian(machine, offline));
    expect(commands).toEqual([
      'playwright install --no-shell chromium',
      'env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get update',
      `env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends ${[...ALL, ...RENDERING].join(' ')}`,
    ]);
    expect(said).toContainEqual(expect.stringContaining('ENOTFOUND'));
    expect(result.engines.every(({ found }) => found)).toBe(true);
    expect(result.lacks).toEqual([]);
    expect(result).not.toHaveProperty('mendLacks');
  });

  it('falls back when the download stalls, and says so', async () => {
    const machine = bare();
    const stalls: Effect = (line) => (line.startsWith('playwright install') ? 'stalled' : undefined);
    const { commands, said } = await tell(machine, installsDebian(machine, stalls));
    expect(commands.filter((line) => line.startsWith('playwright'))).toHaveLength(1);
    expect(said).toContainEqual(expect.stringContaining('nothing moved for 20 s'));
  });

  it('takes Playwright’s builds where they can be had, with their dependencies', async () => {
    const machine = bare({ files: ['/usr/bin/apt-get', '/usr/bin/Xvfb', ...RASTERIZERS] });
    const downloads: Effect = (line) => {
      const browser = /install (?:--no-shell )?(chromium|firefox|webkit)$/.exec(line)?.[1] as keyof typeof BUILDS;
      if (!line.startsWith('playwright install ')) return undefined;
      const folder = BUILDS[browser].split('/').slice(0, 3).join('/');
      machine.files = [...(machine.files ?? []), BUILDS[browser], `${folder}/INSTALLATION_COMPLETE`];
      machine.prints = { ...machine.prints, [`${BUILDS[browser]} --version`]: 'Browser 1.2\n' };
      return 'done';
    };
    const { result, commands } = await tell(machine, downloads);
    expect(commands).toEqual([
      'playwright install --no-shell chromium',
      'playwright install firefox',
      'playwright install webkit',
      'playwright install-deps chromium firefox webkit',
    ]);
    for (const status of result.engines) {
      expect(status).toMatchObject({ found: true, engine: { source: 'Playwright build' } });
    }
  });

  it('goes on to the next engine when one is refused for its own sake', async () => {
    const machine = bare();
    const refuses: Effect = (line, say) => {
      if (!line.startsWith('playwright install ')) return undefined;
      say('Error: Playwright does not support webkit on debian12');
      return 'failed';
    };
    const { commands } = await tell(machine, installsDebian(machine, refuses));
    expect(commands.filter((line) => line.startsWith('playwright install '))).toHaveLength(3);
  });

  it('installs what browsers lack around them, without touching those', async () => {
    const machine: Machine = {
      ...DEBIAN,
      isRoot: true,
      files: ['/usr/bin/apt-get', ...(DEBIAN.files ?? []).filter((path) => !/Xvfb|lvp_icd/.test(path))],
      prints: { ...DEBIAN.prints, [policyOf('xvfb', 'mesa-vulkan-drivers')]: policy('xvfb', 'mesa-vulkan-drivers') },
    };
    const { commands } = await tell(machine, () => undefined);
    expect(commands).toHaveLength(2);
    expect(commands[1]).toMatch(/--no-install-recommends xvfb mesa-vulkan-drivers$/);
  });

  it('gives the others what one that cannot be had would have kept from them', async () => {
    const machine = bare({
      // Ubuntu: apt knows no such chromium and firefox-esr.
      prints: { [policyOf(...ALL, ...RENDERING)]: policy('webkit2gtk-driver', 'xvfb', ...RENDERING) },
    });
    const webkitFails: Effect = (line, say) =>
      line.includes('webkit2gtk-driver') ? (say('E: Unmet dependencies.'), 'failed') : offline(line, say);
    const { result, commands, said } = await tell(machine, webkitFails);
    expect(commands.filter((line) => line.includes('apt-get') && line.includes(' install '))).toEqual([
      expect.stringMatching(/webkit2gtk-driver xvfb .*mesa-vulkan-drivers$/),
      expect.stringMatching(/--no-install-recommends webkit2gtk-driver$/),
      expect.stringMatching(/--no-install-recommends xvfb .*mesa-vulkan-drivers$/),
    ]);
    expect(said).toContainEqual(expect.stringContaining('no package chromium'));
    expect(said).toContainEqual(expect.stringContaining('Unmet dependencies'));
    expect(result.engines).toMatchObject([
      { browser: 'chromium', mend: 'npx playwright install --with-deps chromium' },
      { browser: 'firefox', mend: 'npx playwright install --with-deps firefox' },
      { browser: 'webkit', mend: expect.stringContaining('apt-get install') as string },
    ]);
  });

  it('goes on when a repository does not answer', async () => {
    const machine = bare();
    const updateFails: Effect = (line, say) => (line.endsWith('apt-get update') ? 'failed' : offline(line, say));
    const { result, said } = await tell(machine, installsDebian(machine, updateFails));
    expect(said).toContainEqual(expect.stringContaining('going on'));
    expect(result.engines.every(({ found }) => found)).toBe(true);
  });

  describe('without root', () => {
    const sudo = ['/usr/bin/apt-get', '/usr/bin/sudo'];

    it('says the one command when there is no sudo', async () => {
      const { result, commands } = await tell(bare({ isRoot: false }), offline);
      expect(commands).toEqual(['playwright install --no-shell chromium']);
      const command = `su -c 'apt-get update && apt-get install -y --no-install-recommends ${[...ALL, ...RENDERING].join(' ')}'`;
      expect(result.engines).toMatchObject([{ mend: command }, { mend: command }, { mend: command }]);
      expect(result.mendLacks).toBe(command);
    });

    it('does the same when sudo wants a password and nobody is there', async () => {
      const { result, commands } = await tell(bare({ isRoot: false, files: sudo }), offline);
      expect(commands).toHaveLength(1);
      expect(result.mendLacks).toMatch(/^sudo sh -c '/);
    });

    it('uses sudo that wants no password, or somebody to type it', async () => {
      const machine = bare({ isRoot: false, files: sudo, prints: { 'sudo -n true': '' } });
      expect((await tell(machine, offline)).commands[1]).toBe(
        'sudo -n env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get update',
      );
      expect((await tell(bare({ isRoot: false, files: sudo }), offline, true)).commands[1]).toMatch(/^sudo env /);
    });
  });

  it('names Playwright’s command where there is no apt', async () => {
    const { result, commands } = await tell({ files: [] }, offline);
    expect(commands).toHaveLength(1);
    expect(result.engines[1]).toMatchObject({ mend: 'npx playwright install --with-deps firefox' });
  });

  it('leaves alone what the environment says to find elsewhere', async () => {
    const machine = { ...DEBIAN, env: { PLUMBLINE_WEBKIT_ENDPOINT: 'http://127.0.0.1:4444' } };
    const { result, commands } = await tell(machine, offline);
    expect(commands).toEqual([]);
    expect(result.engines[2]).toMatchObject({ found: false, mend: 'unset PLUMBLINE_WEBKIT_ENDPOINT' });
  });
});

describe('with the real Playwright', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('gives up a download whose server accepts and never answers, and leaves nothing behind', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const port = (server.address() as AddressInfo).port;
    vi.stubEnv('PLAYWRIGHT_DOWNLOAD_HOST', `http://127.0.0.1:${String(port)}`);
    // Not into the cache of whoever runs this, where the build may be already.
    const cache = mkdtempSync(join(tmpdir(), 'plumbline-test-'));
    vi.stubEnv('PLAYWRIGHT_BROWSERS_PATH', cache);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    const ours = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('plumbline-setup-'));
    const before = ours();
    const said: string[] = [];
    const host = fakeHost({ files: [] });
    const survey = () => surveyMachine(host);
    await install(await survey(), {
      host,
      watch,
      survey,
      say: (line) => said.push(line),
      stallMs: 8_000,
      interactive: false,
    });
    server.closeAllConnections();
    server.close();
    rmSync(cache, { recursive: true });
    expect(said.filter((line) => line.includes('downloading'))).not.toEqual([]);
    expect(said).toContainEqual(expect.stringContaining('nothing moved for 8 s'));
    expect(ours()).toEqual(before);
  }, 60_000);
});
