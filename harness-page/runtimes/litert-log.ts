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
const SHARES =
  /^(No|\d+) operations will run on the GPU, and (?:all|the remaining) (\d+) operations will run on the CPU/;

/** @param lines printed while a model was compiled. @returns `undefined` where the delegate refused nothing. */
export function delegationIn(lines: readonly string[]): Delegation | undefined {
  const at = lines.findIndex((line) => SHARES.test(line));
  const shares = SHARES.exec(lines[at] ?? '');
  if (shares === null) return undefined;
  const from = lines.findIndex((line) => REFUSED.test(line));
  return {
    gpu: shares[1] === 'No' ? 0 : Number(shares[1]),
    cpu: Number(shares[2]),
    refusals: from < 0 ? [] : lines.slice(from + 1, at),
  };
}

/** @param lines printed while a model ran. @returns those that tell of a failure */
export function failuresIn(lines: readonly string[]): string[] {
  return lines.filter((line) => /^ERROR: |^[EF]\d{4} /.test(line));
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
