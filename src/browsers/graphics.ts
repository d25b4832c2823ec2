/** What draws WebGL and WebGPU on this machine: its GPU, or software, and which of the software is not installed. */
import type { BrowserName } from '../protocol/cell.js';
import { which, type Host } from './host.js';

export interface Graphics {
  /** Whether there is a GPU that this user may use. macOS and Windows always have one for us. */
  readonly gpu: boolean;
  /** Whether windows are drawn by that GPU: not so on a display that Xvfb makes up in memory. */
  readonly gpuDrawsWindows: boolean;
  /** Packages (Debian's names) that software WebGL needs and that are not here. */
  readonly missingForGl: readonly string[];
  /** The same for software WebGPU, which runs on Vulkan. */
  readonly missingForVulkan: readonly string[];
}

/** A package, and the file whose presence shows that it is installed. */
interface Piece {
  readonly apt: string;
  readonly shownBy: RegExp;
}

/** Mesa renamed the file that holds its rasterizer in 24.2, hence two names. */
const GL_PIECES: readonly Piece[] = [
  { apt: 'libgl1-mesa-dri', shownBy: /^(swrast_dri\.so|libgallium-.*\.so)$/ },
  { apt: 'libegl1', shownBy: /^libEGL\.so\.1$/ },
  { apt: 'libgl1', shownBy: /^libGL\.so\.1$/ },
  { apt: 'libgles2', shownBy: /^libGLESv2\.so\.2$/ },
  // Firefox asks it which GPU there is, and turns WebGL off without an answer.
  { apt: 'libpci3', shownBy: /^libpci\.so\.3$/ },
];
const VULKAN_PIECE: Piece = { apt: 'mesa-vulkan-drivers', shownBy: /^lvp_icd.*\.json$/ };

const TRIPLETS: Readonly<Record<string, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** Folders of shared libraries, the distribution families' ways. */
export function libraryFolders(host: Host): string[] {
  const triplet = TRIPLETS[host.arch];
  return [...(triplet === undefined ? [] : [`/usr/lib/${triplet}`]), '/usr/lib64', '/usr/lib'];
}

/** Looks at the machine; reads a few folders, starts nothing. */
export function graphicsOf(host: Host): Graphics {
  if (host.platform !== 'linux') {
    return { gpu: true, gpuDrawsWindows: true, missingForGl: [], missingForVulkan: [] };
  }
  const gpu = hasGpu(host);
  const gpuDrawsWindows = gpu && hasRealDisplay(host);
  const libraries = libraryFolders(host).flatMap((folder) => [...host.list(folder), ...host.list(`${folder}/dri`)]);
  const drivers = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d'].flatMap((folder) => host.list(folder));
  const missing = (pieces: readonly Piece[], files: readonly string[]): string[] =>
    pieces.filter(({ shownBy }) => !files.some((file) => shownBy.test(file))).map(({ apt }) => apt);
  return {
    gpu,
    gpuDrawsWindows,
    missingForGl: gpuDrawsWindows ? [] : missing(GL_PIECES, libraries),
    missingForVulkan: gpu ? [] : missing([VULKAN_PIECE], drivers),
  };
}

/** `PLUMBLINE_GPU=software` leaves a GPU alone: to compare, or because its driver is broken. */
function hasGpu(host: Host): boolean {
  if (host.env['PLUMBLINE_GPU'] === 'software') return false;
  const renderNodes = host.list('/dev/dri').filter((name) => name.startsWith('renderD'));
  // NVIDIA's own driver in a container shows its control device, without a render node.
  return renderNodes.some((name) => host.readable(`/dev/dri/${name}`)) || host.readable('/dev/nvidiactl');
}

/** Whether DISPLAY names an X server that is not Xvfb, told by the process that its lock file names. */
function hasRealDisplay(host: Host): boolean {
  const display = host.env['DISPLAY'] ?? '';
  if (display === '') return false;
  const number = /^(?:unix)?:(\d+)/.exec(display)?.[1];
  const pid = number === undefined ? undefined : host.text(`/tmp/.X${number}-lock`)?.trim();
  return pid === undefined || host.text(`/proc/${pid}/comm`)?.trim() !== 'Xvfb';
}

/** How an engine comes by its pixels and its compute: WebKit's two kinds differ. */
export type Renderer = 'chromium' | 'firefox' | 'webkit-stock' | 'webkit-own';

/** For people: what renders WebGL and WebGPU, and what is missing for it. */
export function gpuPath(renderer: Renderer, graphics: Graphics): string {
  const webgl = graphics.gpuDrawsWindows ? 'GPU (WebGL)' : software('WebGL', 'llvmpipe', graphics.missingForGl);
  const webgpu = graphics.gpu ? 'GPU (WebGPU)' : software('WebGPU', 'lavapipe', graphics.missingForVulkan);
  switch (renderer) {
    case 'chromium':
      // It draws headless, so no display comes into it, and it brings its own software.
      return graphics.gpu ? 'GPU (WebGL, WebGPU)' : 'SwiftShader (WebGL, WebGPU)';
    case 'firefox':
      return `${webgl}, ${webgpu}`;
    case 'webkit-stock':
      return webgl;
    case 'webkit-own':
      return graphics.gpu ? 'GPU (WebGL)' : 'software (WebGL)';
  }
}

const software = (api: string, name: string, missing: readonly string[]): string =>
  missing.length === 0 ? `${name} (${api})` : `no ${api} (lacks ${missing.join(', ')})`;

/** A package that the machine's browsers would need to show all they can, and what for. */
export interface Lack {
  readonly apt: string;
  readonly what: 'display' | 'WebGL' | 'WebGPU';
}

/** What the given engines lack of rasterizers and display; `displayLives`: an X server answers. */
export function lacksOf(
  host: Host,
  engines: readonly { browser: BrowserName; needsDisplay: boolean }[],
  displayLives: boolean,
): Lack[] {
  // What needs no display draws with software of its own.
  const headed = engines.filter((engine) => engine.needsDisplay);
  if (headed.length === 0) return [];
  const graphics = graphicsOf(host);
  const firefox = headed.some((engine) => engine.browser === 'firefox');
  return [
    ...(displayLives || which(host, 'Xvfb') !== undefined ? [] : [{ apt: 'xvfb', what: 'display' } as const]),
    ...graphics.missingForGl.map((apt) => ({ apt, what: 'WebGL' }) as const),
    ...(firefox ? graphics.missingForVulkan : []).map((apt) => ({ apt, what: 'WebGPU' }) as const),
  ];
}
