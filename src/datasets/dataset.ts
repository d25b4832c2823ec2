/** A dataset on disk: raw samples and labels in a folder that the server mounts as it is. */
import { closeSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { DatasetDescriptor } from '../protocol/dataset.js';
import type { Observation } from '../protocol/observation.js';

/** A labelled dataset in its raw form, in a folder whose name carries the digest of its content. */
export class Dataset {
  constructor(
    readonly descriptor: DatasetDescriptor,
    /** The folder that holds the files of the descriptor. */
    readonly folder: string,
  ) {}

  /** Name of the folder, `mnist-test-0123456789ab`: its place below the server's `/datasets/`. */
  get slug(): string {
    return path.basename(this.folder);
  }

  /** The dataset as observations and records refer to it. */
  get reference(): Observation['dataset'] {
    const { name, split, n, samples, generated } = this.descriptor;
    return { name, split, n, sha256: samples.sha256, ...(generated === undefined ? {} : { generated }) };
  }

  /** All samples, one after the other. Large: take only what you need with {@link sample} where you can. */
  async samples(): Promise<Uint8Array> {
    return await readFile(path.join(this.folder, this.descriptor.samples.file));
  }

  /** One class index a sample; `undefined` where nothing is labelled. */
  async labels(): Promise<Uint8Array | undefined> {
    const { labels } = this.descriptor;
    return labels === undefined ? undefined : await readFile(path.join(this.folder, labels.file));
  }

  /** The raw bytes of one sample. */
  sample(index: number): Uint8Array {
    const bytes = this.descriptor.samples.bytes / this.descriptor.n;
    const buffer = Buffer.alloc(bytes);
    const file = openSync(path.join(this.folder, this.descriptor.samples.file), 'r');
    try {
      readSync(file, buffer, 0, bytes, index * bytes);
    } finally {
      closeSync(file);
    }
    return buffer;
  }
}
