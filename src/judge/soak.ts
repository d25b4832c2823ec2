/** The judge of repetition: the same input must give the same outputs, and memory must not grow for ever. */
import { toErrorRecord, type ErrorRecord } from '../protocol/errors.js';
import type {
  MemoryCurve,
  PageMemory,
  Slope,
  SoakBlock,
  SoakObservation,
  SoakReport,
} from '../protocol/performance.js';
import { faultOf, judgeUnsupported, type BareVerdict } from './outcome.js';
import { because, show } from './reason.js';
import { FEWEST_POINTS, growthOf, type Growth } from './statistics/index.js';

export interface SoakCase {
  readonly observation: SoakObservation;
}

export interface SoakVerdict extends BareVerdict {
  /** Filled in as far as it can be computed, whatever the status. */
  readonly soak?: SoakBlock;
}

type Figure = 'processBytes' | keyof PageMemory;

/** In the order in which they are looked at: the first that grows is named. */
const FIGURES: readonly Figure[] = [
  'tensors',
  'tensorBytes',
  'wasmHeapBytes',
  'userAgentBytes',
  'processBytes',
  'jsHeapBytes',
];

const KIB = 1024;

/**
 * The least growth that is called a leak, per inference and per round of loading and disposing. Tensors are counted exactly,
 * so any that is kept is one too many. What the browser reports goes by pages and pools: over 300 inferences less than
 * 10 MB more is not told from them.
 */
export const LEAST_LEAKS = {
  inference: {
    tensors: 0.01,
    tensorBytes: 1,
    wasmHeapBytes: 4 * KIB,
    userAgentBytes: 32 * KIB,
    processBytes: 32 * KIB,
    jsHeapBytes: 32 * KIB,
  },
  round: {
    tensors: 0.1,
    tensorBytes: 16,
    wasmHeapBytes: 64 * KIB,
    userAgentBytes: 128 * KIB,
    processBytes: 512 * KIB,
    jsHeapBytes: 128 * KIB,
  },
} as const satisfies Record<string, Record<Figure, number>>;

type Unit = keyof typeof LEAST_LEAKS;

/**
 * Judges a soak. Says the first of these that holds: `unsupported`, as the probe says; `error`, the cell faulted; `fail` with
 * `E_REPEAT`, a later inference gave other outputs than the first; `fail` with `E_LEAK`, a memory figure grows; `error`,
 * nothing was compared; `pass`. Never throws.
 */
export function judgeSoak(input: SoakCase): SoakVerdict {
  try {
    return judge(input.observation);
  } catch (thrown) {
    return { status: 'error', reason: toErrorRecord(thrown, 'E_INTERNAL', 'judge') };
  }
}

function judge(observation: SoakObservation): SoakVerdict {
  if (observation.outcome === 'unsupported') return judgeUnsupported(observation);
  const soak = blockOf(observation);
  const fault = faultOf(observation);
  if (fault !== undefined) return { status: 'error', reason: fault, soak };
  const failure = repeatFailure(soak, observation.soak) ?? leakFailure(soak);
  if (failure !== undefined) return { status: 'fail', reason: failure, soak };
  const problem = uncompared(observation.soak);
  if (problem !== undefined) return { status: 'error', reason: problem, soak };
  return { status: 'pass', soak };
}

function blockOf({ soak, rounds }: SoakObservation): SoakBlock {
  return {
    inferences: soak?.inferences ?? 0,
    rounds: Math.max(0, ...rounds.map(({ at }) => at)),
    differing: differing(soak),
    overInferences: slopesOf(soak?.curve ?? [], 'inference'),
    overRounds: slopesOf(rounds, 'round'),
  };
}

/** Inferences whose outputs are not, to the bit, those of the first that was digested. */
function differing(soak: SoakReport | undefined): number[] {
  const digests = [...(soak?.digests ?? [])].sort((a, b) => a.at - b.at);
  const first = digests[0]?.sha256;
  return digests.filter(({ sha256 }) => sha256 !== first).map(({ at }) => at);
}

function repeatFailure({ differing }: SoakBlock, soak: SoakReport | undefined): ErrorRecord | undefined {
  if (differing.length === 0) return undefined;
  const first = Math.min(...(soak?.digests ?? []).map(({ at }) => at));
  const which = differing.map(String).join(' and ');
  return because(
    'E_REPEAT',
    `On the same input, the outputs of inference ${which} are not those of inference ${String(first)}, to the bit.`,
  );
}

function uncompared(soak: SoakReport | undefined): ErrorRecord | undefined {
  if (soak !== undefined && soak.digests.length > 1) return undefined;
  return because('E_RUN', 'The soak completed, but there are no two inferences whose outputs were compared.');
}

function leakFailure({ overInferences, overRounds }: SoakBlock): ErrorRecord | undefined {
  const leaks = [
    ...overInferences.filter(({ leaks }) => leaks).map((slope) => words(slope, 'an inference')),
    ...overRounds.filter(({ leaks }) => leaks).map((slope) => words(slope, 'a round of loading and disposing')),
  ];
  return leaks.length === 0 ? undefined : because('E_LEAK', `Memory grows: ${leaks.join('; ')}.`);
}

function words({ what, slope, points }: Slope, unit: string): string {
  const amount =
    what === 'tensors'
      ? (value: number) => String(Number(value.toPrecision(3)))
      : (value: number) => `${show(Number((value / KIB).toPrecision(3)))} KiB`;
  return `${what} by ${amount(slope.value)} ${unit} (${amount(slope.low)} to ${amount(slope.high)}, ${String(points)} points)`;
}

function slopesOf(curve: MemoryCurve, unit: Unit): Slope[] {
  return FIGURES.flatMap((what) => {
    const points = curve.flatMap(({ at, page, processBytes }) => {
      const value = what === 'processBytes' ? processBytes : page[what];
      return value === undefined ? [] : [{ at, value }];
    });
    const growth = growthOf(points);
    if (growth === undefined) return [];
    const { slope, points: n } = growth;
    return [{ what, slope, points: n, leaks: isLeak(growth, what, unit) }];
  });
}

/**
 * A leak is growth that is there for sure (its interval is above zero), that matters, and that lasts: a step, or a pool that
 * fills, grows in one half of the curve alone. Of a JavaScript heap that no collector has touched nothing is known.
 */
function isLeak({ slope, lasting, points, collected }: Growth, what: Figure, unit: Unit): boolean {
  const least = LEAST_LEAKS[unit][what];
  if (what === 'jsHeapBytes' && !collected) return false;
  return points >= FEWEST_POINTS && slope.low > 0 && slope.value >= least && lasting >= least;
}
