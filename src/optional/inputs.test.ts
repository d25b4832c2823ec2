import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readModelFile } from '../add/read.js';
import { PROJECT_ROOT } from '../paths.js';
import { makeInputs } from './inputs.js';
import { readOptional, type InputSource, type OptionalModel } from './model.js';
import { portrait } from './portrait.js';
import { voice } from './voice.js';

const RATE = 16_000;

/** Root mean square. */
const level = (part: Float32Array): number =>
  Math.sqrt(part.reduce((sum, value) => sum + value * value, 0) / part.length);

describe('voice', () => {
  const sound = voice(RATE, 2 * RATE, 'a');

  test('is the same for the same name, another for another', () => {
    expect(voice(RATE, 2 * RATE, 'a')).toEqual(sound);
    expect(voice(RATE, 2 * RATE, 'b')).not.toEqual(sound);
  });

  test('has no value beyond [-1, 1]', () => {
    expect(sound.every((value) => Math.abs(value) <= 1)).toBe(true);
  });

  test('pauses, and speaks far louder', () => {
    expect(level(sound.subarray(0, 0.15 * RATE))).toBeLessThan(1e-3);
    expect(level(sound.subarray(0.28 * RATE, 0.4 * RATE))).toBeGreaterThan(0.02);
    // After the three syllables of its first phrase.
    expect(level(sound.subarray(0.95 * RATE, 1.3 * RATE))).toBeLessThan(1e-3);
    expect(level(sound.subarray(1.4 * RATE, 1.5 * RATE))).toBeGreaterThan(0.02);
  });

  test('a vowel repeats with the pitch of a man', () => {
    const vowel = sound.subarray(0.3 * RATE, 0.38 * RATE);
    // The shortest lag counts that makes it as like itself as a period can.
    const likeness = (lag: number): number =>
      vowel.subarray(lag).reduce((sum, value, i) => sum + value * (vowel[i] ?? 0), 0) / (vowel.length - lag);
    const lags = Array.from({ length: 240 }, (_, i) => i + 40);
    const best = Math.max(...lags.map(likeness));
    const period = lags.find((lag) => likeness(lag) > 0.9 * best) ?? Infinity;
    expect(RATE / period).toBeGreaterThan(85);
    expect(RATE / period).toBeLessThan(180);
  });
});

describe('portrait', () => {
  test('is the same for the same arguments, another for another index', () => {
    expect(portrait(48, 64, 1, 'a')).toEqual(portrait(48, 64, 1, 'a'));
    expect(portrait(48, 64, 1, 'a')).not.toEqual(portrait(48, 64, 2, 'a'));
    expect(portrait(48, 64, 1, 'a')).toHaveLength(48 * 64 * 3);
  });

  test('shows a face in skin’s colours before a wall in others', () => {
    const size = 96;
    const picture = portrait(size, size, 0, 'a');
    const at = (x: number, y: number): number[] => {
      const place = (Math.round(y * size) * size + Math.round(x * size)) * 3;
      return [...picture.subarray(place, place + 3)];
    };
    const [red = 0, , blue = 0] = at(0.5, 0.42);
    expect(red).toBeGreaterThan(blue + 15);
    expect(Math.abs((at(0.05, 0.05)[0] ?? 0) - red)).toBeGreaterThan(10);
  });
});

describe('makeInputs', () => {
  const entry = path.join(PROJECT_ROOT, 'tests', 'add', 'models', 'state.onnx');
  const [template] = readOptional(['silero-vad-v5']);
  const model = {
    ...template,
    name: 'state',
    samples: 3,
    inputs: {
      audio: { make: 'constant', value: 2 },
      rate: { make: 'constant', value: RATE },
      state: { make: 'carried', from: 'next_state', shape: [2, 1, 4] },
    },
  } as OptionalModel;

  test('stacks the samples, and carries a state from one to the next', async () => {
    const arrays = await makeInputs(model, await readModelFile(entry), entry);
    expect(arrays.get('rate')).toEqual({ dtype: 'int64', shape: [3], data: BigInt64Array.of(16000n, 16000n, 16000n) });
    expect(arrays.get('audio')?.shape).toEqual([3, 32]);
    const state = arrays.get('state');
    expect(state?.shape).toEqual([3, 2, 1, 4]);
    // The model adds the mean of its audio, 2, to each number of its state.
    expect([...(state?.data ?? [])]).toEqual([0, 2, 4].flatMap((value) => Array<number>(8).fill(value)));
  });

  test('tells inputs that the model does not have, and outputs that it can’t carry on', async () => {
    const facts = await readModelFile(entry);
    const { audio, rate } = model.inputs;
    await expect(makeInputs({ ...model, inputs: { audio, rate } as never }, facts, entry)).rejects.toThrow(
      /E_INPUT_DATA: state describes inputs audio, rate; the model has audio, state, rate/,
    );
    const state: InputSource = { make: 'carried', from: 'level2', shape: [2, 1, 4] };
    await expect(makeInputs({ ...model, inputs: { ...model.inputs, state } }, facts, entry)).rejects.toThrow(
      /E_INPUT_DATA: the model has no output "level2"/,
    );
  });
});
