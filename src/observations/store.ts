/** Observations on disk: `observation.json` and one file of bytes an output, so that verdicts can be recomputed offline. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { observationSchema, type Observation, type TensorData } from '../protocol/observation.js';
import { workName } from '../paths.js';
import { bytesOf, tensorFromBytes } from './tensors.js';

/** An observation together with the values of its outputs. */
export interface Observed {
  readonly observation: Observation;
  readonly outputs: readonly TensorData[];
}

/** The bytes of each output, with the name of the file that they are kept in. */
export function outputFiles({ observation, outputs }: Observed): { file: string; bytes: Uint8Array }[] {
  return observation.outputs.flatMap(({ file }, index) => {
    const output = outputs[index];
    return output === undefined ? [] : [{ file, bytes: bytesOf(output) }];
  });
}

/** Writes an observation into `folder` as a whole: a reader never sees half of one. */
export async function saveObservation(folder: string, observed: Observed): Promise<void> {
  const work = workName(folder);
  await mkdir(work, { recursive: true });
  for (const { file, bytes } of outputFiles(observed)) await writeFile(path.join(work, file), bytes);
  await writeFile(path.join(work, 'observation.json'), JSON.stringify(observed.observation));
  await moveInto(work, folder);
}

/** How often a move is tried that others, who save the same, get in the way of. */
const TRIES = 20;

async function moveInto(work: string, folder: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rm(folder, { recursive: true, force: true });
      await rename(work, folder);
      return;
    } catch (error) {
      if (attempt < TRIES) continue;
      await rm(work, { recursive: true, force: true });
      throw error;
    }
  }
}

/** Reads it back; `undefined` where there is none or it is broken. */
export async function loadObservation(folder: string): Promise<Observed | undefined> {
  try {
    const observation = observationSchema.parse(
      JSON.parse(await readFile(path.join(folder, 'observation.json'), 'utf8')),
    );
    const outputs = await Promise.all(
      observation.outputs.map(async ({ name, dtype, shape, file }) =>
        tensorFromBytes(name, dtype, shape, await readFile(path.join(folder, file))),
      ),
    );
    return { observation, outputs };
  } catch {
    return undefined;
  }
}
