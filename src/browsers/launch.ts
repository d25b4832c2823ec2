/** The flags and preferences that browsers are launched with, and why each is there. */
import type { Graphics } from './graphics.js';
import type { Host } from './host.js';

/**
 * Chromium's arguments. Playwright adds many of its own before them, among them the ones that keep Chromium from calling
 * home (`--disable-background-networking`, `--disable-component-update`, `--disable-sync`, `--no-first-run`).
 */
export function chromiumArgs(graphics: Graphics, host: Pick<Host, 'platform' | 'isRoot'>): string[] {
  return [
    // Chromium's sandbox does not start as root.
    ...(host.isRoot ? ['--no-sandbox'] : []),
    ...(graphics.gpu ? CHROMIUM_ON_GPU : CHROMIUM_ON_SOFTWARE),
    ...(graphics.gpu && host.platform === 'linux' ? CHROMIUM_ON_LINUX_GPU : []),
    // Heap sizes as they are; else `performance.memory` is rounded and refreshed once in 20 minutes.
    '--enable-precise-memory-info',
    // Lets the page collect garbage before it reads a memory size.
    '--js-flags=--expose-gc',
    // `measureUserAgentSpecificMemory()` measures at once; else it waits for the next garbage collection, up to 20 s.
    '--enable-blink-features=ForceEagerMeasureMemory',
    // What Playwright's flags leave of its calls home ends in the browser and not at a name server.
    '--host-resolver-rules=MAP update.googleapis.com ~NOTFOUND, MAP accounts.google.com ~NOTFOUND',
  ];
}

/** SwiftShader draws WebGL and computes WebGPU; both have to be asked for, as it is software. */
const CHROMIUM_ON_SOFTWARE = [
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

const CHROMIUM_ON_GPU = ['--enable-unsafe-webgpu', '--ignore-gpu-blocklist'];

/** Headless on Linux needs Vulkan for the GPU: the recipe of developer.chrome.com/blog/supercharge-web-ai-testing. */
const CHROMIUM_ON_LINUX_GPU = [
  '--use-angle=vulkan',
  '--disable-vulkan-surface',
  // Of several `--enable-features` only the last counts, so Playwright's own is said again.
  '--enable-features=Vulkan,CDPScreenshotNewSurface',
];

/** A preference of Firefox, as in `about:config`. */
export type Preferences = Readonly<Record<string, string | number | boolean>>;

/** Firefox's preferences. Playwright writes many of its own before them, telemetry and updates off among them. */
export function firefoxPreferences(graphics: Graphics): Preferences {
  return {
    'dom.webgpu.enabled': true,
    // Firefox lists software renderers among the blocked; a real GPU that it blocks is blocked for its users, too.
    ...(graphics.gpuDrawsWindows ? {} : { 'webgl.force-enabled': true }),
    ...(graphics.gpu ? {} : { 'gfx.webgpu.ignore-blocklist': true }),
    // The renderer's true name ("llvmpipe (LLVM 15.0.6, 256 bits)") in place of "llvmpipe, or similar".
    'webgl.sanitize-unmasked-renderer': false,
    // `performance.mozMemory`: sizes of the garbage-collected and the malloc heap.
    'dom.enable_memory_stats': true,
    ...FIREFOX_QUIET,
  };
}

/** Services that would otherwise look for their servers all the time, for nothing where the network is closed. */
const FIREFOX_QUIET: Preferences = {
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.dns.disablePrefetch': true,
  'browser.region.network.url': '',
  'browser.safebrowsing.provider.google4.updateURL': '',
  'browser.safebrowsing.provider.mozilla.updateURL': '',
  'app.update.auto': false,
  'app.normandy.enabled': false,
  'dom.push.connection.enabled': false,
  'toolkit.telemetry.enabled': false,
  'toolkit.telemetry.server': 'data:,',
  // A release build does not let its remote-settings server be changed, so that server's name leads to this machine,
  // where nothing listens on port 443.
  'network.dns.localDomains': 'firefox.settings.services.mozilla.com,content-signature-2.cdn.mozilla.net',
};
