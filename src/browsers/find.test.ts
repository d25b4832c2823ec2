import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BROWSERS, type BrowserName } from '../protocol/cell.js';
import type { Engine } from './engine.js';
import { buildFolder, findEngine, findEngines } from './find.js';
import { BUILDS, DEBIAN, fakeHost, type FakeMachine } from './host.fake.js';

/** The engine of a machine, which the test says is there. */
async function engineOf(browser: BrowserName, machine: FakeMachine): Promise<Engine> {
  const status = await findEngine(browser, fakeHost(machine));
  if (!status.found) throw new Error(`${browser}: ${status.why}`);
  return status.engine;
}

const isRoot = { ...DEBIAN, isRoot: true };

describe('stock browsers', () => {
  it('steers Chromium through Playwright, without a display', async () => {
    expect(await engineOf('chromium', DEBIAN)).toMatchObject({
      version: '156.0.8078.79',
      source: 'Debian stock',
      driver: 'playwright',
      executablePath: '/usr/bin/chromium',
      headless: true,
      needsDisplay: false,
      gpuPath: 'SwiftShader (WebGL, WebGPU)',
    });
  });

  it('turns Chromium’s sandbox off as root only', async () => {
    expect((await engineOf('chromium', DEBIAN)) as { args?: string[] }).not.toMatchObject({
      args: expect.arrayContaining(['--no-sandbox']) as string[],
    });
    expect(await engineOf('chromium', isRoot)).toMatchObject({
      args: expect.arrayContaining(['--no-sandbox']) as string[],
    });
  });

  it('steers Firefox over BiDi, in a window', async () => {
    expect(await engineOf('firefox', DEBIAN)).toMatchObject({
      version: '153.7.0esr',
      channel: 'moz-firefox',
      executablePath: '/usr/bin/firefox-esr',
      headless: false,
      needsDisplay: true,
      preferences: { 'dom.webgpu.enabled': true, 'webgl.force-enabled': true, 'gfx.webgpu.ignore-blocklist': true },
      gpuPath: 'llvmpipe (WebGL), lavapipe (WebGPU)',
    });
  });

  it('steers WebKitGTK through its WebDriver', async () => {
    expect(await engineOf('webkit', DEBIAN)).toMatchObject({
      version: '2.50.6',
      driver: 'webdriver',
      endpoint: { binary: '/usr/bin/WebKitWebDriver' },
      capabilities: {
        'webkitgtk:browserOptions': { binary: '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser' },
      },
      needsDisplay: true,
    });
  });

  it('asks the package manager for WebKitGTK’s version where MiniBrowser has no display to say it on', async () => {
    const binary = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';
    const owner = 'libwebkit2gtk-4.1-0:amd64';
    const prints = {
      [`dpkg-query --search ${binary}`]: `${owner}: ${binary}\n`,
      [`dpkg-query --show --showformat=\${Version} ${owner}`]: '2.50.6-1~deb12u2',
    };
    expect(await engineOf('webkit', { ...DEBIAN, prints })).toMatchObject({ version: '2.50.6' });
    expect(await engineOf('webkit', { ...DEBIAN, prints: {} })).toMatchObject({ version: 'unknown' });
  });

  it('finds a MiniBrowser of another API version', async () => {
    const binary = '/usr/libexec/webkitgtk-6.0/MiniBrowser';
    expect(await engineOf('webkit', { files: ['/usr/bin/WebKitWebDriver', binary] })).toMatchObject({
      capabilities: { 'webkitgtk:browserOptions': { binary } },
    });
  });

  it('does not take a snap’s stub for a browser, and takes the next that starts', async () => {
    const stub = { files: ['/usr/bin/chromium-browser'] };
    expect(await findEngine('chromium', fakeHost(stub))).toMatchObject({
      found: false,
      why: expect.stringContaining('/usr/bin/chromium-browser does not start') as string,
      mend: 'npm run setup',
    });
    const machine = {
      files: ['/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
      prints: { '/usr/bin/google-chrome --version': 'Google Chrome 156.0.8078.4\n' },
    };
    expect(await engineOf('chromium', machine)).toMatchObject({ executablePath: '/usr/bin/google-chrome' });
  });

  it('says what is missing of an engine that is there by half', async () => {
    expect(await findEngine('webkit', fakeHost({ files: ['/usr/bin/WebKitWebDriver'] }))).toMatchObject({
      found: false,
      why: expect.stringContaining('MiniBrowser') as string,
    });
    expect(await findEngine('firefox', fakeHost({}))).toMatchObject({ found: false, why: 'not installed' });
  });

  it('asks each binary for its version once', async () => {
    const host = fakeHost(DEBIAN);
    await Promise.all([findEngine('chromium', host), findEngine('chromium', host)]);
    await findEngine('chromium', host);
    expect(host.ran).toEqual(['/usr/bin/chromium --version']);
  });
});

describe('Playwright’s own builds', () => {
  const whole: FakeMachine = {
    ...DEBIAN,
    files: [
      ...(DEBIAN.files ?? []),
      ...Object.values(BUILDS),
      ...['/cache/chromium-1248', '/cache/firefox-1555', '/cache/webkit-2370'].map(
        (at) => `${at}/INSTALLATION_COMPLETE`,
      ),
    ],
    prints: {
      ...DEBIAN.prints,
      [`${BUILDS.chromium} --version`]: 'Google Chrome for Testing 156.0.8078.4\n',
      [`${BUILDS.firefox} --version`]: 'Mozilla Nightly 157.0\n',
    },
  };

  it('come first', async () => {
    for (const browser of BROWSERS) {
      const engine = await engineOf(browser, whole);
      expect(engine).toMatchObject({
        driver: 'playwright',
        executablePath: BUILDS[browser],
        source: 'Playwright build',
        version: `own-${browser}`,
      });
      expect(engine).not.toHaveProperty('channel');
    }
  });

  it('do not count when the download was cut short', async () => {
    const files = whole.files?.filter((path) => !path.endsWith('COMPLETE')) ?? [];
    expect(await engineOf('firefox', { ...whole, files })).toMatchObject({ source: 'Debian stock' });
  });

  it('do not count when they do not start', async () => {
    expect(await engineOf('chromium', { ...whole, prints: DEBIAN.prints ?? {} })).toMatchObject({
      source: 'Debian stock',
    });
  });

  it('stand in a folder with name and revision', () => {
    expect(buildFolder(BUILDS.firefox)).toBe('/cache/firefox-1555');
    expect(buildFolder('C:\\Users\\x\\ms-playwright\\chromium-1248\\chrome-win64\\chrome.exe')).toBe(
      'C:\\Users\\x\\ms-playwright\\chromium-1248',
    );
    expect(buildFolder('/opt/chrome/chrome')).toBeUndefined();
  });
});

describe('the way to the GPU', () => {
  const withGpu: FakeMachine = { ...DEBIAN, files: [...(DEBIAN.files ?? []), '/dev/dri/renderD128'] };
  const onXvfb = { '/tmp/.X99-lock': '      4711\n', '/proc/4711/comm': 'Xvfb\n' };

  it('forces no software where there is a GPU', async () => {
    const chromium = await engineOf('chromium', withGpu);
    expect(chromium.gpuPath).toBe('GPU (WebGL, WebGPU)');
    expect(JSON.stringify(chromium)).not.toMatch(/swiftshader/i);
    const firefox = await engineOf('firefox', { ...withGpu, env: { DISPLAY: ':0' } });
    expect(firefox.gpuPath).toBe('GPU (WebGL), GPU (WebGPU)');
    expect(JSON.stringify(firefox)).not.toMatch(/force-enabled|ignore-blocklist/);
  });

  it('knows that windows on Xvfb are drawn in software for all that', async () => {
    const machine = { ...withGpu, env: { DISPLAY: ':99' }, texts: { ...withGpu.texts, ...onXvfb } };
    expect((await engineOf('firefox', machine)).gpuPath).toBe('llvmpipe (WebGL), GPU (WebGPU)');
    expect((await engineOf('webkit', machine)).gpuPath).toBe('llvmpipe (WebGL)');
  });

  it('leaves the GPU alone when told to', async () => {
    const engine = await engineOf('chromium', { ...withGpu, env: { PLUMBLINE_GPU: 'software' } });
    expect(engine.gpuPath).toBe('SwiftShader (WebGL, WebGPU)');
  });

  it('finds an engine that lacks its rasterizers, and names them', async () => {
    const files = DEBIAN.files?.filter((path) => !/lvp_icd|swrast/.test(path)) ?? [];
    expect((await engineOf('firefox', { ...DEBIAN, files })).gpuPath).toBe(
      'no WebGL (lacks libgl1-mesa-dri), no WebGPU (lacks mesa-vulkan-drivers)',
    );
  });
});

describe('endpoints of the environment', () => {
  const env = { PLUMBLINE_WEBKIT_ENDPOINT: 'http://user:key@grid.test:4444/wd/hub' };
  const answering = ['http://user:key@grid.test:4444/wd/hub/status'];

  it('come before everything', async () => {
    const capabilities = '{"browserName":"MobileSafari","browserVersion":"27.2","appium:udid":"x"}';
    const engine = await engineOf('webkit', {
      ...DEBIAN,
      env: { ...env, PLUMBLINE_WEBKIT_CAPABILITIES: capabilities },
      answering,
    });
    expect(engine).toMatchObject({
      driver: 'webdriver',
      version: '27.2',
      endpoint: { url: 'http://user:key@grid.test:4444/wd/hub/' },
      capabilities: JSON.parse(capabilities) as object,
      needsDisplay: false,
    });
    // Sources go into bug reports.
    expect(engine.source).toBe('PLUMBLINE_WEBKIT_ENDPOINT');
  });

  it('have a browser name of their own without capabilities', async () => {
    expect(await engineOf('webkit', { env, answering })).toMatchObject({ capabilities: { browserName: 'safari' } });
  });

  it('are missing, not replaced, when nothing answers', async () => {
    expect(await findEngine('webkit', fakeHost({ ...DEBIAN, env }))).toMatchObject({
      found: false,
      why: expect.stringContaining('nothing answers') as string,
      mend: 'unset PLUMBLINE_WEBKIT_ENDPOINT',
    });
  });

  it.each([
    [{ PLUMBLINE_CHROMIUM_ENDPOINT: 'grid' }, 'PLUMBLINE_CHROMIUM_ENDPOINT'],
    [{ PLUMBLINE_CHROMIUM_ENDPOINT: 'file:///x' }, 'PLUMBLINE_CHROMIUM_ENDPOINT'],
    [{ PLUMBLINE_CHROMIUM_ENDPOINT: 'http://x', PLUMBLINE_CHROMIUM_CAPABILITIES: '{' }, 'CAPABILITIES'],
    [{ PLUMBLINE_CHROMIUM_ENDPOINT: 'http://x', PLUMBLINE_CHROMIUM_CAPABILITIES: '[]' }, 'CAPABILITIES'],
  ])('are refused by name when they cannot be read: %j', async (wrong, name) => {
    const host = fakeHost({ env: wrong, answering: ['http://x/status'] });
    await expect(findEngine('chromium', host)).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining(name) as string,
    });
  });
});

describe('this machine', () => {
  /** Whether a program is on PATH, found out apart from the code under test. */
  const isHere = (name: string): boolean =>
    (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

  it('shows the engines that it has', async () => {
    const found = (await findEngines()).flatMap((status) => (status.found ? [status.engine] : []));
    // After `npm run setup`, which comes before every test run, there is at least one.
    expect(found.length).toBeGreaterThan(0);
    const marks = { chromium: 'chromium', firefox: 'firefox-esr', webkit: 'WebKitWebDriver' };
    for (const browser of BROWSERS) {
      if (process.platform === 'linux' && isHere(marks[browser])) {
        expect(found.map((engine) => engine.browser)).toContain(browser);
      }
    }
    for (const engine of found) expect(engine.version).toMatch(/^\d+(\.\d+)+|^unknown$/);
  });
});
