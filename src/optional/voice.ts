/**
 * A voice-like signal, for models that listen to speech: vowels sung by a source and a filter, hissed consonants between
 * them, and pauses with nothing but a faint floor of noise.
 *
 * The source is a train of pulses at the pitch, the filter two poles a formant (G. Fant, "Acoustic Theory of Speech
 * Production", 1960; formants of a man's vowels: Peterson and Barney, 1952). It says no words; it has what tells a voice
 * from noise: a pitch that glides, harmonics under formants, syllables.
 */
import { seeded, seedOf } from '../protocol/random.js';

/** The three lowest formants of vowels, in Hz. */
const VOWELS = [
  [730, 1090, 2440],
  [530, 1840, 2480],
  [270, 2290, 3010],
  [570, 840, 2410],
  [300, 870, 2240],
] as const;
/** How wide each formant is, in Hz. */
const BANDWIDTHS = [80, 100, 140] as const;
const PITCH_HZ = 115;
/** Seconds of a syllable, of the consonant in front of its vowel, and of the pause after a phrase. */
const SYLLABLE_S = 0.24;
const CONSONANT_S = 0.06;
const PAUSE_S = 0.4;
const SYLLABLES_A_PHRASE = 3;
const PEAK = 0.6;
const FLOOR = 5e-4;

/**
 * @param rate samples a second, in Hz
 * @param length samples in all
 * @param seedName what the seed is made from
 * @returns values in [-1, 1]; the same for the same arguments
 */
export function voice(rate: number, length: number, seedName: string): Float32Array {
  const random = seeded(seedOf(seedName));
  const sound = new Float64Array(length);
  let at = Math.round((PAUSE_S / 2) * rate);
  while (at < length) {
    for (let syllable = 0; syllable < SYLLABLES_A_PHRASE; syllable++) {
      hiss(sound.subarray(at, at + Math.round(CONSONANT_S * rate)), random);
      at += Math.round(CONSONANT_S * rate);
      const vowel = VOWELS[Math.floor(random() * VOWELS.length)] ?? VOWELS[0];
      // Pitch falls from the first syllable of a phrase to its last.
      const pitch = PITCH_HZ * (1.15 - 0.1 * syllable) * (0.95 + 0.1 * random());
      sing(sound.subarray(at, at + Math.round((SYLLABLE_S - CONSONANT_S) * rate)), rate, vowel, pitch, random);
      at += Math.round((SYLLABLE_S - CONSONANT_S) * rate);
    }
    at += Math.round(PAUSE_S * rate);
  }
  const loudest = sound.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  return Float32Array.from(sound, (value) => (value / loudest) * PEAK + FLOOR * (2 * random() - 1));
}

/** A consonant such as "s": noise with its low half taken away. */
function hiss(into: Float64Array, random: () => number): void {
  let before = 0;
  for (let i = 0; i < into.length; i++) {
    const noise = 2 * random() - 1;
    into[i] = 0.02 * envelope(i, into.length) * (noise - before);
    before = noise;
  }
}

function sing(
  into: Float64Array,
  rate: number,
  formants: readonly number[],
  pitch: number,
  random: () => number,
): void {
  let phase = 0;
  for (let i = 0; i < into.length; i++) {
    const glide = 1 + 0.08 * Math.sin((Math.PI * i) / into.length) + 0.01 * (random() - 0.5);
    phase += (pitch * glide) / rate;
    // A pulse a period, and a little breath.
    const pulse = phase >= 1 ? 1 : 0;
    phase -= pulse;
    into[i] = pulse + 0.004 * (2 * random() - 1);
  }
  formants.forEach((hertz, index) => {
    resonate(into, hertz / rate, (BANDWIDTHS[index] ?? 100) / rate);
  });
  const loudest = into.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  for (let i = 0; i < into.length; i++) into[i] = ((into[i] ?? 0) / loudest) * envelope(i, into.length);
}

/** Two poles, of gain 1 at 0 Hz. `frequency` and `bandwidth` are in cycles a sample (D. Klatt, JASA 67, 1980). */
function resonate(sound: Float64Array, frequency: number, bandwidth: number): void {
  const c = -Math.exp(-2 * Math.PI * bandwidth);
  const b = 2 * Math.exp(-Math.PI * bandwidth) * Math.cos(2 * Math.PI * frequency);
  let [last, beforeLast] = [0, 0];
  for (let i = 0; i < sound.length; i++) {
    const value = (1 - b - c) * (sound[i] ?? 0) + b * last + c * beforeLast;
    beforeLast = last;
    last = value;
    sound[i] = value;
  }
}

/** Rises over the first sixth and falls over the last third. */
function envelope(i: number, length: number): number {
  return Math.min(1, (6 * i) / length, (3 * (length - i)) / length);
}
