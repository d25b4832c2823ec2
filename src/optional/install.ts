/** Brings an optional model into the matrix: package, files, inputs, card, and what is known not to pass. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { addModel } from '../add/add.js';
import { readModelFile } from '../add/read.js';
import { modelsDir } from '../paths.js';
import { PlumblineError } from '../protocol/errors.js';
import { makeInputs } from './inputs.js';
import type { OptionalModel } from './model.js';
import { fetchPackage, takeFiles } from './package.js';

/** What the folder was made from: tells it from a model of the user's that has the same name, and from an older one. */
const STAMP = 'optional.json';

export interface InstallOptions {
  /** Whether it is made anew where it is there. */
  readonly force: boolean;
  /** Told what was found and decided. */
  readonly say: (line: string) => void;
}

/**
 * Its folder keeps itself out of git: models of others are fetched, not committed.
 * @returns whether it was made, or was there
 * @throws PlumblineError as {@link fetchPackage}, {@link takeFiles} and {@link addModel}; `E_USAGE` when a model of that
 *   name is there that is none of these
 */
export async function installOptional(model: OptionalModel, { force, say }: InstallOptions): Promise<'made' | 'there'> {
  const folder = path.join(modelsDir(), model.name);
  const stamp = JSON.stringify(model, null, 2);
  if (existsSync(folder)) {
    const found = await readFile(path.join(folder, STAMP), 'utf8').catch(() => undefined);
    if (found === stamp && !force) return 'there';
    if (found === undefined) {
      throw new PlumblineError('E_USAGE', `there is a model "${model.name}" already, and it is not the optional one`, {
        hint: `Rename it, or take it away: ${folder}`,
      });
    }
  }
  const tarball = await fetchPackage(model.package);
  const work = await mkdtemp(path.join(tmpdir(), 'plumbline-optional-'));
  try {
    await takeFiles(tarball, model.files, work);
    const file = path.join(work, model.files[0] ?? '');
    const { name, version } = model.package;
    await addModel({
      file,
      name: model.name,
      data: await makeInputs(model, await readModelFile(file), file),
      // What is there is an earlier form of the same.
      force: true,
      models: modelsDir(),
      origin: {
        title: model.title,
        command: `npx plumbline optional ${model.name}`,
        source: model.source,
        note: `From the npm package ${name}@${version}; licence of the model: ${model.licence}`,
        rounding: model.rounding,
      },
      beside: {
        '.gitignore': '*\n',
        [STAMP]: stamp,
        'expectations.json': `${JSON.stringify(model.expectations, null, 2)}\n`,
      },
      say,
    });
    return 'made';
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
