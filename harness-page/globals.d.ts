import type { PageBridge } from '../src/protocol/messages.js';

declare global {
  /** Put in by the build (src/build/page.ts). */
  const PLUMBLINE_VENDOR: Readonly<Record<'ort' | 'tfjs-wasm' | 'litert', string>>;
  const PLUMBLINE_TFJS_VERSION: string;
  const PLUMBLINE_LITERT_VERSION: string;

  interface Window {
    plumbline: PageBridge;
  }

  /** ES2024; not in every browser. */
  interface ArrayBuffer {
    transfer?(newByteLength: number): ArrayBuffer;
  }

  /** Chromium alone. */
  interface Performance {
    readonly memory?: { readonly usedJSHeapSize: number };
    readonly measureUserAgentSpecificMemory?: () => Promise<{ readonly bytes: number }>;
  }
}
