/** A dataset on disk: raw samples and labels in a folder that the server mounts as it is. */
import { closeSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { tensorBytes } from '../observations/tensors.js';
import type { DatasetDescriptor, DatasetField } from '../protocol/dataset.js';
import { PlumblineError } from '../protocol/errors.js';
import type { Observation } from '../protocol/observation.js';
import { sha256 } from './checksum.js';

/** A labelled dataset in its raw form, in a folder whose name carries the digest of its content. */
export class Dataset {
  readonly #digests = new Map<number, Promise<string>>();

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
    const { name, split, n, generated } = this.descriptor;
    return { name, split, n, sha256: this.digest, ...(generated === undefined ? {} : { generated }) };
  }

  /** Digest of all samples: that of the one field, or over those of all fields. */
  get digest(): string {
    const [first, ...others] = this.descriptor.fields.map((field) => field.sha256);
    return first !== undefined && others.length === 0 ? first : sha256([first, ...others].join('\n'));
  }

  /** SHA-256 of the first `n` samples as they travel; of several fields, one field's after the other's. */
  digestOfFirst(n: number): Promise<string> {
    // Asked for by every artifact whose outputs were recorded over these samples.
    const pending = this.#digests.get(n) ?? this.#hashFirst(n);
    this.#digests.set(n, pending);
    return pending;
  }

  async #hashFirst(n: number): Promise<string> {
    const parts = await Promise.all(
      this.descriptor.fields.map(async ({ dtype, shape }, field) => {
        return (await this.samples(field)).subarray(0, n * tensorBytes(dtype, shape));
      }),
    );
    return sha256(Buffer.concat(parts));
  }

  /** All samples of a field, one after the other. Large: take only what you need with {@link sample} where you can. */
  async samples(field = 0): Promise<Uint8Array> {
    return await readFile(this.#fieldFile(field));
  }

  /** One class index a sample; `undefined` where nothing is labelled. */
  async labels(): Promise<Uint8Array | undefined> {
    const { labels } = this.descriptor;
    return labels === undefined ? undefined : await readFile(path.join(this.folder, labels.file));
  }

  /** The raw bytes of one sample of a field; where the field holds one sample for all, those of that one. */
  sample(index: number, field = 0): Uint8Array {
    const { dtype, shape, bytes: all } = this.#field(field);
    const bytes = tensorBytes(dtype, shape);
    const buffer = Buffer.alloc(bytes);
    const file = openSync(this.#fieldFile(field), 'r');
    try {
      readSync(file, buffer, 0, bytes, all === bytes ? 0 : index * bytes);
    } finally {
      closeSync(file);
    }
    return buffer;
  }

  #field(index: number): DatasetField {
    const field = this.descriptor.fields[index];
    if (field === undefined)
      throw new PlumblineError('E_INTERNAL', `${this.descriptor.name} has no field ${String(index)}`);
    return field;
  }

  #fieldFile(index: number): string {
    return path.join(this.folder, this.#field(index).file);
  }
}
