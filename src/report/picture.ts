/** Samples as pictures: as PNG, and as text for places that can't show a local file, such as a pasted issue. */
import { PNG } from 'pngjs';

/** A sample as it lies on the wire: uint8, height × width × channels. */
export interface Picture {
  readonly data: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
  /** 1 (grey) or 3 (red, green, blue). */
  readonly channels: 1 | 3;
}

/** @returns the sample as a picture, or undefined where its shape is that of no picture. */
export function pictureOf(sample: {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}): Picture | undefined {
  const { data, shape } = sample;
  const [height = 0, width = 0, channels = 1] = shape;
  if (shape.length < 2 || shape.length > 3 || height < 2 || width < 2) return undefined;
  if ((channels !== 1 && channels !== 3) || data.length !== height * width * channels) return undefined;
  return { data, height, width, channels };
}

/** Scaled up without smoothing, so that each pixel can be told: by 8 for 28 × 28, by 1 from 225 on. */
export function toPng(picture: Picture): Buffer {
  const { data, height, width, channels } = picture;
  const scale = Math.max(1, Math.floor(225 / Math.max(height, width)));
  const png = new PNG({ width: width * scale, height: height * scale });
  for (let y = 0; y < png.height; y++) {
    for (let x = 0; x < png.width; x++) {
      const from = (Math.floor(y / scale) * width + Math.floor(x / scale)) * channels;
      const to = (y * png.width + x) * 4;
      for (let c = 0; c < 3; c++) png.data[to + c] = data[from + (channels === 3 ? c : 0)] ?? 0;
      png.data[to + 3] = 255;
    }
  }
  return PNG.sync.write(png);
}

const RAMP = ' .:-=+*#%@';

/** Two characters a pixel, brighter is denser; undefined where it would be wider than 64 pixels. */
export function toText(picture: Picture): string | undefined {
  const { data, height, width, channels } = picture;
  if (width > 64 || height > 64) return undefined;
  const lines: string[] = [];
  for (let y = 0; y < height; y++) {
    let line = '';
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      // Rec. 601 luma.
      const luma =
        channels === 1
          ? (data[at] ?? 0)
          : 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
      line += (RAMP[Math.min(RAMP.length - 1, Math.floor((luma / 256) * RAMP.length))] ?? ' ').repeat(2);
    }
    lines.push(line.trimEnd());
  }
  return lines.join('\n');
}
