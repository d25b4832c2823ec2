/**
 * Drawn pictures of a person before a wall, for models that look for faces, bodies or people: head and shoulders with a
 * light from one side, and the grain of a camera. Place, size and colours are drawn by a seed.
 */
import { seeded, seedOf } from '../protocol/random.js';

type Colour = readonly [number, number, number];

const SKINS: readonly Colour[] = [
  [236, 196, 168],
  [205, 154, 120],
  [150, 102, 74],
  [98, 66, 48],
];
const HAIRS: readonly Colour[] = [
  [38, 28, 24],
  [92, 60, 36],
  [176, 140, 84],
  [120, 120, 122],
];
const WALLS: readonly Colour[] = [
  [188, 196, 202],
  [120, 138, 128],
  [210, 196, 172],
  [92, 104, 132],
];
const SHIRTS: readonly Colour[] = [
  [48, 72, 128],
  [142, 44, 44],
  [230, 228, 222],
  [56, 92, 64],
];

/**
 * @param index which picture of the series
 * @param seedName what the seeds are made from
 * @returns bytes, height × width × 3, red first; the same for the same arguments
 */
export function portrait(width: number, height: number, index: number, seedName: string): Uint8Array {
  const random = seeded(seedOf(`${seedName} ${String(index)}`));
  const pick = (from: readonly Colour[]): Colour => from[Math.floor(random() * from.length)] ?? [0, 0, 0];
  const person: Person = {
    skin: pick(SKINS),
    hair: pick(HAIRS),
    wall: pick(WALLS),
    shirt: pick(SHIRTS),
    light: random() < 0.5 ? -1 : 1,
    x: 0.5 + 0.16 * (random() - 0.5),
    y: 0.4 + 0.08 * (random() - 0.5),
    size: 0.15 + 0.05 * random(),
    smile: random(),
  };
  const bytes = new Uint8Array(width * height * 3);
  // Distances are in heights of the picture, so that a wide one shows more wall and no wider head.
  const aspect = width / height;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const u = ((column + 0.5) / width - person.x) * aspect;
      const v = (row + 0.5) / height;
      const grain = 6 * (random() + random() - 1);
      const colour = colourAt(person, u, v);
      for (let channel = 0; channel < 3; channel++)
        bytes[(row * width + column) * 3 + channel] = clamp((colour[channel] ?? 0) + grain, 0, 255);
    }
  }
  return bytes;
}

interface Person {
  readonly skin: Colour;
  readonly hair: Colour;
  readonly wall: Colour;
  readonly shirt: Colour;
  /** Side that the light comes from: -1 left, 1 right. */
  readonly light: number;
  /** Of the middle of the face: `x` a share of the width, `y` of the height. */
  readonly x: number;
  readonly y: number;
  /** Half the width of the face, in heights of the picture. */
  readonly size: number;
  /** 0 to 1. */
  readonly smile: number;
}

/** Painted from the back to the front. `u` is measured from the middle of the person, `v` from above. */
function colourAt(person: Person, u: number, v: number): Colour {
  const { size, light } = person;
  // In the face's own measure: its sides are at x = ±1, crown and chin at y = ±1.35.
  const x = u / size;
  const y = (v - person.y) / size;
  let colour = shade(person.wall, 1.05 - 0.25 * v + 0.06 * light * u);
  // Shoulders fall to both sides of the neck.
  const shoulders = blend(y, 1.85 + 0.14 * x * x * (Math.abs(x) < 2.6 ? 1 : 3), 0.06);
  colour = mix(colour, shade(person.shirt, 0.9 + 0.1 * light * x - 0.12 * Math.abs(x)), shoulders);
  colour = mix(
    colour,
    shade(person.skin, 0.72),
    blend(0.48, Math.abs(x), 0.05) * blend(y, 0.9, 0.1) * blend(2.05, y, 0.1),
  );
  colour = mix(
    colour,
    shade(person.hair, 0.9 + 0.25 * light * x),
    inside(x / 1.16, (y + 0.25) / 1.36, 0.06) * blend(0.75, y, 0.2),
  );
  colour = mix(colour, shade(person.skin, lit(x, y, light)), inside(x, y / 1.35, 0.04));
  // The hair's edge over the forehead.
  colour = mix(colour, shade(person.hair, 1), inside(x, y / 1.35, 0.04) * blend(-0.82 + 0.12 * x * x, y, 0.06));
  return feature(person, colour, x, y);
}

function feature(person: Person, under: Colour, x: number, y: number): Colour {
  const dark = shade(person.hair, 0.75);
  let colour = under;
  const side = Math.abs(x) - 0.42;
  // Brows, sockets, the white, iris, pupil.
  colour = mix(colour, dark, 0.85 * inside(side / 0.26, (y + 0.42 - 0.1 * side * side) / 0.06, 0.3));
  colour = mix(colour, shade(person.skin, 0.72), 0.6 * inside(side / 0.3, (y + 0.2) / 0.17, 0.4));
  colour = mix(colour, [232, 230, 226], inside(side / 0.19, (y + 0.18) / 0.085, 0.2));
  colour = mix(colour, [70, 52, 40], inside(side / 0.085, (y + 0.18) / 0.085, 0.2));
  colour = mix(colour, [12, 10, 10], inside(side / 0.04, (y + 0.18) / 0.04, 0.3));
  // The nose: a shadow on the side away from the light, and below.
  colour = mix(colour, shade(person.skin, 0.7), 0.5 * inside((x + 0.1 * person.light) / 0.08, (y - 0.1) / 0.32, 0.6));
  colour = mix(colour, shade(person.skin, 0.55), 0.8 * inside(x / 0.2, (y - 0.36) / 0.06, 0.5));
  // Lips, and the line between them.
  const curve = y - 0.72 + 0.25 * person.smile * x * x;
  colour = mix(colour, mix(person.skin, [150, 50, 56], 0.65), inside(x / 0.36, curve / 0.1, 0.25));
  return mix(colour, [60, 24, 26], 0.9 * inside(x / 0.33, curve / 0.022, 0.4));
}

/** Brightness of a head: round, lit from one side and from above. */
function lit(x: number, y: number, light: number): number {
  const depth = Math.sqrt(Math.max(0, 1 - x * x * 0.8 - (y * y) / 2.6));
  return 0.62 + 0.32 * depth + 0.14 * light * x - 0.08 * y;
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

const shade = ([r, g, b]: Colour, by: number): Colour => [r * by, g * by, b * by];

const mix = (under: Colour, over: Colour, share: number): Colour => [
  under[0] + (over[0] - under[0]) * share,
  under[1] + (over[1] - under[1]) * share,
  under[2] + (over[2] - under[2]) * share,
];

/** 1 where `value` is above `edge`, 0 below, with a soft step of that width. */
const blend = (value: number, edge: number, width: number): number => {
  const t = clamp((value - edge) / width + 0.5, 0, 1);
  return t * t * (3 - 2 * t);
};

/** 1 inside of the unit circle, 0 outside, with a soft edge. */
const inside = (x: number, y: number, width: number): number => blend(1, Math.sqrt(x * x + y * y), width);
