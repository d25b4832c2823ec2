/**
 * What LiteRT.js says on its console alone: which part of a model the GPU delegate refused, and that an inference failed
 * whose promise resolves all the same, with zeros for outputs.
 */

/** How many operations of a model the GPU delegate took, and why not the others. */
export interface Delegation {
  readonly gpu: number;
  readonly cpu: number;
  /** Such as "GATHER: Only support 1D indices". */
  readonly refusals: readonly string[];
}

const REFUSED = /^ERROR: Following operations are not supported by GPU delegate:/;
/** An error, or the end of all, in the form of Google's log: "F1124 11:27:51.852000  755312 object_reader.cc:369] …". */
const LOGGED = /^[EF]\d{4} [\d:.]+ +\d+ /;
const SHARES =
  /^(No|\d+) operations will run on the GPU, and (?:all|the remaining) (\d+) operations will run on the CPU/;

/**
 * Over all subgraphs of a model: the body of a loop is one of its own, of which the delegate speaks by itself.
 * @param lines printed while a model was compiled
 * @returns `undefined` where the delegate refused nothing
 */
export function delegationIn(lines: readonly string[]): Delegation | undefined {
  let shared: Delegation | undefined;
  const refusals = new Set<string>();
  let listing = false;
  for (const line of lines) {
    const shares = SHARES.exec(line);
    if (REFUSED.test(line)) listing = true;
    else if (shares !== null) {
      listing = false;
      const { gpu, cpu } = shared ?? { gpu: 0, cpu: 0 };
      shared = {
        gpu: gpu + (shares[1] === 'No' ? 0 : Number(shares[1])),
        cpu: cpu + Number(shares[2]),
        refusals: [...refusals],
      };
    } else if (listing) refusals.add(line.trim());
  }
  return shared;
}

/**
 * What tells of a failure, each thing once, without the time before it. What the GPU delegate refuses is none.
 * @param lines printed while a model was compiled or ran
 */
export function failuresIn(lines: readonly string[]): string[] {
  const failures = lines.filter((line) => (/^ERROR: /.test(line) && !REFUSED.test(line)) || LOGGED.test(line));
  return [...new Set(failures.map((line) => line.replace(LOGGED, '').trim()))];
}

/** Keeps what the runtime prints from now on, and lets it through to the console as it was. */
export class Journal {
  #lines: string[] = [];

  /** For Emscripten, which prints by these where its module has them. */
  readonly printers = {
    print: (line: string): void => {
      this.#lines.push(line);
      console.log(line);
    },
    printErr: (line: string): void => {
      this.#lines.push(line);
      console.error(line);
    },
  };

  /** The lines since this was last called. */
  take(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}
