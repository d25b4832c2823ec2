/**
 * CIFAR-10: 50,000 images to train with, 10,000 to test with (Krizhevsky, "Learning Multiple Layers of Features from
 * Tiny Images", 2009), from its official binary form or from an archive of JPEG files. A sample is uint8 [32, 32, 3].
 */
import { decode } from '@cwasm/jpeg-turbo';
import { messageOf, PlumblineError } from '../protocol/errors.js';
import { entriesOf } from './archives.js';
import { findForm, type Form, type Found } from './find.js';
import { parsedOnce, type Loaded, type Split } from './parsed.js';
import type { RawDataset } from './store.js';

interface CifarForm extends Form {
  /** `batches`: records of label and planes; `jpeg`: a file an image, in a folder a class. */
  readonly layout: 'batches' | 'jpeg';
}

export const CIFAR10_FORMS: readonly CifarForm[] = [
  {
    file: 'cifar-10-binary.tar.gz',
    packing: 'tar.gz',
    layout: 'batches',
    sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
    official: { url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz', bytes: 170_052_171 },
  },
  {
    file: 'cifar10-jpeg.zip',
    packing: 'zip',
    layout: 'jpeg',
    sha256: 'b20b3981400f968128249693c8fab22ffd1890b01ebee66e7a463b388e0a68e8',
  },
  { file: 'cifar-10-batches-bin', packing: 'folder', layout: 'batches' },
  { file: 'cifar10-jpeg', packing: 'folder', layout: 'jpeg' },
];

/** In the order of the labels. */
export const CIFAR10_CLASSES = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
] as const;

const SIDE = 32;
const PLANE = SIDE * SIDE;
const CHANNELS = 3;
const SAMPLE = PLANE * CHANNELS;

/** Images of each class. */
const PER_CLASS: Readonly<Record<Split, number>> = { train: 5_000, test: 1_000 };

const EDITION = 1;

/**
 * The official form keeps its own order, which is random. The JPEG files come by turns of the classes, each class in the
 * order of its file names. The two are not the same samples: JPEG has its losses.
 * @throws PlumblineError `E_DATASET_MISSING`, `E_CHECKSUM`, `E_DATASET_FORMAT`
 */
export async function loadCifar10(split: Split): Promise<Loaded> {
  const found = await findForm('cifar10', CIFAR10_FORMS);
  const key = { name: 'cifar10', source: found.digest, edition: EDITION, part: split };
  return await parsedOnce(key, split, async () => ({ datasets: { [split]: await parseCifar10(found, split) } }));
}

/** Reads one split, which must have `perClass` images of each class. */
export async function parseCifar10(
  found: Pick<Found<CifarForm>, 'file' | 'form'>,
  split: Split,
  perClass = PER_CLASS[split],
): Promise<RawDataset> {
  const read = { batches: readBatches, jpeg: readJpegs }[found.form.layout];
  const { samples, labels } = await read(found, split);
  CIFAR10_CLASSES.forEach((name, label) => {
    const n = labels.reduce((count, one) => count + (one === label ? 1 : 0), 0);
    if (n !== perClass)
      throw wrong(found.file, `it has ${String(n)} images of "${name}" to ${split} with, not ${String(perClass)}`);
  });
  return {
    name: 'cifar10',
    split,
    n: labels.length,
    sample: { dtype: 'uint8', shape: [SIDE, SIDE, CHANNELS] },
    samples,
    labels,
  };
}

type Samples = Required<Pick<RawDataset, 'samples' | 'labels'>>;
type Reader = (found: Pick<Found<CifarForm>, 'file' | 'form'>, split: Split) => Promise<Samples>;

/** Records of 3,073 bytes: the label, then 1,024 bytes each of red, green and blue, row by row. */
const readBatches: Reader = async ({ file, form }, split) => {
  const batch =
    split === 'train' ? /^cifar-10-batches-bin\/data_batch_[1-5]\.bin$/ : /^cifar-10-batches-bin\/test_batch\.bin$/;
  const batches = await collect(file, form, (entry) => batch.test(entry));
  const n = batches.reduce((sum, { path, bytes }) => {
    if (bytes.length % (1 + SAMPLE) !== 0) throw wrong(file, `${path} has ${String(bytes.length)} bytes`);
    return sum + bytes.length / (1 + SAMPLE);
  }, 0);
  const samples = new Uint8Array(n * SAMPLE);
  const labels = new Uint8Array(n);
  let index = 0;
  for (const { path, bytes } of batches) {
    for (let at = 0; at < bytes.length; at += 1 + SAMPLE, index++) {
      const label = bytes[at] ?? 0;
      if (label >= CIFAR10_CLASSES.length) throw wrong(file, `${path} has a label ${String(label)}`);
      labels[index] = label;
      interleave(bytes.subarray(at + 1, at + 1 + SAMPLE), samples.subarray(index * SAMPLE));
    }
  }
  return { samples, labels };
};

/** Planes [3, 32, 32] to pixels [32, 32, 3]. */
function interleave(planes: Uint8Array, pixels: Uint8Array): void {
  for (let channel = 0; channel < CHANNELS; channel++)
    for (let place = 0; place < PLANE; place++)
      pixels[place * CHANNELS + channel] = planes[channel * PLANE + place] ?? 0;
}

const readJpegs: Reader = async ({ file, form }, split) => {
  const jpeg = new RegExp(`^cifar10-jpeg/${split}/(${CIFAR10_CLASSES.join('|')})/[^/]+\\.jpg$`);
  const classOf = (entry: string): number => CIFAR10_CLASSES.findIndex((name) => name === jpeg.exec(entry)?.[1]);
  const images = (await collect(file, form, (entry) => jpeg.test(entry))).map(({ path, bytes }) => {
    return { path, label: classOf(path), pixels: decodeJpeg(file, path, bytes) };
  });
  // The place of an image in its class; then all first ones, all second ones, and so on.
  const seen = CIFAR10_CLASSES.map(() => 0);
  const ordered = images
    .map((image) => ({ ...image, turn: (seen[image.label] = (seen[image.label] ?? 0) + 1) }))
    .sort((a, b) => a.turn - b.turn || a.label - b.label);
  const samples = new Uint8Array(ordered.length * SAMPLE);
  ordered.forEach(({ pixels }, index) => {
    samples.set(pixels, index * SAMPLE);
  });
  return { samples, labels: Uint8Array.from(ordered, ({ label }) => label) };
};

/** The decoder is libjpeg-turbo in WebAssembly: the pixels are Pillow's, on every machine. */
function decodeJpeg(file: string, path: string, bytes: Uint8Array): Uint8Array {
  let image: ReturnType<typeof decode>;
  try {
    image = decode(bytes);
  } catch (error) {
    throw wrong(file, `${path} is no JPEG image: ${messageOf(error)}`);
  }
  const { width, height, data } = image;
  if (width !== SIDE || height !== SIDE) throw wrong(file, `${path} is ${String(width)} × ${String(height)}`);
  const pixels = new Uint8Array(SAMPLE);
  for (let place = 0; place < PLANE; place++)
    pixels.set(data.subarray(place * 4, place * 4 + CHANNELS), place * CHANNELS);
  return pixels;
}

/** The wanted files, in the order of their paths. */
async function collect(
  file: string,
  form: Form,
  wanted: (entry: string) => boolean,
): Promise<{ path: string; bytes: Uint8Array }[]> {
  const found: { path: string; bytes: Uint8Array }[] = [];
  for await (const entry of entriesOf(file, form.packing, wanted)) found.push(entry);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

const wrong = (file: string, what: string): PlumblineError =>
  new PlumblineError('E_DATASET_FORMAT', `${file} is not CIFAR-10: ${what}`);
