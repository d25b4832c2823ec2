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

/** Writes an observation into `folder` as a whole: a reader never sees half of one. */
export async function saveObservation(folder: string, { observation, outputs }: Observed): Promise<void> {
  const work = workName(folder);
  await mkdir(work, { recursive: true });
  for (const [index, output] of outputs.entries()) {
    await writeFile(
      path.join(work, observation.outputs[index]?.file ?? `output-${String(index)}.bin`),
      bytesOf(output),
    );
  }
  await writeFile(path.join(work, 'observation.json'), JSON.stringify(observation));
  await rm(folder, { recursive: true, force: true });
  try {
    await rename(work, folder);
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    // Another process that saved the same was quicker: its word is as good.
    if ((await loadObservation(folder)) === undefined) throw error;
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
