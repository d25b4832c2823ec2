/** Numbers for people. Pure; a plain space or none before units, the decimal point, no locale. */
import type { JsonFloat } from '../protocol/record.js';

/** Share in [0, 1] as `98.97%`. */
export const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;

/** Difference of two shares in percentage points, with its sign: `+0.00`, `-87.62`. */
export function points(difference: number): string {
  const text = (100 * difference).toFixed(2);
  return text.startsWith('-') ? (Number(text) === 0 ? '+0.00' : text) : `+${text}`;
}

/** `0.4 ms`, `12 ms`, `3.2 s`, `4 min 05 s`. */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${String(Math.floor(seconds / 60))} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** Three significant digits of milliseconds, without the unit: `0.0123`, `3.20`, `41.8`, `1,234`. */
export function millis(ms: number): string {
  if (!Number.isFinite(ms)) return String(ms);
  if (ms >= 999.5) return count(Math.round(ms));
  return ms < 1e-6 ? ms.toExponential(2) : ms.toPrecision(3);
}

/** How many times as much: `0.82`, `4.20`, `16.9`, `334`. */
export function times(ratio: number): string {
  if (ratio >= 99.95) return count(Math.round(ratio));
  return ratio.toFixed(ratio >= 9.995 ? 1 : 2);
}

/** Bytes more or less than before, with their sign: `+48.2 MB`, `-1.1 MB`. */
export const byteChange = (change: number): string => `${change < 0 ? '-' : '+'}${bytes(Math.abs(change))}`;

/** `812 B`, `3.4 MB`: decimal units. */
export function bytes(count: number): string {
  if (count < 1000) return `${String(count)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = count / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(value < 100 ? 1 : 0)} ${units[unit] ?? ''}`;
}

/** `10,000`. */
export const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** A float to six (or `digits`) significant digits, or the name of what is none. */
export function float(value: JsonFloat, digits = 6): string {
  if (typeof value === 'string') return value;
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) return String(Number(value.toPrecision(digits)));
  return Number(value.toPrecision(4)).toExponential();
}

/** The first line of a message, cut to `length` characters. */
export function headline(message: string, length = 160): string {
  const line = message.split('\n', 1)[0]?.trim() ?? '';
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
