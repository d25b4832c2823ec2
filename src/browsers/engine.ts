/** Which browser binary stands for an engine on this machine, and by which driver it is steered. */
import type { BrowserName } from '../protocol/cell.js';

/** How an installed engine is launched. */
export type Engine = {
  readonly browser: BrowserName;
  /** What `--version` says, without the product's name. */
  readonly version: string;
  /** "Playwright build", "Debian stock" and the like, for people. */
  readonly source: string;
  /** What renders WebGL and WebGPU here, for people: "SwiftShader (WebGL, WebGPU)". */
  readonly gpuPath: string;
  /** Whether it needs an X display (there is a headed window). */
  readonly needsDisplay: boolean;
} & (
  | {
      readonly driver: 'playwright';
      /** Playwright's channel; absent: its own build. */
      readonly channel?: string | undefined;
      readonly executablePath: string;
      readonly args: readonly string[];
      /** Firefox preferences; empty for others. */
      readonly preferences: Readonly<Record<string, string | number | boolean>>;
      readonly headless: boolean;
    }
  | {
      readonly driver: 'webdriver';
      /** The driver binary to start on a free port, or the address of an endpoint that already runs (a grid, safaridriver). */
      readonly endpoint: { readonly binary: string } | { readonly url: string };
      /** W3C capabilities, vendor ones included. */
      readonly capabilities: Readonly<Record<string, unknown>>;
    }
);

/** An engine that this machine lacks. */
export interface MissingEngine {
  readonly browser: BrowserName;
  readonly why: string;
  /** The one command that mends it. */
  readonly mend: string;
}

export type EngineStatus =
  { readonly found: true; readonly engine: Engine } | ({ readonly found: false } & MissingEngine);
