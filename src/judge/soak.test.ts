import { describe, expect, it } from 'vitest';
import type { MemoryCurve, SoakObservation } from '../protocol/performance.js';
import { seeded } from '../protocol/random.js';
import { resultRecordSchema } from '../protocol/record.js';
import { soakRecord } from './record.js';
import { judgeSoak, type SoakVerdict } from './soak.js';
import { platform } from './testing.js';

const ID = 'lenet5/onnx-fp32/ort-wasm-t1@chromium';
const MIB = 1024 ** 2;

/** `processBytes`, and what the page tells. */
type Figures = (at: number) => Readonly<Record<string, number>>;

const curve = (figures: Figures, until = 300, every = 5): MemoryCurve =>
  Array.from({ length: until / every }, (_, i) => {
    const at = (i + 1) * every;
    const { processBytes, ...page } = figures(at);
    const whole = Object.fromEntries(Object.entries(page).map(([what, value]) => [what, Math.round(value)]));
    return { at, page: whole, ...(processBytes === undefined ? {} : { processBytes: Math.round(processBytes) }) };
  });

/** A clean model in a browser: the heap saws, the processes waver by 2 MiB, wasm memory has grown to what it needs. */
function clean(seed: number): Figures {
  const random = seeded(seed);
  const period = 20 + 40 * random();
  return (at) => ({
    processBytes: 350 * MIB + 20 * MIB * Math.min(1, at / 60) + 2 * MIB * random(),
    jsHeapBytes: 6 * MIB + 12 * MIB * (((at + 300 * seed) % period) / period),
    wasmHeapBytes: at < 15 ? 16 * MIB : 32 * MIB,
    tensors: 12,
    tensorBytes: 240_000,
  });
}

/** Between 0 and 1; of a seed by which both halves of the curve rise. */
const noise = Array.from({ length: 60 }, seeded(31));
const wavering = (at: number): number => noise[at / 5 - 1] ?? 0;

const plus =
  (figures: Figures, more: (at: number) => ReturnType<Figures>): Figures =>
  (at) => {
    const sum: Record<string, number> = { ...figures(at) };
    for (const [what, amount] of Object.entries(more(at))) sum[what] = (sum[what] ?? 0) + amount;
    return sum;
  };

const digests = (...hashes: string[]): { at: number; sha256: string }[] =>
  hashes.map((sha256, i) => ({ at: [1, 2, 100][i] ?? 200, sha256 }));

interface Made {
  readonly inferences?: Figures;
  readonly rounds?: Figures;
  readonly hashes?: string[];
}

const observed = (
  { inferences = clean(1), rounds = clean(2), hashes = ['a', 'a', 'a'] }: Made = {},
  changes: Partial<SoakObservation> = {},
): SoakObservation => {
  return {
    schema: 1,
    kind: 'soak',
    id: ID,
    platform,
    outcome: 'completed',
    soak: { digests: digests(...hashes), inferences: 300, curve: curve(inferences) },
    rounds: curve(rounds, 20, 1),
    ...changes,
  };
};

const judge = (made: Made = {}, changes: Partial<SoakObservation> = {}): SoakVerdict =>
  judgeSoak({ observation: observed(made, changes) });
const code = ({ status, reason }: SoakVerdict): string => reason?.code ?? status;

describe('repetition', () => {
  it.each<[string, string[], string, number[]]>([
    ['the same three times', ['a', 'a', 'a'], 'pass', []],
    ['only the first is right', ['a', 'b', 'b'], 'E_REPEAT', [2, 100]],
    ['the hundredth differs', ['a', 'a', 'b'], 'E_REPEAT', [100]],
    ['one alone was digested', ['a'], 'E_RUN', []],
    ['none was', [], 'E_RUN', []],
  ])('%s', (_, hashes, expected, differing) => {
    const verdict = judge({ hashes });
    expect([code(verdict), verdict.soak?.differing]).toEqual([expected, differing]);
  });

  it('is told with the numbers of the inferences', () => {
    expect(judge({ hashes: ['a', 'b', 'b'] }).reason?.message).toContain('inference 2 and 100');
  });
});

describe('a clean model', () => {
  it('is called a leak in none of a hundred runs', () => {
    const called = Array.from({ length: 100 }, (_, seed) =>
      code(judge({ inferences: clean(seed), rounds: clean(seed + 1000) })),
    );
    expect(called.filter((one) => one !== 'pass')).toEqual([]);
  });

  it.each<[string, Figures]>([
    ['a heap that no collector has touched', (at) => ({ jsHeapBytes: 100_000 * at })],
    ['a wasm memory that doubles once', (at) => ({ wasmHeapBytes: at < 180 ? 16 * MIB : 32 * MIB })],
    ['processes that grow by 2 KiB an inference', (at) => ({ processBytes: 350 * MIB + 2048 * at })],
    ['memory that is given back', (at) => ({ processBytes: 350 * MIB - 65_536 * at })],
    ['nothing that the browser tells', () => ({})],
    // Both halves rise faster than the least that is called a leak, but what they rise by is within the noise.
    [
      'growth that its noise may account for',
      (at) => ({ processBytes: 350 * MIB + 40_000 * at + 30 * MIB * wavering(at) }),
    ],
    ['a pool that fills up slowly', (at) => ({ processBytes: 350 * MIB + 40 * MIB * (1 - Math.exp(-at / 70)) })],
  ])('has %s', (_, inferences) => {
    expect(code(judge({ inferences }))).toBe('pass');
  });
});

describe('a leak of 64 KiB an inference', () => {
  it('is found in at least 95 of a hundred runs, by the processes’ memory', () => {
    let found = 0;
    for (let seed = 0; seed < 100; seed++) {
      const leaky = plus(clean(seed), (at) => ({ processBytes: 65_536 * at }));
      if (code(judge({ inferences: leaky })) === 'E_LEAK') found++;
    }
    expect(found).toBeGreaterThanOrEqual(95);
  });

  it.each<[string, (at: number) => ReturnType<Figures>]>([
    ['userAgentBytes', (at) => ({ userAgentBytes: 40 * MIB + 65_536 * at })],
    ['tensors', (at) => ({ tensors: at })],
    ['tensorBytes', (at) => ({ tensorBytes: 65_536 * at })],
    ['wasmHeapBytes', (at) => ({ wasmHeapBytes: MIB * Math.floor(at / 16) })],
  ])('is found in %s', (what, more) => {
    const verdict = judge({ inferences: plus(clean(3), more) });
    expect(code(verdict)).toBe('E_LEAK');
    expect(verdict.reason?.message).toContain(`${what} by `);
    expect(verdict.soak?.overInferences.find((slope) => slope.what === what)?.leaks).toBe(true);
  });

  it('is told with its slope and interval', () => {
    const verdict = judge({ inferences: (at) => ({ processBytes: 65_536 * at }) });
    expect(verdict.reason?.message).toContain('processBytes by 64 KiB an inference (64 KiB to 64 KiB');
  });
});

it('a model that stays after dispose is found over rounds', () => {
  const verdict = judge({ rounds: plus(clean(5), (at) => ({ processBytes: 2 * MIB * at })) });
  expect(code(verdict)).toBe('E_LEAK');
  expect(verdict.reason?.message).toContain('a round of loading and disposing');
  expect(verdict.soak?.overInferences.some(({ leaks }) => leaks)).toBe(false);
});

it('other outputs are told before a leak', () => {
  expect(code(judge({ hashes: ['a', 'b', 'a'], inferences: (at) => ({ tensors: at }) }))).toBe('E_REPEAT');
});

it.each<[string, Partial<SoakObservation>, string, string]>([
  [
    'an absent backend',
    { outcome: 'unsupported', probe: { available: false, words: 'w' } },
    'unsupported',
    'E_BACKEND_UNAVAILABLE',
  ],
  ['an absent backend without a probe', { outcome: 'unsupported' }, 'error', 'E_INTERNAL'],
  ['a fault', { outcome: 'faulted', fault: { code: 'E_RUN', message: 'm', hint: 'h' } }, 'error', 'E_RUN'],
  ['a fault without a reason', { outcome: 'faulted' }, 'error', 'E_INTERNAL'],
])('%s', (_, changes, status, reason) => {
  const verdict = judge({}, changes);
  expect([verdict.status, code(verdict)]).toEqual([status, reason]);
});

it('unsupported without a probe is told as such', () => {
  expect(judge({}, { outcome: 'unsupported' }).reason?.message).toContain('there is no probe that says so');
});

it('the record fits its schema', () => {
  const observation = observed({ hashes: ['a', 'b', 'a'] });
  const record = soakRecord(observation, judgeSoak({ observation }), { finding: 'findings/x' });
  expect(resultRecordSchema.safeParse(JSON.parse(JSON.stringify(record))).error).toBeUndefined();
  expect(record).toMatchObject({ kind: 'soak', status: 'fail', soak: { inferences: 300, rounds: 20, differing: [2] } });
});
