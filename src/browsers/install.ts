/**
 * Installs what a survey found missing: Playwright's own build of each engine where it can be downloaded, else the
 * system's browsers by apt, and with them what they need to render and to have a display.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserName } from '../protocol/cell.js';
import { aptDigest, firstFault, playwrightDigest, type Digest } from './digest.js';
import { namesEndpoint } from './endpoint.js';
import type { MissingEngine } from './engine.js';
import { buildFolder } from './find.js';
import { which, type Host } from './host.js';
import { onOwnEnd } from './own-end.js';
import type { Survey } from './survey.js';
import type { Outcome, Watch, WatchOptions } from './watch.js';

/** What an installation works with. */
export interface Tools {
  readonly host: Host;
  readonly watch: Watch;
  readonly survey: () => Promise<Survey>;
  /** Tells the user one line. */
  readonly say: (line: string) => void;
  /** A download in which nothing moves for so long is given up. */
  readonly stallMs: number;
  /** Whether a person is there whom sudo could ask for a password. */
  readonly interactive: boolean;
}

/** What there is afterwards. */
export interface Installed extends Survey {
  /** The one command that installs what `lacks` names; absent when that is nothing. */
  readonly mendLacks?: string;
}

/** Each engine's package on Debian. On Ubuntu the first two are snaps, under other names, and so have none. */
const STOCK: Readonly<Record<BrowserName, string>> = {
  chromium: 'chromium',
  firefox: 'firefox-esr',
  webkit: 'webkit2gtk-driver',
};

/** Installs what `before` lacks. Does not throw for what can't be installed: the survey that comes back tells it. */
export async function install(before: Survey, tools: Tools): Promise<Installed> {
  const root = await rootPrefix(tools);
  let now = before;
  if (missingOf(now, tools.host).length > 0) {
    await downloadBuilds(missingOf(now, tools.host), root, tools);
    now = await tools.survey();
  }
  const groups = groupsFor(now, tools.host);
  if (groups.length > 0 && root !== undefined && which(tools.host, 'apt-get') !== undefined) {
    await aptInstall(groups, root, tools);
    now = await tools.survey();
  }
  return withMends(now, tools.host);
}

/** The missing engines that are ours to install: not those that the environment says to find elsewhere. */
const missingOf = ({ engines }: Survey, host: Host): BrowserName[] =>
  engines.flatMap((status) => (status.found || namesEndpoint(status.browser, host) ? [] : [status.browser]));

/** What makes a command run as root: nothing, or sudo; `undefined` when this user can't. */
async function rootPrefix({ host, interactive }: Tools): Promise<readonly string[] | undefined> {
  if (host.isRoot) return [];
  if (which(host, 'sudo') === undefined) return undefined;
  // Where nobody is there to type a password, sudo has to do without one.
  if (interactive) return ['sudo'];
  const { code } = await host.run('sudo', ['-n', 'true'], 10_000);
  return code === 0 ? ['sudo', '-n'] : undefined;
}

/** Words in an installer's output that say that the network did not let it through: the next download fares no better. */
const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|timed out/;

/**
 * Playwright's builds: `playwright install --with-deps` in its two halves, the download before the dependencies, for
 * those are many, and for nothing where the download is not to be had.
 */
async function downloadBuilds(
  browsers: readonly BrowserName[],
  root: readonly string[] | undefined,
  tools: Tools,
): Promise<void> {
  const cli = [process.execPath, createRequire(import.meta.url).resolve('@playwright/test/cli')];
  const downloaded: BrowserName[] = [];
  for (const browser of browsers) {
    const label = `playwright install ${browser}`;
    // The archive first grows in a temporary folder: in one of ours, so that it can be watched, and goes for certain.
    const temporary = mkdtempSync(join(tmpdir(), 'plumbline-setup-'));
    const clear = (): void => {
      rmSync(temporary, { recursive: true, force: true });
    };
    const release = onOwnEnd(clear);
    const target = buildFolder(tools.host.playwrightBuild(browser).executablePath);
    // Headless, the whole browser is used; Playwright's shell of it has no WebGPU.
    const flags = browser === 'chromium' ? ['--no-shell'] : [];
    const { outcome, lines } = await narrate(tools, label, [...cli, 'install', ...flags, browser], {
      digest: playwrightDigest(),
      // Below a quiet npm (`npm run -s`) Playwright would say nothing, and there would be nothing to narrate.
      env: { TMPDIR: temporary, TEMP: temporary, TMP: temporary, npm_config_loglevel: 'notice' },
      stall: { ms: tools.stallMs, folders: target === undefined ? [temporary] : [temporary, target] },
    });
    release();
    clear();
    if (outcome === 'done') {
      downloaded.push(browser);
      continue;
    }
    const why = outcome === 'stalled' ? `nothing moved for ${seconds(tools.stallMs)}` : firstFault(lines);
    tools.say(`${label}: not to be had here (${why ?? 'it failed'})`);
    if (outcome === 'stalled' || lines.some((line) => UNREACHABLE.test(line))) break;
  }
  if (downloaded.length === 0 || root === undefined || tools.host.platform !== 'linux') return;
  const label = 'playwright install-deps';
  const deps = await narrate(tools, label, [...cli, 'install-deps', ...downloaded], { digest: aptDigest() });
  if (deps.outcome !== 'done') tools.say(`${label}: failed (${faultOf(deps)})`);
}

/** Packages that belong together, and what they are for. */
interface Group {
  readonly what: string;
  readonly packages: readonly string[];
}

function groupsFor(survey: Survey, host: Host): Group[] {
  const engines = missingOf(survey, host).map((browser) => ({ what: browser, packages: [STOCK[browser]] }));
  const lacks = survey.lacks.map(({ apt }) => apt);
  return lacks.length === 0 ? engines : [...engines, { what: 'rendering', packages: lacks }];
}

const packagesOf = (groups: readonly Group[]): string[] => groups.flatMap(({ packages }) => packages);

async function aptInstall(groups: readonly Group[], root: readonly string[], tools: Tools): Promise<void> {
  const apt = (what: string, args: readonly string[]): Promise<Narrated> =>
    narrate(
      tools,
      `apt (${what})`,
      [...root, 'env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C', 'apt-get', ...args],
      {
        digest: aptDigest(),
      },
    );
  // A fresh machine updates itself just after its start: its lock is worth waiting for.
  const installThem = (what: string, packages: readonly string[]): Promise<Narrated> =>
    apt(what, ['-o', 'DPkg::Lock::Timeout=600', 'install', '-y', '--no-install-recommends', ...packages]);

  tools.say('apt (update): fetching the lists of packages');
  const update = await apt('update', ['update']);
  // One repository out of many that does not answer is no reason to give up; the lists of the others are there.
  if (update.outcome !== 'done') tools.say(`apt (update): failed (${faultOf(update)}); going on with what is there`);

  const known = await candidates(packagesOf(groups), tools.host);
  const possible = groups.flatMap(({ what, packages }) => {
    const unknown = packages.filter((name) => !known.has(name));
    if (unknown.length > 0) tools.say(`apt (${what}): this system has no package ${unknown.join(', ')}`);
    const rest = packages.filter((name) => known.has(name));
    return rest.length === 0 ? [] : [{ what, packages: rest }];
  });
  if (possible.length === 0) return;

  tools.say(`apt (install): ${packagesOf(possible).join(' ')}`);
  const all = await installThem('install', packagesOf(possible));
  if (all.outcome === 'done') return;
  tools.say(`apt (install): failed (${faultOf(all)})`);
  if (possible.length === 1) return;
  // One that can't be had must not keep the others away.
  for (const { what, packages } of possible) {
    const alone = await installThem(what, packages);
    tools.say(`apt (${what}): ${alone.outcome === 'done' ? 'done' : `failed (${faultOf(alone)})`}`);
  }
}

/** Those of `packages` that apt knows a version of. */
async function candidates(packages: readonly string[], host: Host): Promise<Set<string>> {
  const { stdout } = await host.run('env', ['LC_ALL=C', 'apt-cache', 'policy', ...packages], 30_000);
  // A block for each package: its name and a colon, then indented lines, "Candidate: (none)" where there is no version.
  const found = [...stdout.matchAll(/^(\S+):\n(?: .*\n)*? +Candidate: (.+)$/gm)];
  return new Set(found.flatMap(([, name, version]) => (name === undefined || version === '(none)' ? [] : [name])));
}

/** Puts into the survey the command that a person can type for what we could not do. */
async function withMends(survey: Survey, host: Host): Promise<Installed> {
  const groups = groupsFor(survey, host);
  if (groups.length === 0) return survey;
  const known = await candidates(packagesOf(groups), host);
  // One command for all of it, whichever line it stands in.
  const command = asRoot(`apt-get update && apt-get install -y --no-install-recommends ${[...known].join(' ')}`, host);
  const mendOf = (status: MissingEngine): string =>
    known.has(STOCK[status.browser]) ? command : `npx playwright install --with-deps ${status.browser}`;
  return {
    engines: survey.engines.map((status) =>
      status.found || namesEndpoint(status.browser, host) ? status : { ...status, mend: mendOf(status) },
    ),
    lacks: survey.lacks,
    ...(survey.lacks.length > 0 ? { mendLacks: command } : {}),
  };
}

function asRoot(command: string, host: Host): string {
  if (host.isRoot) return command;
  return which(host, 'sudo') === undefined ? `su -c '${command}'` : `sudo sh -c '${command}'`;
}

interface Narrated {
  readonly outcome: Outcome;
  readonly lines: readonly string[];
}

const faultOf = ({ lines }: Narrated): string => firstFault(lines) ?? 'without a word';

/** Longest time without a line for the user. */
const SILENCE_MS = 15_000;

/** Runs an installer and says what its digest makes of its output, and that it is still alive when that is nothing. */
async function narrate(
  tools: Tools,
  label: string,
  command: readonly string[],
  { digest, ...options }: Omit<WatchOptions, 'onLine'> & { readonly digest: Digest },
): Promise<Narrated> {
  const started = Date.now();
  const lines: string[] = [];
  const say = (text: string): void => {
    heartbeat.refresh();
    tools.say(`${label}: ${text}`);
  };
  const heartbeat = setInterval(() => {
    say(`still at work after ${seconds(Date.now() - started)}`);
  }, SILENCE_MS);
  const outcome = await tools.watch(command, {
    ...options,
    onLine: (line) => {
      lines.push(line);
      const text = digest(line);
      if (text !== undefined) say(text);
    },
  });
  clearInterval(heartbeat);
  return { outcome, lines };
}

const seconds = (ms: number): string => `${String(Math.round(ms / 1_000))} s`;
