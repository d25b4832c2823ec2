/** Runs in the page: the contrast of what is written in a cell to the cell's ground, for each outcome and tint. */

const OUTCOMES = ['pass', 'known', 'unsupported', 'skipped', 'fail', 'error'];
const LEVELS = ['0', '1', '2', '3', '4'];

export interface Contrast {
  readonly what: string;
  /** By WCAG 2: 1 to 21. */
  readonly contrast: number;
}

export function contrasts(): Contrast[] {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const link = document.querySelector<HTMLElement>('.heat a');
  const table = document.querySelector<HTMLElement>('.heat');
  const ground = document.querySelector<HTMLElement>('.grid .scroll');
  if (context === null || link === null || table === null || ground === null) throw new Error('there is no cell');

  /** Relative luminance of colours painted one over the other, in whatever notation they are. */
  const luminance = (...colors: readonly string[]): number => {
    for (const color of colors) {
      context.fillStyle = color;
      context.fillRect(0, 0, 1, 1);
    }
    const [red = 0, green = 0, blue = 0] = [...context.getImageData(0, 0, 1, 1).data].map((byte) => {
      const value = byte / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };

  const card = getComputedStyle(ground).backgroundColor;
  return ['outcome', 'value'].flatMap((scale) =>
    OUTCOMES.flatMap((outcome) =>
      LEVELS.map((level) => {
        table.dataset.scale = scale;
        link.dataset.outcome = outcome;
        link.dataset.level = level;
        const { color, backgroundColor } = getComputedStyle(link);
        const [one, other] = [luminance(card, backgroundColor, color), luminance(card, backgroundColor)];
        const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        return { what: `${scale} ${outcome} ${level}`, contrast };
      }),
    ),
  );
}
