/**
 * The page without its records: one HTML file with its style and script in it. It is bundled once, and again when
 * something that it is made of has changed; a run only fills in its records.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { packageFolder, packageVersion } from '../../build/packages.js';
import { PROJECT_ROOT, workName } from '../../paths.js';

const FOLDER = path.join(PROJECT_ROOT, 'dist', 'matrix-page');
const SOURCES = ['src/report/matrix-page', 'src/protocol'] as const;
/** Modules of the reports that the page uses as well. */
const SHARED = ['outcome.ts', 'format.ts', 'order.ts', 'repeat.ts'].map((file) => `src/report/${file}`);

/** Where the records go. */
const RECORDS = '<script type="text/plain" id="records">';

/** The page with `packed` as its records. @param packed - see {@link packRecords} of data.ts */
export async function fillTemplate(packed: string): Promise<string> {
  return inserted(await template(), RECORDS, RECORDS + packed);
}

async function template(): Promise<string> {
  const file = path.join(FOLDER, `template-${await sourceStamp()}.html`);
  const made = await readFile(file, 'utf8').catch(() => undefined);
  if (made !== undefined) return made;
  const html = await bundle();
  // Written beside and moved into place: another run may read at this moment.
  const work = workName(file);
  await mkdir(FOLDER, { recursive: true });
  await writeFile(work, html);
  await rename(work, file);
  for (const old of await readdir(FOLDER)) {
    if (old.endsWith('.html') && old !== path.basename(file)) await rm(path.join(FOLDER, old), { force: true });
  }
  return html;
}

async function bundle(): Promise<string> {
  // Most runs find the page bundled.
  const { build } = await import('esbuild');
  const folder = path.join(PROJECT_ROOT, 'src', 'report', 'matrix-page', 'page');
  const result = await build({
    absWorkingDir: PROJECT_ROOT,
    entryPoints: [path.join(folder, 'main.ts'), path.join(folder, 'style.css')],
    outdir: FOLDER,
    write: false,
    bundle: true,
    format: 'iife',
    target: 'es2022',
    minify: true,
    metafile: true,
    charset: 'utf8',
    logLevel: 'silent',
  });
  const output = (extension: string): string => {
    const found = result.outputFiles.find((file) => file.path.endsWith(extension));
    if (found === undefined) throw new Error(`the bundler made no ${extension} file of the matrix page`);
    return found.text.trim();
  };
  const [script, style] = [output('.js'), output('.css')];
  const charset = '<meta charset="utf-8" />';
  const policy = `<meta http-equiv="Content-Security-Policy" content="${policyFor(script)}" />`;
  let html = await readFile(path.join(folder, 'index.html'), 'utf8');
  html = inserted(html, charset, charset + policy);
  html = inserted(html, '</html>', `</html>\n${await licences(Object.keys(result.metafile.inputs))}`);
  html = inserted(html, '<link rel="stylesheet" href="style.css" />', `<style>${style}</style>`);
  return inserted(html, '<script src="main.ts"></script>', `<script>${script}</script>`);
}

/** A comment with the licences of all packages that are in the bundle: the page travels without node_modules. */
async function licences(inputs: readonly string[]): Promise<string> {
  const packages = new Set(inputs.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []));
  const texts = await Promise.all(
    [...packages].sort().map(async (name) => {
      const folder = packageFolder(name);
      const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
      if (file === undefined) throw new Error(`${name} is bundled into the matrix page, but has no licence file`);
      return `${name}\n\n${(await readFile(path.join(folder, file), 'utf8')).trim()}`;
    }),
  );
  return `<!--\nThis page holds parts of these packages:\n\n${texts.join('\n\n').replaceAll('--', '\u2013')}\n-->\n`;
}

/** `html` with `place` replaced, which it must have. */
function inserted(html: string, place: string, text: string): string {
  if (!html.includes(place)) throw new Error(`the matrix page has no ${place}`);
  return html.replace(place, () => text);
}

/** Nothing is fetched from anywhere, and no script runs but the page's own: whatever a record holds stays text. */
function policyFor(script: string): string {
  const hash = createHash('sha256').update(script).digest('base64');
  return `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

/** A digest over everything that the template is made of. */
async function sourceStamp(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['@observablehq/plot', 'esbuild']) hash.update(`${name}@${packageVersion(name)}\n`);
  const files = await Promise.all(
    SOURCES.map(async (folder) => {
      const entries = await readdir(path.join(PROJECT_ROOT, folder), { recursive: true });
      return entries
        .filter((file) => /\.(ts|css|html)$/.test(file) && !file.endsWith('.test.ts'))
        .map((file) => `${folder}/${file}`);
    }),
  );
  for (const file of [...files.flat(), ...SHARED].sort()) {
    hash.update(`${file}\n`).update(await readFile(path.join(PROJECT_ROOT, file)));
  }
  return hash.digest('hex').slice(0, 16);
}
