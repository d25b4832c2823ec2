/**
 * Builds the harness page into one folder of static files. Page code is bundled with hashed names; the runtimes' own
 * distribution files are copied as they are, for they load their wasm binaries and workers relative to themselves.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { PROJECT_ROOT, workName } from '../paths.js';
import { packageFolder, packageVersion } from './packages.js';

export interface BuildOptions {
  /** Where the page goes; default `dist/harness-page`. */
  readonly outDir?: string;
  /** esbuild plugins; the project's tests swap an adapter for a faulty one this way. */
  readonly plugins?: readonly Plugin[];
}

/** A runtime whose files are copied: the package, the folder in it, and which files. */
const VENDORED = [
  {
    key: 'ort',
    name: 'onnxruntime-web',
    folder: 'dist',
    files: /^(ort\.(wasm|webgl|webgpu|all)\.min\.mjs|ort-wasm-.*\.(mjs|wasm))$/,
  },
  { key: 'tfjs-wasm', name: '@tensorflow/tfjs-backend-wasm', folder: 'dist', files: /\.wasm$/ },
  { key: 'litert', name: '@litertjs/core', folder: 'wasm', files: /^litert_wasm_.*\.(js|wasm)$/ },
] as const;

export const DEFAULT_PAGE_DIR = path.join(PROJECT_ROOT, 'dist', 'harness-page');

/**
 * Builds the page where its sources, the shared code or the runtimes have changed since the last build.
 *
 * @returns the folder of the page, and whether anything had to be done
 */
export async function buildPage(options: BuildOptions = {}): Promise<{ outDir: string; built: boolean }> {
  const outDir = options.outDir ?? DEFAULT_PAGE_DIR;
  const stamp = await sourceStamp();
  const stampFile = path.join(outDir, '.stamp');
  const plugins = options.plugins ?? [];
  if (plugins.length === 0 && (await readFile(stampFile, 'utf8').catch(() => '')) === stamp)
    return { outDir, built: false };

  // Built beside and moved into place, so that a run never serves half a page.
  const work = workName(outDir);
  await mkdir(work, { recursive: true });
  const vendor: Record<string, string> = {};
  for (const entry of VENDORED) vendor[entry.key] = await copyVendor(entry, work);

  const result = await build({
    absWorkingDir: PROJECT_ROOT,
    entryPoints: ['harness-page/main.ts', 'harness-page/worker.ts', 'harness-page/style.css'],
    entryNames: '[name]-[hash]',
    chunkNames: 'chunks/[name]-[hash]',
    outdir: work,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    sourcemap: true,
    metafile: true,
    logLevel: 'silent',
    mainFields: ['module', 'browser', 'main'],
    define: {
      PLUMBLINE_VENDOR: JSON.stringify(vendor),
      PLUMBLINE_TFJS_VERSION: JSON.stringify(packageVersion('@tensorflow/tfjs')),
      PLUMBLINE_LITERT_VERSION: JSON.stringify(packageVersion('@litertjs/core')),
    },
    plugins: [...plugins],
  });
  await writeIndex(work, Object.keys(result.metafile.outputs));
  await writeFile(path.join(work, '.stamp'), stamp);
  await rm(outDir, { recursive: true, force: true });
  await mkdir(path.dirname(outDir), { recursive: true });
  await rename(work, outDir);
  return { outDir, built: true };
}

async function copyVendor(entry: (typeof VENDORED)[number], outDir: string): Promise<string> {
  const from = path.join(packageFolder(entry.name), entry.folder);
  // The version in the path is what makes immutable caching right for these.
  const relative = `vendor/${entry.name.replace(/^@/, '').replace('/', '-')}-${packageVersion(entry.name)}/`;
  await mkdir(path.join(outDir, relative), { recursive: true });
  for (const file of await readdir(from)) {
    if (!entry.files.test(file)) continue;
    await copyFile(path.join(from, file), path.join(outDir, relative, file), constants.COPYFILE_FICLONE);
  }
  return relative;
}

async function writeIndex(outDir: string, outputs: readonly string[]): Promise<void> {
  const named = (pattern: RegExp): string => {
    const found = outputs.map((file) => path.basename(file)).find((file) => pattern.test(file));
    if (found === undefined) throw new Error(`the bundler made no file like ${String(pattern)}`);
    return found;
  };
  const html = await readFile(path.join(PROJECT_ROOT, 'harness-page', 'index.html'), 'utf8');
  const linked = html
    .replace('main.ts', named(/^main-.*\.js$/))
    .replace('worker.ts', await writeWorkerScript(outDir, named(/^worker-.*\.js$/)))
    .replace('style.css', named(/^style-.*\.css$/));
  await writeFile(path.join(outDir, 'index.html'), linked);
}

/**
 * The worker is a classic one that imports its module by hand, for LiteRT.js loads its wasm by `importScripts`, which a
 * module worker refuses. The bundler makes no such script.
 */
async function writeWorkerScript(outDir: string, module: string): Promise<string> {
  const name = module.replace('worker-', 'worker-script-');
  await writeFile(path.join(outDir, name), `import('./${module}');\n`);
  return name;
}

/** A digest over everything that the page is made of. */
async function sourceStamp(): Promise<string> {
  const hash = createHash('sha256');
  for (const entry of VENDORED) hash.update(`${entry.name}@${packageVersion(entry.name)}\n`);
  hash.update(`tfjs@${packageVersion('@tensorflow/tfjs')}\n`);
  for (const folder of ['harness-page', 'src/protocol', 'src/build']) {
    const files = await readdir(path.join(PROJECT_ROOT, folder), { recursive: true });
    for (const file of files.sort()) {
      if (!/\.(ts|css|html)$/.test(file) || file.endsWith('.test.ts')) continue;
      hash.update(`${folder}/${file}\n`).update(await readFile(path.join(PROJECT_ROOT, folder, file)));
    }
  }
  return hash.digest('hex');
}
